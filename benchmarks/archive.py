"""An archive of calls of which half are due, and its map: a large table, a divided one, many."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg2

#: Calls are kept seven years from the end of theirs: these are due, those are not.
DUE, KEPT = "2015-06-01", "2025-06-01"
#: Which of the rows `n` of `rows` are due.
KINDS: Final = {"clustered": "n <= {rows} / 2", "scattered": "n % 2 = 0"}
MANY: Final = 100
_ROWS_OF_MANY: Final = 2_000
_YEARS: Final = range(2011, 2027)
_COLUMNS: Final = "id bigint, number text, at timestamptz NOT NULL, seconds int, note text"
_VALUES: Final = "n, '+372' || n, {at}, mod(n, 3600), md5(n::text)"
_TEXT: Final = dict.fromkeys(("en", "pl", "et", "lv"), "Benchmark")


def write_map(directory: Path) -> Path:
    """Write the map of the archive: `large`, `divided` and `many`."""
    many = [f"small_{number}" for number in range(MANY)]
    tables = {"large": ["calls"], "divided": ["routes"], "many": many}
    for name, own in tables.items():
        content = {"resource": _resource(name), "tables": {one: _table() for one in own}}
        (directory / f"{name}.yaml").write_text(json.dumps(content))
    return directory


def _resource(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "title": _TEXT,
        "connector": {"kind": "sql", "url_env": f"SOURCE_{name.upper()}_URL"},
        "entity": "EE",
        "time_zone": "Europe/Tallinn",
        "location": {"place": "Tallinn", "country": "EE"},
        "owner": {"name": "Nobody", "email": "nobody@example.org"},
    }


def _table() -> dict[str, Any]:
    return {
        "title": _TEXT,
        "description": _TEXT,
        "role": "controller",
        "purpose": _TEXT,
        "legal_basis": "contract",
        "source": _TEXT,
        "primary_key": ["id"],
        "category": "traffic",
        "data": "traffic",
        "find": [{"key": "customer_number", "column": "number"}],
        "retention": {"anchor": "at"},
        "erasure": "delete",
        "columns": {
            "id": "technical",
            "number": {"class": "personal", "identifier": "customer_number"},
            "at": {"class": "personal", "type": "datetime"},
            "seconds": "personal",
            "note": "personal",
        },
    }


@contextmanager
def cursor_of(address: str) -> Iterator[Any]:
    """Open a connection whose statements are transactions of their own."""
    with closing(psycopg2.connect(address)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def make_large(address: str, *, rows: int, kind: str) -> None:
    """Make `calls` anew, half of its rows due, with an index on its key and on its time."""
    at = f"CASE WHEN {KINDS[kind].format(rows=rows)} THEN '{DUE}' ELSE '{KEPT}' END::timestamptz"
    with cursor_of(address) as cursor:
        cursor.execute("DROP TABLE IF EXISTS calls")
        cursor.execute(f"CREATE TABLE calls ({_COLUMNS})")
        _fill(cursor, "calls", at, rows)
        cursor.execute("ALTER TABLE calls ADD PRIMARY KEY (id)")
        cursor.execute("CREATE INDEX ON calls (at)")
        _settle(cursor, "calls")


def make_divided(address: str, *, rows: int) -> None:
    """Make `routes` anew: a partition a year, half of them due."""
    with cursor_of(address) as cursor:
        cursor.execute("DROP TABLE IF EXISTS routes")
        key = "PRIMARY KEY (id, at)"
        cursor.execute(f"CREATE TABLE routes ({_COLUMNS}, {key}) PARTITION BY RANGE (at)")
        for year in _YEARS:
            bounds = f"FROM ('{year}-01-01 00:00+02') TO ('{year + 1}-01-01 00:00+02')"
            cursor.execute(f"CREATE TABLE routes_{year} PARTITION OF routes FOR VALUES {bounds}")
        first = _YEARS.start
        at = f"make_timestamptz({first} + mod(n, {len(_YEARS)})::int, 6, 1, 0, 0, 0)"
        _fill(cursor, "routes", at, rows)
        _settle(cursor, "routes")


def partitions_due() -> list[str]:
    """Return the partitions of `routes` in which all is due in 2026."""
    return [f"routes_{year}" for year in _YEARS if year + 7 < _YEARS[-1]]


def make_many(address: str) -> None:
    """Make a hundred tables."""
    with cursor_of(address) as cursor:
        for number in range(MANY):
            cursor.execute(f"DROP TABLE IF EXISTS small_{number}")
            cursor.execute(f"CREATE TABLE small_{number} ({_COLUMNS}, PRIMARY KEY (id))")
            _fill(cursor, f"small_{number}", f"'{KEPT}'::timestamptz", _ROWS_OF_MANY)
            _settle(cursor, f"small_{number}")


def _fill(cursor: Any, table: str, at: str, rows: int) -> None:  # noqa: ANN401 (a driver's cursor)
    values = _VALUES.format(at=at)
    cursor.execute(
        f"INSERT INTO {table} SELECT {values} FROM generate_series(1, {rows}) n"  # noqa: S608
    )


def _settle(cursor: Any, table: str) -> None:  # noqa: ANN401
    cursor.execute(f"VACUUM ANALYZE {table}")
    cursor.execute("CHECKPOINT")
