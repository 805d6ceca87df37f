"""Finding and reading a person's rows, on PostgreSQL and SQLite alike."""

import pytest

from datamap.connectors import Connector, ExtractedRow, connector_for
from datamap.domain.keys import FoundKey, SubjectKeys
from tests.datamap.conftest import Source
from tests.datamap.maps import CALLS, CONTRACTS, CUSTOMERS, SHOP_SQL, shop

RESOURCE = shop(CUSTOMERS, CONTRACTS, CALLS)
ANNA = SubjectKeys(emails=("anna@example.pl",))
PEOPLE: list[dict[str, object]] = [
    {
        "id": 1,
        "number": "c-1",
        "email": "Anna@Example.PL",
        "phone": "601 234 567",
        "country": "PL",
        "password": "x",
    },
    {
        "id": 2,
        "number": "C-2",
        "email": "jan@example.pl",
        "phone": "+48 602 000 000",
        "country": "PL",
        "password": "y",
    },
    {
        "id": 3,
        "number": None,
        "email": "not an address",
        "phone": "0048 601-234-567",
        "country": None,
        "password": "z",
    },
]


@pytest.fixture(scope="module")
def filled(source: Source) -> Source:
    source.run(*SHOP_SQL)
    source.fill("customers", PEOPLE)
    source.fill(
        "contracts",
        [
            {"id": 10, "customer_id": 1, "ended_on": "2020-05-01"},
            {"id": 11, "customer_id": 1, "ended_on": "2022-05-01"},
            {"id": 12, "customer_id": 2, "ended_on": None},
            {"id": 13, "customer_id": 2, "ended_on": "2021-01-01"},
        ],
    )
    source.fill(
        "calls",
        [
            {"day": 2, "id": 1, "contract_id": 11, "callee": "+48602000000"},
            {"day": 1, "id": 2, "contract_id": 11, "callee": None},
            {"day": 1, "id": 1, "contract_id": 12, "callee": "+48 (601) 234-567"},
            {"day": 3, "id": 1, "contract_id": 12, "callee": "112"},
        ],
    )
    return source


@pytest.fixture
def connector(filled: Source) -> Connector:
    return connector_for(RESOURCE)


def read(connector: Connector, table: str, keys: SubjectKeys) -> list[ExtractedRow]:
    with connector.extract(RESOURCE.table(table), keys) as rows:
        return list(rows)


def test_a_source_that_answers_is_healthy(connector: Connector) -> None:
    connector.health()


def test_resolve_gives_further_identifiers_and_where_they_were_found(connector: Connector) -> None:
    resolved = connector.locate(SubjectKeys(emails=("anna@example.pl",), phones=("+48601234567",)))
    assert resolved.keys == SubjectKeys(
        emails=("anna@example.pl",), phones=("+48601234567",), customer_numbers=("C-1",)
    )
    assert resolved.found == (FoundKey("customer_number", "C-1", "customers"),)


def test_resolve_is_one_pass_only(connector: Connector) -> None:
    # Row 3 has Anna's phone number; it is found by the second search, not by this one.
    resolved = connector.locate(SubjectKeys(customer_numbers=("C-1",)))
    assert set(resolved.found) == {
        FoundKey("email", "anna@example.pl", "customers"),
        FoundKey("phone", "+48601234567", "customers"),
    }
    assert connector.count(RESOURCE.table("customers"), resolved.keys) == 2


def test_resolve_without_anybody_finds_nothing(connector: Connector) -> None:
    nobody = SubjectKeys(emails=("nobody@example.pl",))
    assert connector.locate(nobody).keys == nobody
    assert connector.locate(SubjectKeys()).found == ()


@pytest.mark.parametrize(
    ("keys", "customers", "contracts", "calls"),
    [
        (ANNA, 1, 2, 2),
        (SubjectKeys(phones=("+48601234567",)), 2, 2, 3),
        (SubjectKeys(customer_numbers=("C-2",)), 1, 2, 2),
        (SubjectKeys(emails=("anna@example.pl", "jan@example.pl")), 2, 4, 4),
        (SubjectKeys(), 0, 0, 0),
        (SubjectKeys(ips=("192.0.2.1",)), 0, 0, 0),
    ],
)
def test_count_follows_the_joins(
    connector: Connector, keys: SubjectKeys, customers: int, contracts: int, calls: int
) -> None:
    counts = [connector.count(table, keys) for table in RESOURCE.tables]
    assert counts == [customers, contracts, calls]


def test_extract_leaves_secrets_out_and_keeps_the_columns_in_order(connector: Connector) -> None:
    assert read(connector, "customers", ANNA) == [
        ExtractedRow(
            values={
                "id": 1,
                "number": "c-1",
                "email": "Anna@Example.PL",
                "phone": "601 234 567",
                "country": "PL",
            },
            anchor="2022-05-01",  # the latest of two contracts that have ended
        )
    ]


def test_an_open_contract_leaves_no_anchor(connector: Connector) -> None:
    rows = read(connector, "customers", SubjectKeys(emails=("jan@example.pl",)))
    assert [row.anchor for row in rows] == [None]


def test_no_contract_leaves_no_anchor(connector: Connector) -> None:
    rows = read(connector, "customers", SubjectKeys(phones=("+48601234567",)))
    assert [(row.values["id"], row.anchor) for row in rows] == [(1, "2022-05-01"), (3, None)]


def test_third_parties_are_masked_and_the_person_is_not(connector: Connector) -> None:
    rows = read(connector, "calls", SubjectKeys(phones=("+48601234567",)))
    assert [(row.values, row.anchor) for row in rows] == [
        ({"day": 1, "id": 1, "contract_id": 12, "callee": "+48 (601) 234-567"}, None),
        ({"day": 1, "id": 2, "contract_id": 11, "callee": None}, "2022-05-01"),
        ({"day": 2, "id": 1, "contract_id": 11, "callee": "+48•••00"}, "2022-05-01"),
    ]


def test_extract_with_no_identifier_asks_nothing(connector: Connector) -> None:
    assert read(connector, "customers", SubjectKeys()) == []


def test_a_snapshot_sees_one_instant(filled: Source) -> None:
    table = RESOURCE.table("contracts")
    connector = connector_for(RESOURCE)
    with connector.snapshot() as reader:
        before = reader.count(table, ANNA)
        if filled.is_postgres:  # a SQLite file has one writer or its readers
            filled.run("INSERT INTO contracts VALUES (99, 1, NULL)")
        with reader.extract(table, ANNA) as rows:
            seen = [row.values["id"] for row in rows]
    assert (before, seen) == (2, [10, 11])
    filled.run("DELETE FROM contracts WHERE id = 99")


def test_an_extraction_may_be_left_half_way(connector: Connector) -> None:
    with connector.extract(RESOURCE.table("contracts"), ANNA) as rows:
        assert next(rows).values["id"] == 10
    assert connector.count(RESOURCE.table("contracts"), ANNA) == 2


def test_a_number_of_no_single_country_is_found_in_its_international_form(
    filled: Source, connector: Connector
) -> None:
    filled.run("INSERT INTO customers VALUES (4, NULL, NULL, '+800 1234-5678', NULL, NULL)")
    keys = SubjectKeys(phones=("+80012345678",))
    assert keys
    assert connector.count(RESOURCE.table("customers"), keys) == 1
    filled.run("DELETE FROM customers WHERE id = 4")


def test_no_identifier_at_all_is_no_key() -> None:
    assert not SubjectKeys()
