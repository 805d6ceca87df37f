"""The data map of the company: valid, true to the databases, and it finds the right people."""

import pytest
from pytest_django import Settings

from datamap.connectors import connector_for
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import DataMap
from datamap.services import read_map
from datamap.services.checking import check_sources
from demo.loading import MAP_DIR
from demo.people import Person
from demo.personas import ANDRIS, ILZE, KRISTJAN, MALGORZATA, MARTA, NAMESAKE, OLIVER
from lib.identifiers import PHONE_SEPARATORS
from tests.demo.conftest import ask

OWN_TABLES = {
    "customers",
    "contracts",
    "invoices",
    "payments",
    "calls",
    "sms",
    "support_messages",
    "access_log",
    "marketing_subscribers",
}


@pytest.fixture
def live_map(company: dict[str, str], settings: Settings) -> DataMap:
    settings.SOURCE_URLS = company
    return read_map(MAP_DIR)


def _found(live_map: DataMap, keys: SubjectKeys) -> dict[str, int]:
    counts = {}
    for resource in live_map.resources:
        connector = connector_for(resource)
        keys = connector.locate(keys).keys
        for table in resource.tables:
            counts[table.name] = connector.count(table, keys)
    return {name: count for name, count in counts.items() if count}


def _keys(*, email: str = "", phone: str = "", number: str = "") -> SubjectKeys:
    return SubjectKeys(
        emails=(email,) if email else (),
        phones=(phone,) if phone else (),
        customer_numbers=(number,) if number else (),
    )


def test_map_agrees_with_the_live_databases(live_map: DataMap) -> None:
    assert [str(difference) for difference in check_sources(live_map)] == []


def test_map_classifies_every_table_of_both_databases(
    live_map: DataMap, company: dict[str, str]
) -> None:
    for resource in live_map.resources:
        live = ask(
            company[resource.address_variable],
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p') AND NOT relispartition",
        )
        mapped = {table.name for table in resource.tables}
        mapped |= {table.name for table in resource.plain_tables}
        assert mapped == {name for (name,) in live}


def test_every_column_and_table_has_a_title(live_map: DataMap) -> None:
    untitled = [
        f"{table.name}.{column.name}"
        for resource in live_map.resources
        for table in resource.tables
        for column in table.columns
        if column.title is None
    ]
    assert untitled == []


@pytest.mark.parametrize("person", [MALGORZATA, KRISTJAN, ILZE, OLIVER], ids=lambda one: one.email)
def test_private_personas_are_found_in_many_tables_by_any_identifier(
    live_map: DataMap, person: Person
) -> None:
    by_email = _found(live_map, _keys(email=person.email))

    assert set(by_email) >= OWN_TABLES
    assert "voicebot_answers" in by_email
    assert _found(live_map, _keys(email=person.second_email)) == by_email
    assert _found(live_map, _keys(phone=person.phone)) == by_email


def test_customer_number_finds_the_same_as_the_address(live_map: DataMap) -> None:
    by_email = _found(live_map, _keys(email=KRISTJAN.email))
    assert _found(live_map, _keys(number="ap-100002")) == by_email


def test_company_contact_is_found_without_the_company_s_billing(live_map: DataMap) -> None:
    found = _found(live_map, _keys(email=MARTA.email))

    assert found["contacts"] == 1
    assert found["contact_lists"] == 4
    assert {"calls", "sms", "support_messages", "access_log"} <= set(found)
    assert not {"customers", "contracts", "invoices", "payments"} & set(found)


def test_person_who_is_no_customer_is_found_in_entrusted_data_alone(live_map: DataMap) -> None:
    found = _found(live_map, _keys(email=ANDRIS.email, phone=ANDRIS.phone))
    assert set(found) == {"contact_list_entries", "voicebot_answers", "recordings"}


def test_namesake_is_somebody_else(live_map: DataMap) -> None:
    platform = connector_for(live_map.resource("platform"))
    customers = live_map.resource("platform").table("customers")
    hers = platform.locate(_keys(email=MALGORZATA.email)).keys
    others = platform.locate(_keys(email=NAMESAKE.email)).keys

    with platform.extract(customers, hers) as rows:
        assert [row.values["customer_number"] for row in rows] == ["AP-100001"]
    with platform.extract(customers, others) as rows:
        assert [row.values["customer_number"] for row in rows] == ["AP-100006"]
    assert not set(hers.emails) & set(others.emails)
    assert not set(hers.phones) & set(others.phones)


def test_other_party_of_a_call_is_masked(live_map: DataMap) -> None:
    platform = connector_for(live_map.resource("platform"))
    calls = live_map.resource("platform").table("calls")
    keys = platform.locate(_keys(email=OLIVER.email)).keys

    with platform.extract(calls, keys) as rows:
        for row in rows:
            numbers = [str(row.values["caller_number"]), str(row.values["callee_number"])]
            own = [one for one in numbers if one.endswith(OLIVER.phone[1:])]
            assert len(own) == 1, numbers
            assert not (set(numbers) - set(own)).pop().removeprefix("+").isdigit()


def test_searches_use_the_indexes(live_map: DataMap, company: dict[str, str]) -> None:
    expressions = ask(
        company["SOURCE_PLATFORM_URL"],
        "SELECT indexdef FROM pg_indexes WHERE indexname IN "
        "('customers_email', 'customers_phone', 'customers_customer_number')",
    )
    text = " ".join(str(definition) for (definition,) in expressions)

    assert "lower(TRIM(BOTH FROM email))" in text
    assert "upper(" in text
    assert text.count("replace(") == len(PHONE_SEPARATORS)


def test_retention_of_a_running_contract_has_no_anchor_yet(live_map: DataMap) -> None:
    platform = connector_for(live_map.resource("platform"))
    payments = live_map.resource("platform").table("payments")

    with platform.extract(payments, _keys(number="AP-100001")) as rows:
        assert {row.anchor for row in rows} == {None}
    with platform.extract(payments, _keys(number="AP-100003")) as rows:
        assert {row.anchor for row in rows} == {"2025-06-30"}
