"""The contract of all connectors, asked of what people keep by hand.

Left out is what speaks of everybody's rows (a person cannot be asked for them), what a database
alone can do (triggers, locks, broken connections), a secret field that is anonymised (it is in no
upload, so that the owner is told to empty it), and a record that two people's records lead to
(`domain.by_hand` refuses such a map).
"""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from django.test import override_settings
from sqlalchemy.pool import NullPool

from tests.datamap.cabinet import Cabinet, make_cabinet
from tests.datamap.conftest import Source
from tests.datamap.contract import Ledger, fill_shop, make_shop
from tests.datamap.test_contract_correcting import (  # noqa: F401
    test_a_field_is_corrected_as_it_was_shown,
    test_a_restriction_is_marked_and_cleared,
    test_a_row_of_somebody_else_is_a_conflict,
    test_a_row_whose_address_was_corrected_is_still_the_persons,
    test_a_table_without_a_mark_is_left_alone,
    test_a_value_of_another_type_is_refused,
    test_another_old_value_is_a_conflict,
    test_nobody_is_marked_without_identifiers,
    test_the_columns_that_may_be_corrected,
    test_the_values_that_are_written_have_the_columns_types,
    test_what_cannot_be_corrected_is_refused,
)
from tests.datamap.test_contract_erasing import (  # noqa: F401
    test_a_permit_of_another_resource_is_refused,
    test_a_person_is_erased_and_nobody_else,
    test_a_row_stays_while_a_row_hangs_on_it_that_stays,
    test_a_second_run_finds_nothing,
    test_a_writer_sees_what_it_has_done,
    test_an_exception_takes_everything_back,
    test_anonymising_waits_for_its_day,
    test_only_what_is_due_goes,
    test_rows_that_are_anonymised_may_be_deleted_later,
    test_the_tally_of_a_set_is_the_sum_of_its_parts,
    test_what_an_exclusion_does_not_speak_of_goes,
    test_what_is_excluded_keeps_what_it_hangs_on,
    test_without_a_treatment_nothing_goes,
)
from tests.datamap.test_contract_reading import (  # noqa: F401
    test_a_row_is_due_when_its_local_day_is_over,
    test_a_step_ends_where_the_next_begins,
    test_count_follows_every_way,
    test_extract_shows_what_may_be_shown,
    test_locate_gives_the_further_identifiers,
    test_nothing_to_erase_takes_no_steps,
    test_steps_cover_the_rows_exactly,
    test_survey_counts_third_parties,
    test_survey_groups_by_the_local_day_of_the_entity,
    test_survey_keeps_what_is_not_named,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def file_source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    url = f"sqlite:///{tmp_path_factory.mktemp('cabinet') / 'cabinet.db'}"
    with override_settings(SOURCE_URLS={"SOURCE_TEST_URL": url}):
        source = Source(url, sa.create_engine(url, poolclass=NullPool))
        make_shop(source)
        yield source


@pytest.fixture
def ledger(file_source: Source) -> Cabinet:
    """The shop of the contract tests, filled anew, kept by hand."""
    fill_shop(file_source)
    return make_cabinet(Ledger(file_source))
