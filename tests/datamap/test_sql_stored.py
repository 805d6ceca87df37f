"""Every type that MariaDB and SQLite may hold, as JSON."""

from datetime import date

import pytest

from datamap.connectors import JSONValue, connector_for
from datamap.connectors.sql_stored import as_declared
from datamap.domain.erasing import Scope, Treatment
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Erasing
from datamap.services import check_sources
from tests.datamap.conftest import Source
from tests.datamap.maps import map_of, shop, table

THINGS = """
    primary_key: [id]
    find: [{key: badge, column: badge}]
    retention: {anchor: at}
"""
KEYS = SubjectKeys(custom=(("badge", "b"),))


def things(columns: str) -> str:
    return table(
        "things", f"{THINGS}    columns:\n      id: technical\n      badge: personal\n{columns}"
    )


def shown(described: str) -> tuple[dict[str, JSONValue], str | None]:
    resource = shop(described)
    with connector_for(resource).extract(resource.table("things"), KEYS) as rows:
        (row,) = list(rows)
    return row.values, row.anchor


OF_MARIADB = things("""
      at: {class: personal, type: datetime}
      seen: {class: personal, type: datetime}
      never: {class: personal, type: datetime}
      born: {class: personal, type: date}
      yes: {class: personal, type: boolean}
      tiny: personal
      large: personal
      flag: {class: personal, type: boolean}
      bits: personal
      extra: {class: personal, type: json}
      loose: personal
      code: {class: personal, type: uuid}
      packed: {class: personal, type: uuid}
      raw: personal
      amount: {class: personal, type: decimal}
      clock: personal
      year: personal
      choice: personal
      choices: personal
      address: personal
      latin: personal
""")


def test_types_of_mariadb_become_json(mariadb: Source) -> None:
    mariadb.run(
        """CREATE TABLE things (id BIGINT UNSIGNED PRIMARY KEY, badge VARCHAR(9), at DATETIME(3),
           seen TIMESTAMP(6) NULL, never DATETIME, born DATE, yes BOOLEAN, tiny TINYINT,
           large BIGINT UNSIGNED, flag BIT(1), bits BIT(12), extra JSON, loose JSON, code UUID,
           packed BINARY(16), raw BLOB, amount DECIMAL(12, 4), clock TIME, year YEAR,
           choice ENUM('a', 'b'), choices SET('x', 'y'), address INET6,
           latin VARCHAR(9) CHARACTER SET latin1, KEY (badge))""",
    )
    with mariadb.engine.begin() as connection:
        connection.exec_driver_sql("SET time_zone = '+05:00', sql_mode = ''")
        connection.exec_driver_sql(
            """INSERT INTO things VALUES (18446744073709551615, 'b', '2026-07-01 12:00:00.5',
               '2026-07-01 12:00', '0000-00-00 00:00:00', '0000-00-00', TRUE, 7,
               18446744073709551615, b'1', b'100000000001', '{"k": [1, "ż"]}', '[1]',
               '00000000-0000-0000-0000-00000000000A', UNHEX(REPEAT('0A', 16)), x'00ff', 9.9,
               '-100:30:01', 1999, 'b', 'x,y', '2001:DB8::1', 'é')"""
        )
    values, anchor = shown(OF_MARIADB)
    assert anchor == "2026-07-01T12:00:00.5+03:00"
    assert values == {
        "id": 18446744073709551615,
        "badge": "b",
        "at": "2026-07-01T12:00:00.5+03:00",  # local to the map's zone
        "seen": "2026-07-01T07:00:00+00:00",  # an instant, however it was written
        "never": None,
        "born": None,
        "yes": True,
        "tiny": 7,
        "large": 18446744073709551615,
        "flag": True,
        "bits": 2049,
        "extra": {"k": [1, "ż"]},
        "loose": "[1]",  # the map does not say what it is
        "code": "00000000-0000-0000-0000-00000000000a",
        "packed": "0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a",
        "raw": {"base64": "AP8="},
        "amount": "9.9000",
        "clock": "-100:30:01",
        "year": 1999,
        "choice": "b",
        "choices": "x,y",
        "address": "2001:db8::1",
        "latin": "é",
    }
    assert [str(one) for one in check_sources(map_of(OF_MARIADB))] == []


