"""The record of processing, computed from a map."""

from collections import Counter
from datetime import date
from pathlib import Path

from datamap.domain.assembly import assemble
from datamap.domain.records import (
    Activity,
    Gap,
    Missing,
    activities_of,
    missing_in,
    of_role,
    together,
)
from datamap.domain.schema import DataMap
from datamap.domain.transfers import Cover
from datamap.domain.vocabulary import Category, DataKind, LegalBasis, Role
from datamap.services.loading import read_map
from tests.datamap.maps import CONTRACTS, CUSTOMERS, HEAD, example_files, map_of, table

DAY = date(2026, 11, 23)
DEMO = read_map(Path(__file__).parents[2] / "demo" / "datamap")
STATED = HEAD.replace(
    "  recipients: [host]",
    "  recipients: [host]\n"
    "  subjects: [{en: Customers, pl: Klienci, et: Kliendid, lv: Klienti}]\n"
    "  security: [{en: Backups, pl: Kopie, et: Varukoopiad, lv: Kopijas}]",
)
SHARED = (
    table(
        "answers",
        """
    primary_key: [id]
    find: [{key: phone, column: phone}]
    retention: {dpa_end: true}
    controller_column: agreement
    columns: {id: technical, agreement: technical, phone: personal}
""",
    )
    .replace("category: communications", "category: entrusted")
    .replace("role: controller", "role: processor")
    .replace("    legal_basis: contract\n", "")
)


def activities(datamap: DataMap) -> tuple[Activity, ...]:
    return activities_of(datamap, on=DAY)


def stated(*tables: str, head: str = STATED) -> DataMap:
    return assemble({"shop.yaml": head + "".join(tables)})


def places(found: tuple[Activity, ...]) -> list[list[str]]:
    return [[kept.place for kept in one.tables] for one in found]


def test_one_purpose_is_one_activity() -> None:
    (found,) = activities(stated(CUSTOMERS, CONTRACTS))

    assert [kept.place for kept in found.tables] == ["shop.customers", "shop.contracts"]
    assert (found.role, found.entity, found.controllers) == (Role.CONTROLLER, "EE", ())
    assert found.legal_basis is LegalBasis.CONTRACT
    assert [one.en for one in found.subjects] == ["Customers"]
    assert found.data == (DataKind.CONTACT,)
    assert [one.id for one in found.recipients] == ["host"]
    assert found.transfers == ()
    assert found.categories == (Category.COMMUNICATIONS,)
    assert found.unlimited == ()
    assert [one.en for one in found.security] == ["Backups"]
    assert found.missing == ()


def test_another_legal_basis_is_another_activity() -> None:
    consent = CONTRACTS.replace("legal_basis: contract", "legal_basis: consent")

    found = activities(stated(CUSTOMERS, consent))

    assert places(found) == [["shop.customers"], ["shop.contracts"]]


def test_a_table_says_its_own_subjects() -> None:
    own = CONTRACTS.replace(
        "    primary_key", "    subjects: [{en: Buyers, pl: b, et: b, lv: b}]\n    primary_key"
    )

    (found,) = activities(stated(CUSTOMERS, own))

    assert [one.en for one in found.subjects] == ["Customers", "Buyers"]


def test_what_the_map_does_not_say_is_named_and_not_invented() -> None:
    (found,) = activities(map_of(CUSTOMERS, CONTRACTS))

    assert found.subjects == found.security == ()
    assert found.missing == (
        Missing(gap=Gap.SUBJECTS, place="shop.customers.subjects"),
        Missing(gap=Gap.SECURITY, place="shop.security"),
        Missing(gap=Gap.SUBJECTS, place="shop.contracts.subjects"),
    )


def test_a_third_country_needs_a_safeguard() -> None:
    abroad = STATED.replace("country: IE", "country: IN").replace("country: FI", "country: US")

    (found,) = activities(stated(CUSTOMERS, CONTRACTS, head=abroad))

    assert [(one.place, one.cover) for one in found.transfers] == [
        ("shop.location", Cover.IN_PART),
        ("recipients.host", Cover.NONE),
    ]
    assert found.missing == (
        Missing(gap=Gap.COVERED, place="shop.location.safeguard"),
        Missing(gap=Gap.SAFEGUARD, place="recipients.host.safeguard"),
    )


def test_a_stated_safeguard_closes_the_gap() -> None:
    clauses = "{en: Clauses, pl: k, et: k, lv: k}"
    abroad = STATED.replace("country: IE", f"country: IN, safeguard: {clauses}")

    (found,) = activities(stated(CUSTOMERS, CONTRACTS, head=abroad))

    assert [one.safeguard.en for one in found.transfers if one.safeguard] == ["Clauses"]
    assert found.missing == ()


def test_a_reason_for_no_limit_stands_for_the_limit() -> None:
    endless = CONTRACTS.replace(
        "{anchor: ended_on}", "{none: {en: As long as we trade, pl: x, et: x, lv: x}}"
    )
    basis = endless.replace("legal_basis: contract", "legal_basis: consent")

    (found,) = activities(
        stated(
            basis.replace(
                "through: customers, on: {customer_id: id}",
                "key: customer_number, column: customer_id",
            )
        )
    )

    assert found.categories == ()
    assert [one.en for one in found.unlimited] == ["As long as we trade"]


def test_a_shared_table_is_an_activity_of_each_controller() -> None:
    two = STATED.replace(
        "resource:\n",
        "  beta: {name: Beta, contact_email: b@beta.example, dpa_months: 3, source_key: '43'}\n"
        "resource:\n",
        1,
    )

    found = activities(stated(SHARED, head=two))

    assert [[one.id for one in each.controllers] for each in found] == [["acme"], ["beta"]]
    assert places(found) == [["shop.answers"], ["shop.answers"]]
    (joined,) = together(found)
    assert [one.id for one in joined.controllers] == ["acme", "beta"]
    assert joined.tables == found[0].tables


def test_a_shared_table_that_nobody_is_named_for_is_still_there() -> None:
    nobody = STATED.replace(', source_key: "42"', "")

    (found,) = activities(stated(SHARED, head=nobody))

    assert found.controllers == ()
    assert found.missing == (Missing(gap=Gap.CONTROLLER, place="shop.answers.controller_column"),)


def test_a_processor_need_not_say_whose_data_it_is() -> None:
    found = activities(map_of(SHARED))
    assert missing_in(found) == (Missing(gap=Gap.SECURITY, place="shop.security"),)


def test_own_activities_are_never_joined() -> None:
    found = of_role(activities(DEMO), Role.CONTROLLER)
    assert together(found) == found


def test_every_table_is_covered() -> None:
    for datamap in (DEMO, assemble(example_files())):
        found = activities(datamap)
        covered = Counter(kept.place for one in together(found) for kept in one.tables)
        assert covered == Counter(
            f"{resource.id}.{table.name}"
            for resource in datamap.resources
            for table in resource.tables
        )


def test_the_demonstration_says_everything() -> None:
    found = activities(DEMO)

    assert missing_in(found) == ()
    assert len(of_role(found, Role.CONTROLLER)) == 8
    shared = of_role(found, Role.PROCESSOR)
    assert len(shared) == 3 * len(DEMO.controllers)
    assert {each.id for one in shared for each in one.controllers} == {
        each.id for each in DEMO.controllers
    }
    assert len(together(shared)) == 3
