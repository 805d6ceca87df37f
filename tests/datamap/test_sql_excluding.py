"""The days of an exclusion in SQL are those of the pure rule, in every database."""

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datamap.connectors import connector_for
from datamap.domain.erasing import Exclusion, Scope, Treatment
from datamap.domain.vocabulary import Erasing
from tests.datamap.conftest import Source
from tests.datamap.maps import shop, table

RESOURCE = shop(
    table(
        "visits",
        """
    find: [{key: email, column: email}]
    retention: {anchor: on_day}
    primary_key: [id]
    columns:
      id: technical
      email: {class: personal, identifier: email}
      on_day: {class: personal, type: date}
""",
    )
)
DAYS: tuple[date | None, ...] = (
    None,
    date(1970, 1, 1),
    date(1989, 12, 31),
    date(1990, 1, 1),
    date(2020, 2, 29),
    date(2020, 3, 1),
    date(2026, 12, 31),
    date(9998, 12, 31),
)
bounds = st.none() | st.sampled_from([day for day in DAYS if day]) | st.dates(date(1960, 1, 1))


@pytest.fixture
def visits(source: Source) -> Iterator[Source]:
    rows = ", ".join(
        f"({number}, 'a@example.com', {'NULL' if day is None else repr(day.isoformat())})"
        for number, day in enumerate(DAYS)
    )
    source.run("DROP TABLE IF EXISTS visits")
    source.run("CREATE TABLE visits (id int PRIMARY KEY, email varchar(80), on_day date)")
    source.run(f"INSERT INTO visits VALUES {rows}")  # noqa: S608 (our own constants)
    yield source
    source.run("DROP TABLE visits")


def test_days_held_are_those_of_the_rule(visits: Source) -> None:
    connector, here = connector_for(RESOURCE), RESOURCE.table("visits")

    @settings(max_examples=40, deadline=None)
    @given(first=bounds, last=bounds)
    def agrees(first: date | None, last: date | None) -> None:
        hold = Exclusion("hold", anchored_from=first, anchored_until=last)
        scope = Scope(None, {"visits": Treatment(Erasing.DELETE)}, (hold,))
        held = sum(hold.covers_day(day) for day in DAYS)
        assert connector.survey(here, scope).held.rows == held

    agrees()
