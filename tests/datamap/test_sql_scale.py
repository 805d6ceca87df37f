"""200,000 rows: each alternative uses its index, and memory does not grow with the rows."""

from collections.abc import Iterator
from pathlib import Path
from resource import getpagesize

import pytest
import sqlalchemy as sa
from django.test import override_settings

from datamap.connectors import connector_for
from datamap.connectors.sql import SqlReader
from datamap.connectors.sql_engine import reading
from datamap.connectors.sql_indexes import index_statements
from datamap.domain.keys import SubjectKeys
from datamap.services import check_sources
from tests.datamap.conftest import Source
from tests.datamap.maps import CALLS, CONTRACTS, CUSTOMERS, SHOP_SQL, map_of

DATAMAP = map_of(CUSTOMERS, CONTRACTS, CALLS)
RESOURCE = DATAMAP.resource("shop")
ROWS = 200_000
KEYS = SubjectKeys(
    emails=("user5@example.pl",), phones=("+48601000005",), customer_numbers=("C-5",)
)
BUSY = SubjectKeys(emails=("busy@example.pl",))


@pytest.fixture(scope="module")
def large(postgres: Source) -> Iterator[Source]:
    postgres.run(
        *SHOP_SQL,
        f"""INSERT INTO customers
            SELECT g, 'C-' || g, 'User' || g || '@Example.pl', '601 ' || lpad(g::text, 6, '0'),
                   'PL', 'x' FROM generate_series(1, {ROWS // 10}) g""",  # noqa: S608 (a number)
        f"""INSERT INTO contracts
            SELECT g, g, CASE WHEN mod(g, 2) = 0 THEN date '2024-01-01' END
            FROM generate_series(1, {ROWS // 10}) g""",  # noqa: S608
        f"""INSERT INTO calls
            SELECT mod(g, 365), g, mod(g, {ROWS // 10}) + 1,
                   '+48602' || lpad(mod(g, 100000)::text, 6, '0')
            FROM generate_series(1, {ROWS}) g""",  # noqa: S608
        *index_statements(RESOURCE),
        "INSERT INTO customers VALUES (0, 'C-0', 'busy@example.pl', NULL, NULL, 'x')",
        "INSERT INTO contracts VALUES (0, 0, NULL)",
        f"""INSERT INTO calls SELECT 400, g, 0, '+48603000000'
            FROM generate_series(1, {ROWS}) g""",  # noqa: S608
        "ANALYZE",
    )
    with override_settings(SOURCE_URLS={"SOURCE_TEST_URL": postgres.url}):
        yield postgres


def test_the_indexes_that_are_printed_are_the_ones_that_check_asks_for(large: Source) -> None:
    assert [str(one) for one in check_sources(DATAMAP)] == []


@pytest.mark.parametrize("name", ["customers", "contracts", "calls"])
def test_no_table_is_read_from_end_to_end(large: Source, name: str) -> None:
    with reading(RESOURCE) as connection:
        query = SqlReader(RESOURCE, connection).query(RESOURCE.table(name), KEYS)
        assert query is not None
        statement = query.compile(
            dialect=connection.dialect, compile_kwargs={"literal_binds": True}
        )
        plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT TEXT) {statement}").scalars().all()
    assert "Index" in "".join(plan)
    assert [line for line in plan if "Seq Scan" in line] == []


def resident() -> int:
    """Return the memory of this process in bytes; the driver's own is part of it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * getpagesize()


def test_memory_does_not_grow_with_the_rows(large: Source) -> None:
    calls = RESOURCE.table("calls")
    seen = 0
    sizes = []
    with connector_for(RESOURCE).extract(calls, BUSY) as rows:
        for seen, row in enumerate(rows, 1):
            assert row.values["callee"] == "+48•••00"
            if seen % 10_000 == 0:
                sizes.append(resident())
    assert seen == ROWS
    # All rows at once would be some 100 MB in Python and 20 MB in the driver alone.
    assert max(sizes) - sizes[0] < 4_000_000


def test_the_first_row_comes_before_the_others_are_fetched(large: Source) -> None:
    before = resident()
    with connector_for(RESOURCE).extract(RESOURCE.table("calls"), BUSY) as rows:
        next(rows)
        assert resident() - before < 4_000_000


def test_the_statement_timeout_is_the_settings_one(large: Source) -> None:
    with override_settings(SOURCE_STATEMENT_TIMEOUT=7), reading(RESOURCE) as connection:
        shown = [
            connection.execute(sa.text(f"SHOW {name}")).scalar_one()
            for name in ("statement_timeout", "transaction_read_only", "transaction_isolation")
        ]
    assert shown == ["7s", "on", "repeatable read"]
