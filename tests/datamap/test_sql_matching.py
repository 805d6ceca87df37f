"""What counts as the same identifier, on PostgreSQL, MariaDB and SQLite alike."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from django.test import override_settings

from datamap.connectors import Connector, connector_for
from datamap.connectors.sql import SqlReader
from datamap.connectors.sql_engine import reading
from datamap.connectors.sql_indexes import index_statements
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource
from lib.identifiers import PHONE_SEPARATORS
from tests.datamap.conftest import Source
from tests.datamap.maps import CALLS, CONTRACTS, CUSTOMERS, SHOP_SQL, shop, table, with_generated

PEOPLE = table(
    "people",
    """
    primary_key: [id]
    find:
      - {key: email, column: email}
      - {key: phone, column: phone}
      - {key: customer_number, column: number}
      - {key: badge, column: badge}
      - {key: ip, column: ip}
      - {key: account, column: account}
    retention: {anchor: since}
    columns:
      id: technical
      email: personal
      phone: personal
      number: personal
      badge: personal
      ip: personal
      account: {class: personal, type: integer}
      since: personal
""",
)
RESOURCE = shop(PEOPLE)
COLUMNS = "id, email, phone, number, badge, ip, account"


@pytest.fixture(scope="module")
def people(source: Source) -> Source:
    source.run(
        """CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(200), phone VARCHAR(80),
           number VARCHAR(40), badge VARCHAR(40), ip VARCHAR(50), account INTEGER, since DATE)""",
        "CREATE INDEX people_badge ON people (badge)",
    )
    return source


def found(source: Source, stored: list[dict[str, object]], keys: SubjectKeys) -> list[object]:
    """Store rows, numbered from 0, and return the numbers of those that are found."""
    empty = dict.fromkeys(COLUMNS.split(", "))
    source.fill("people", [{**empty, "id": place, **row} for place, row in enumerate(stored)])
    connector: Connector = connector_for(RESOURCE)
    with connector.extract(RESOURCE.table("people"), keys) as rows:
        ids: list[object] = [row.values["id"] for row in rows]
    assert connector.count(RESOURCE.table("people"), keys) == len(ids)
    return ids


def test_an_address_is_found_with_blanks_around_it_and_in_any_case(people: Source) -> None:
    texts = ["anna@example.pl", "  Anna@Example.PL ", "anna@example.pl.eu", "xanna@example.pl", ""]
    keys = SubjectKeys(emails=("anna@example.pl",))
    assert found(people, [{"email": text} for text in texts], keys) == [0, 1]


@pytest.mark.parametrize(
    ("column", "kind", "asked", "others"),
    [
        ("email", "email", "rene@example.pl", ["rené@example.pl", "rene@example.pĺ"]),
        ("email", "email", "rené@example.pl", ["rene@example.pl"]),
        ("badge", "badge", "Ab-1", ["ab-1", "Ab-1 ", " Ab-1", "Áb-1"]),
        ("badge", "badge", "żółw", ["zolw", "ŻÓŁW"]),
        ("number", "customer_number", "C-1", ["Ć-1", "C-1\t", "C--1"]),
        ("ip", "ip", "192.0.2.1", ["192.0.2.10", "192.0.2.1 "]),
    ],
)
def test_what_a_collation_calls_the_same_is_somebody_else(
    people: Source, column: str, kind: str, asked: str, others: list[str]
) -> None:
    rows: list[dict[str, object]] = [{column: text} for text in (asked, *others)]
    assert found(people, rows, SubjectKeys.of_pairs([(kind, asked)])) == [0]


@pytest.mark.parametrize("sign", PHONE_SEPARATORS)
def test_a_number_is_found_with_every_sign_between_its_digits(people: Source, sign: str) -> None:
    rows: list[dict[str, object]] = [{"phone": f"+48{sign}601{sign}234{sign}567"}, {"phone": sign}]
    assert found(people, rows, SubjectKeys(phones=("+48601234567",))) == [0]


def test_a_quote_or_a_backslash_is_only_a_character(people: Source) -> None:
    odd = ["o'neil\\", "'; DROP TABLE people; --", '{"a",}', "%", "_", ":x", "\\"]
    rows: list[dict[str, object]] = [{"badge": text} for text in odd]
    for place, text in enumerate(odd):
        assert found(people, rows, SubjectKeys(custom=(("badge", text),))) == [place]


def test_a_whole_number_is_compared_as_one(people: Source) -> None:
    rows: list[dict[str, object]] = [{"account": 12}, {"account": 0}, {"account": None}]
    keys = SubjectKeys.of_pairs([("account", text) for text in ("12", "12abc", "x", "9" * 40)])
    assert found(people, rows, keys) == [0]
    assert found(people, rows, SubjectKeys(custom=(("account", "x"),))) == []


MANY = 5000


@pytest.mark.parametrize(
    ("column", "make"),
    [
        ("email", lambda n: {"email": f" User{n}@Example.pl"}),
        ("phone", lambda n: {"phone": f"+48 601 {n:06}"}),
        ("number", lambda n: {"number": f"c-{n}"}),
        ("badge", lambda n: {"badge": f'{n}"\\ż'}),
        ("account", lambda n: {"account": n}),
    ],
)
def test_the_identifiers_of_many_people_are_searched_at_once(
    people: Source, column: str, make: Callable[[int], dict[str, object]]
) -> None:
    # Everybody who is restricted: their identifiers are one long list.
    everybody = SubjectKeys(
        emails=tuple(f"user{n}@example.pl" for n in range(MANY)),
        phones=tuple(f"+48601{n:06}" for n in range(MANY)),
        customer_numbers=tuple(f"C-{n}" for n in range(MANY)),
        custom=(
            *(("badge", f'{n}"\\ż') for n in range(MANY)),
            *(("account", str(n)) for n in range(MANY)),
        ),
    )
    rows = [make(n) for n in (0, 17, MANY - 1, MANY, MANY + 17)]
    assert found(people, rows, everybody) == [0, 1, 2]


def test_a_column_of_an_old_character_set_is_searched_too(mariadb: Source) -> None:
    mariadb.run(
        "DROP TABLE IF EXISTS people",
        """CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(200), phone VARCHAR(80),
           number VARCHAR(40), badge VARCHAR(40), ip VARCHAR(50), account INTEGER, since DATE)
           CHARACTER SET latin1""",
    )
    rows: list[dict[str, object]] = [
        {"email": "René@example.pl"},
        {"phone": "601\u00a0234 567", "badge": "é"},
        {"phone": "+48 601\u00a0234 567", "number": "ç-1"},
    ]
    assert found(mariadb, rows, SubjectKeys(emails=("rené@example.pl", "anna@żółw.pl"))) == [0]
    assert found(mariadb, rows, SubjectKeys(phones=("+48601234567",))) == [2]
    keys = SubjectKeys(customer_numbers=("Ç-1", "Ż-1"), custom=(("badge", "é"), ("badge", "ż")))
    assert found(mariadb, rows, keys) == [1, 2]
    mariadb.run("DROP TABLE people")


SEARCHED = SubjectKeys(
    emails=("user5@example.pl",), phones=("+48601000005",), customer_numbers=("C-5",)
)
NAMES = ("customers", "contracts", "calls")


@pytest.fixture(scope="module")
def indexed(source: Source) -> tuple[Source, Resource]:
    """The shop with the indexes that are printed for it, and rows enough that they matter."""
    source.run(*SHOP_SQL)
    statements = index_statements(shop(CUSTOMERS, CONTRACTS, CALLS))
    source.run(*(one for one in statements if not one.startswith("--")))
    numbers = range(2000)
    source.fill(
        "customers",
        [
            {"id": n, "number": f"C-{n}", "email": f"user{n}@example.pl", "phone": f"+48601{n:06}"}
            for n in numbers
        ],
    )
    source.fill("contracts", [{"id": n, "customer_id": n, "ended_on": None} for n in numbers])
    source.fill(
        "calls",
        [{"day": n % 9, "id": n, "contract_id": n, "callee": f"+48602{n:06}"} for n in numbers],
    )
    if source.backend == "mariadb":  # whose map names the generated columns
        source.run(f"ANALYZE TABLE {', '.join(NAMES)}")
        return source, shop(*map(with_generated, (CUSTOMERS, CONTRACTS, CALLS)))
    source.run("ANALYZE")
    return source, shop(CUSTOMERS, CONTRACTS, CALLS)


@pytest.mark.parametrize("name", NAMES)
def test_the_indexes_that_are_printed_are_used(indexed: tuple[Source, Resource], name: str) -> None:
    source, resource = indexed
    with reading(resource) as connection:
        query = SqlReader(resource, connection).query(resource.table(name), SEARCHED)
        assert query is not None
        if source.is_postgres:  # which reads so small a table from end to end if it may
            connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        literal = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN QUERY PLAN" if source.backend == "sqlite" else "EXPLAIN"
        plan = connection.exec_driver_sql(f"{explain} {literal}").all()
    lines = [" ".join(str(part) for part in row) for row in plan]
    from_end_to_end = {"postgresql": "Seq Scan", "mariadb": " ALL ", "sqlite": "SCAN c"}
    # MariaDB shows what a subquery gave as "<…>", and reads it whole.
    whole = [one for one in lines if from_end_to_end[source.backend] in one and "<" not in one]
    assert whole == []


def test_addresses_in_the_environment_may_call_mariadb_mysql(mariadb: Source) -> None:
    mariadb.run("CREATE TABLE IF NOT EXISTS customers (id INT PRIMARY KEY, email VARCHAR(80))")
    by_the_other_name = mariadb.url.replace("mariadb+pymysql", "mysql")
    with override_settings(SOURCE_URLS={"SOURCE_TEST_URL": by_the_other_name}):
        connector_for(RESOURCE).health()
