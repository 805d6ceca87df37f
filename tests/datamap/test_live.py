"""Every difference between the map and the live schema is named."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import override_settings

from datamap.connectors.sql_indexes import canonical, index_statements
from datamap.domain.live import LiveTable, differences
from datamap.domain.schema import DataMap
from datamap.domain.vocabulary import ColumnType
from datamap.services import check_sources
from tests.datamap.conftest import Source
from tests.datamap.maps import (
    CALLS,
    CONTRACTS,
    CUSTOMERS,
    SHOP_SQL,
    map_of,
    shop,
    table,
    with_generated,
)

MAP = map_of(CUSTOMERS, CONTRACTS, CALLS)
PHONE = "; `manage.py datamap indexes` shows it"


def told(datamap: DataMap = MAP) -> list[str]:
    return [str(one) for one in check_sources(datamap)]


def test_a_source_that_fits_is_quiet_but_for_its_indexes(source: Source) -> None:
    source.run(*SHOP_SQL)
    expected = [
        "shop.customers.email: has no index for the search by email" + PHONE,
        "shop.customers.phone: has no index for the search by phone" + PHONE,
        "shop.customers.number: has no index for the search by customer_number" + PHONE,
    ]
    joins = [
        "shop.contracts.customer_id: has no index for the join to customers" + PHONE,
        "shop.calls.contract_id: has no index for the join to contracts" + PHONE,
    ]
    callee = "shop.calls.callee: has no index for the search by phone" + PHONE
    assert told() == [*expected, *joins, callee]


def test_the_statements_that_are_printed_silence_the_check(source: Source) -> None:
    source.run(*(f"DROP TABLE IF EXISTS {name}" for name in ("calls", "contracts", "customers")))
    source.run(*SHOP_SQL)
    source.run(*(one for one in index_statements(MAP.resource("shop")) if one[:2] != "--"))
    if source.backend != "mariadb":
        assert told() == []
        return
    # There the map names the generated columns, as the comments beside the statements say.
    searched = map_of(*map(with_generated, (CUSTOMERS, CONTRACTS, CALLS)))
    assert told(searched) == []
    number = CUSTOMERS.replace("column: number}", "column: phone_search}")
    wrong = (
        "shop.customers.phone_search: is not generated as the search by customer_number needs it; "
        "`manage.py datamap indexes` shows it for the column itself"
    )
    assert wrong in told(map_of(with_generated(number), CONTRACTS, with_generated(CALLS)))


def test_index_statements_of_mariadb_are_generated_columns(mariadb: Source) -> None:
    statements = index_statements(MAP.resource("shop"))
    assert statements[0] == (
        "ALTER TABLE customers ADD COLUMN email_search VARCHAR(768) CHARACTER SET utf8mb4 COLLATE "
        "utf8mb4_bin GENERATED ALWAYS AS (lower(trim(convert(email using utf8mb4)))) VIRTUAL "
        "INVISIBLE, ADD INDEX customers_email_email (email_search);"
    )
    assert statements[1] == (
        "-- In the map, customers: columns: email_search: {class: secret, generated: true}; find: "
        "{key: email, column: email_search} instead of email."
    )
    assert statements[3] == (
        "-- In the map, customers: columns: phone_search: {class: secret, generated: true, "
        "region_column: country}; find: {key: phone, column: phone_search} instead of phone."
    )
    assert statements[6] == "CREATE INDEX contracts_customer_id ON contracts (customer_id);"
    assert len(statements) == 10


def test_index_statements_are_one_a_search(postgres: Source) -> None:
    statements = index_statements(MAP.resource("shop"))
    assert statements[0] == "CREATE INDEX ON customers ((lower(trim(email))));"
    assert statements[1].startswith("CREATE INDEX ON customers ((replace(replace(")
    assert statements[2:5] == [
        "CREATE INDEX ON customers ((upper(trim(number))));",
        "CREATE INDEX ON contracts (customer_id);",
        "CREATE INDEX ON calls (contract_id);",
    ]
    assert len(statements) == 6


@pytest.mark.parametrize(
    ("catalogue", "ours"),
    [
        (
            "(lcase(trim(convert(`email` using utf8mb4))))",
            "lower(trim(convert(email USING utf8mb4)))",
        ),
        ("replace(`p`,'\u202f','')", "replace(p, '\u202f', '')"),
        ("lower(email::text)", "lower(email)"),
        ("lower((email)::text)", "lower(email)"),
        ("upper(TRIM(BOTH FROM number))", "upper(trim(number))"),
        ("upper(btrim(number::text))", "upper(trim(number))"),
        ("replace(p::text, '('::text, ''::text)", "replace(p, '(', '')"),
        ('lower("Email"::character varying(20))', 'lower("Email")'),
    ],
)
def test_canonical_sees_through_the_catalogues_spelling(catalogue: str, ours: str) -> None:
    assert canonical(catalogue) == canonical(ours)


def test_canonical_tells_separators_apart() -> None:
    assert canonical("replace(p, '(', '')") != canonical("replace(p, ')', '')")


THINGS = table(
    "things",
    """
    primary_key: [id]
    find: [{key: email, column: email}, {key: customer_number, column: number}]
    retention: {anchor: made_on}
    columns:
      id: technical
      email: personal
      number: personal
      made_on: personal
      note: {class: personal, type: text}