@pytest.mark.parametrize("kind", ["DATE", "DATETIME", "TIMESTAMP"])
def test_a_zero_date_of_mariadb_is_no_date_and_the_row_stays(mariadb: Source, kind: str) -> None:
    mariadb.run(
        "DROP TABLE IF EXISTS things",
        f"CREATE TABLE things (id INT PRIMARY KEY, badge VARCHAR(9), at {kind} NULL)",
    )
    with mariadb.engine.begin() as connection:
        connection.exec_driver_sql("SET sql_mode = ''")
        connection.exec_driver_sql(
            """INSERT INTO things VALUES
               (1, 'b', '0000-00-00'), (2, 'b', '1999-01-31'), (3, 'b', NULL)"""
        )
    resource = shop(things("      at: personal"))
    due = Treatment(Erasing.DELETE, due_before=date(2020, 1, 1))
    for keys in (KEYS, None):
        survey = connector_for(resource).survey(
            resource.table("things"), Scope(keys, {"things": due})
        )
        assert (survey.going.rows, survey.kept) == (1, {None: 2})


OF_SQLITE = things("""
      at: {class: personal, type: datetime}
      seen: {class: personal, type: datetime}
      born: {class: personal, type: date}
      odd: {class: personal, type: date}
      yes: {class: personal, type: boolean}
      no: {class: personal, type: boolean}
      extra: {class: personal, type: json}
      broken: {class: personal, type: json}
      code: {class: personal, type: uuid}
      amount: {class: personal, type: decimal}
      whole: {class: personal, type: decimal}
      raw: personal
      real: personal
""")


def test_texts_of_sqlite_become_what_the_map_says(sqlite: Source) -> None:
    sqlite.run(
        """CREATE TABLE things (id INTEGER PRIMARY KEY, badge TEXT, at TEXT, seen TIMESTAMP,
           born TEXT, odd TEXT, yes BOOLEAN, no INTEGER, extra TEXT, broken TEXT, code TEXT,
           amount NUMERIC, whole TEXT, raw BLOB, real REAL)""",
        "CREATE INDEX things_badge ON things (badge)",
        """INSERT INTO things VALUES (1, 'b', '2026-07-01 12:00:00', '2026-07-01T12:00:00Z',
           '2000-01-31', 'spring', 1, 0, '{"k": null}', '{', 'x', 9.9, '10.50', x'00', 0.5)""",
    )
    values, anchor = shown(OF_SQLITE)
    assert anchor == "2026-07-01T12:00:00+03:00"
    assert values == {
        "id": 1,
        "badge": "b",
        "at": "2026-07-01T12:00:00+03:00",
        "seen": "2026-07-01T12:00:00+00:00",
        "born": "2000-01-31",
        "odd": "spring",
        "yes": True,
        "no": False,
        "extra": {"k": None},
        "broken": "{",
        "code": "x",
        "amount": "9.9",
        "whole": "10.50",
        "raw": {"base64": "AA=="},
        "real": 0.5,
    }
    assert [str(one) for one in check_sources(map_of(OF_SQLITE))] == []
    # A text that is no date is nothing to count from.
    sqlite.run("UPDATE things SET at = 'one day'")
    assert shown(OF_SQLITE)[1] is None


def test_rows_of_postgres_and_values_of_other_types_stay_as_they_are() -> None:
    described = shop(OF_SQLITE).table("things")
    row = {"yes": 2, "extra": b"", "code": b"1", "amount": None, "born": "x"}
    assert as_declared(described, "sqlite")(row) == row
    whole = {"yes": 1}
    assert as_declared(described, "postgresql")(whole) is whole
