"""How the three databases are read: as of one instant, within limits, in constant memory."""

from pathlib import Path
from resource import getpagesize

import pytest
import sqlalchemy as sa
from django.test import override_settings

from datamap.connectors import SourceTimeout, SourceUnavailable, connector_for
from datamap.connectors.sql_engine import reading, streamed
from datamap.connectors.sql_errors import told_as_source_error
from datamap.domain.keys import SubjectKeys
from tests.datamap.conftest import Source
from tests.datamap.maps import CALLS, CONTRACTS, CUSTOMERS, SHOP_SQL, shop

RESOURCE = shop(CUSTOMERS, CONTRACTS, CALLS)
ROWS = 100_000
BUSY = SubjectKeys(emails=("busy@example.pl",))


@pytest.fixture(scope="module")
def busy(source: Source) -> Source:
    """One person with 100,000 calls."""
    numbers = "WITH RECURSIVE s (g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM s WHERE g < 100000)"
    start = "SET max_recursive_iterations = 1000000" if source.backend == "mariadb" else "SELECT 1"
    rows = "SELECT 1, g, 1, '+48603000000' FROM s"
    whole = f"INSERT INTO calls {numbers} {rows}"
    source.run(
        *SHOP_SQL,
        "CREATE INDEX calls_contract ON calls (contract_id)",
        "INSERT INTO customers VALUES (1, 'C-1', 'busy@example.pl', NULL, NULL, 'x')",
        "INSERT INTO contracts VALUES (1, 1, NULL)",
        start,
        whole,
    )
    if source.backend == "sqlite":  # so that somebody may write while we read
        source.run("PRAGMA journal_mode = WAL")
    return source


def resident() -> int:
    """Return the memory of this process in bytes; the driver's own is part of it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * getpagesize()


def test_memory_does_not_grow_with_the_rows(busy: Source) -> None:
    seen = 0
    sizes = []
    with connector_for(RESOURCE).extract(RESOURCE.table("calls"), BUSY) as rows:
        for seen, _ in enumerate(rows, 1):
            if seen % 5_000 == 0:
                sizes.append(resident())
    assert seen == ROWS
    assert max(sizes) - sizes[0] < 4_000_000


def test_all_tables_are_seen_as_of_one_instant(busy: Source) -> None:
    contracts, customers = RESOURCE.table("contracts"), RESOURCE.table("customers")
    connector = connector_for(RESOURCE)
    with connector.snapshot() as reader:
        busy.run("INSERT INTO contracts VALUES (2, 1, NULL)")
        assert reader.count(customers, BUSY) == 1
        busy.run("DELETE FROM contracts WHERE id = 1", "DELETE FROM customers")
        assert (reader.count(contracts, BUSY), reader.count(customers, BUSY)) == (1, 1)
    assert connector.count(contracts, BUSY) == 0
    busy.run(
        "DELETE FROM contracts",
        "INSERT INTO customers VALUES (1, 'C-1', 'busy@example.pl', NULL, NULL, 'x')",
        "INSERT INTO contracts VALUES (1, 1, NULL)",
    )


def test_a_reader_may_go_on_after_rows_were_left_unread(busy: Source) -> None:
    with connector_for(RESOURCE).snapshot() as reader:
        with reader.extract(RESOURCE.table("calls"), BUSY) as rows:
            next(rows)
        assert reader.count(RESOURCE.table("calls"), BUSY) == ROWS


def limits(connection: sa.Connection) -> tuple[object, ...]:
    query = "SELECT @@max_statement_time, @@tx_read_only, @@tx_isolation, @@time_zone"
    return tuple(connection.execute(sa.text(query)).one())


def test_a_session_of_mariadb_is_limited_and_only_reads(mariadb: Source) -> None:
    with override_settings(SOURCE_STATEMENT_TIMEOUT=7), reading(RESOURCE) as connection:
        assert limits(connection) == (7, 1, "REPEATABLE-READ", "+00:00")
        query: sa.Select[tuple[int]] = sa.select(sa.literal_column("@@max_statement_time"))
        with streamed(connection, query, rows_at_once=1) as rows:
            assert rows.scalar_one() == 140  # our own time to read the rows is in it
        assert limits(connection)[0] == 7


def test_a_slow_statement_of_mariadb_is_a_timeout(mariadb: Source) -> None:
    with (
        override_settings(SOURCE_STATEMENT_TIMEOUT=1),
        pytest.raises(SourceTimeout),
        reading(RESOURCE) as connection,
        told_as_source_error(RESOURCE),
    ):
        connection.execute(sa.text("SELECT SLEEP(20) FROM information_schema.tables"))


def test_a_connection_to_mariadb_that_breaks_is_unavailable(mariadb: Source) -> None:
    connector, calls = connector_for(RESOURCE), RESOURCE.table("calls")
    mariadb.run(*SHOP_SQL, "INSERT INTO customers (id, email) VALUES (1, 'busy@example.pl')")
    mariadb.run("INSERT INTO contracts VALUES (1, 1, NULL), (2, 1, NULL)")
    mariadb.run("INSERT INTO calls SELECT 1, seq, 1, REPEAT('9', 60) FROM seq_1_to_200000")

    def read_until_it_breaks() -> None:
        with connector.extract(calls, BUSY) as rows:
            for place, _ in enumerate(rows):
                if place == 0:
                    (number,) = running(mariadb)
                    mariadb.run(f"KILL {number}")

    with pytest.raises(SourceUnavailable):
        read_until_it_breaks()


def running(mariadb: Source) -> list[object]:
    """Return the connections that send rows of calls."""
    query = """SELECT id FROM information_schema.processlist
               WHERE info LIKE 'SELECT calls%' AND db = database()"""
    with mariadb.engine.connect() as connection:
        return list(connection.exec_driver_sql(query.replace("%", "%%")).scalars())