""",
)
LIVE = LiveTable(
    columns={
        "id": ColumnType.INTEGER,
        "email": ColumnType.TEXT,
        "number": ColumnType.TEXT,
        "made_on": ColumnType.DATETIME,
        "note": ColumnType.TEXT,
    },
    primary_key=("id",),
    indexed=frozenset({"lower(email)", "upper(btrimnumber)"}),
)
EXPRESSIONS = {
    ("things", "email", "email"): "lower(email)",
    ("things", "number", "customer_number"): "upper(btrimnumber)",
}


def compared(live: dict[str, LiveTable], things: str = THINGS, tail: str = "") -> list[str]:
    resource = shop(things, tail=tail)
    return [str(one) for one in differences(resource, live, EXPRESSIONS)]


def test_nothing_differs() -> None:
    assert compared({"things": LIVE}) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"columns": {name: kind for name, kind in LIVE.columns.items() if name != "note"}},
            "shop.things.note: is not in the database; take it out of the map",
        ),
        (
            {"columns": {**LIVE.columns, "shoe": None}},
            "shop.things.shoe: is not classified; list it under `columns` with its class",
        ),
        (
            {"primary_key": ()},
            "shop.things: its primary key is (none) in the database and (id) in the map",
        ),
        (
            {"columns": {**LIVE.columns, "note": ColumnType.JSON}},
            "shop.things.note: is json in the database and text in the map",
        ),
        (
            {"columns": {**LIVE.columns, "email": ColumnType.JSON}},
            "shop.things.email: is json, and is searched by email, which is text",
        ),
        (
            {"columns": {**LIVE.columns, "number": ColumnType.INTEGER}},
            (
                "shop.things.number: is integer, and is searched by customer_number, which is "
                "text; "
                "add `type: integer`"
            ),
        ),
        (
            {"columns": {**LIVE.columns, "made_on": ColumnType.TEXT}},
            "shop.things: retention counts from things.made_on, which is no date or timestamp",
        ),
    ],
)
def test_a_difference_is_named(change: dict[str, Any], expected: str) -> None:
    assert compared({"things": replace(LIVE, **change)}) == [expected]


def test_what_the_map_says_of_a_type_is_heard() -> None:
    live = {**LIVE.columns, "number": ColumnType.INTEGER, "made_on": ColumnType.DATE}
    things = THINGS.replace("number: personal", "number: {class: personal, type: integer}")
    things = things.replace("made_on: personal", "made_on: {class: personal, type: date}")
    assert compared({"things": replace(LIVE, columns=live)}, things) == []


def test_tables_on_one_side_only_are_named() -> None:
    tail = "plain_tables:\n  rates: {reason: Prices., columns: [id]}\n  gone: {reason: Prices.}\n"
    rates = LiveTable(columns={}, primary_key=(), indexed=frozenset())
    assert compared({"rates": rates, "people": rates}, tail=tail) == [
        (
            "shop.people: is not in the map; describe it, or list it under `plain_tables` with a "
            "reason"
        ),
        "shop.rates.id: is not in the database; take it out of the map",
        "shop.gone: is not in the database; take it out",
        "shop.things: is not in the database; take it out of the map or create it",
    ]


def test_an_anchor_in_another_table_is_looked_at_there() -> None:
    tail = "plain_tables:\n  ends: {reason: Dates., columns: [id, on]}\n"
    joined = "{through: ends, on: {id: id}, column: on}"
    things = THINGS.replace("{anchor: made_on}", f"{{anchor: {joined}}}")
    columns = {"id": ColumnType.INTEGER, "on": ColumnType.DATE}
    ends = LiveTable(columns=columns, primary_key=("id",), indexed=frozenset())
    assert compared({"things": LIVE, "ends": ends}, things, tail) == []
    ends = replace(ends, columns={**columns, "on": ColumnType.TEXT})
    assert compared({"things": LIVE, "ends": ends}, things, tail) == [
        "shop.things: retention counts from ends.on, which is no date or timestamp"
    ]
    ends = replace(ends, columns={"id": ColumnType.INTEGER})
    assert compared({"things": LIVE, "ends": ends}, things, tail) == [
        "shop.ends.on: is not in the database; take it out of the map"
    ]


def test_partitions_and_other_schemas_are_seen_as_the_map_names_them(postgres: Source) -> None:
    postgres.run(
        "CREATE SCHEMA billing",
        """CREATE TABLE billing.notes (id int, email varchar(80), on_day date, kept boolean,
           code uuid, raw bytea, extra jsonb, amount numeric, odd int4range,
           UNIQUE (id, on_day), PRIMARY KEY (on_day, id)) PARTITION BY RANGE (on_day)""",
        """CREATE TABLE billing.notes_1 PARTITION OF billing.notes
           FOR VALUES FROM ('2020-01-01') TO ('2030-01-01')""",
        "CREATE INDEX ON billing.notes (lower(trim(email)))",
    )
    notes = table(
        "billing.notes",
        """
    primary_key: [on_day, id]
    find: [{key: email, column: email}]
    retention: {anchor: on_day}
    columns:
      id: {class: technical, type: integer}
      email: {class: personal, type: text}
      on_day: {class: personal, type: date}
      kept: {class: personal, type: boolean}
      code: {class: personal, type: uuid}
      raw: {class: personal, type: binary}
      extra: {class: personal, type: json}
      amount: {class: personal, type: decimal}
      odd: {class: personal, type: text}
""",
    )
    assert [one for one in told(map_of(notes)) if "billing" in one] == []


def test_a_source_that_cannot_be_asked_is_a_difference() -> None:
    with override_settings(SOURCE_URLS={}):
        assert told() == [
            "shop: Shop has no address. Set the environment variable SOURCE_TEST_URL."
        ]
