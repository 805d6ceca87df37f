"""Every type that a source may hold, as JSON."""

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from datamap.connectors import JSONValue, SourceMismatch, connector_for
from datamap.connectors.sql_values import json_value, typed
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import ColumnType
from tests.datamap.conftest import Source
from tests.datamap.maps import shop, table

TALLINN = ZoneInfo("Europe/Tallinn")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (1.5, 1.5),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (Decimal("10.50"), "10.50"),
        ("żółw", "żółw"),
        (date(2026, 1, 31), "2026-01-31"),
        (time(12, 30), "12:30:00"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00+00:00"),
        (datetime(2026, 1, 31, 12), "2026-01-31T12:00:00+02:00"),  # noqa: DTZ001 (local to the map)
        (datetime(2026, 7, 31, 12), "2026-07-31T12:00:00+03:00"),  # noqa: DTZ001
        (b"\x00\xff", {"base64": "AP8="}),
        (memoryview(b"a"), {"base64": "YQ=="}),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ([1, Decimal(2)], [1, "2"]),
        ({"a": {1: Decimal("0.1")}}, {"a": {"1": "0.1"}}),
    ],
)
def test_json_value(value: object, expected: JSONValue) -> None:
    given = json_value(value, TALLINN)
    assert given == expected
    assert json.loads(json.dumps(given, allow_nan=False)) == expected


def test_typed_reads_text_only_where_the_map_says_so() -> None:
    assert typed("2026-01-31 12:00:00", ColumnType.DATETIME) == datetime(2026, 1, 31, 12)  # noqa: DTZ001
    assert typed("2026-01-31", ColumnType.DATE) == date(2026, 1, 31)
    assert typed("2026-01-31", None) == "2026-01-31"
    assert typed("2026-01-31", ColumnType.TEXT) == "2026-01-31"


THINGS = table(
    "things",
    """
    primary_key: [id]
    time_zone: Europe/Warsaw
    find: [{key: ip, column: ip}, {key: badge, column: badge}, {key: customer_number, column: n}]
    retention: {anchor: at}
    columns:
      id: technical
      n: {class: personal, type: integer}
      badge: personal
      ip: personal
      at: {class: personal, type: datetime}
      utc: {class: personal, time_zone: UTC}
      exact: personal
      amount: personal
      tags: personal
      extra: personal
      raw: personal
      code: personal
      friend: {class: third_party, mask: email}
      note: {class: third_party}
      fax: {class: third_party, mask: phone, region_column: land}
      land: secret
""",
)


def test_postgres_types_become_json(postgres: Source) -> None:
    postgres.run(
        """CREATE TABLE things (id uuid PRIMARY KEY, n bigint, badge text, ip inet, at timestamp,
           utc timestamp, exact timestamptz, amount numeric(10,2), tags text[], extra jsonb,
           raw bytea, code int4range, friend text, note text, fax text, land text)""",
        """INSERT INTO things VALUES ('00000000-0000-0000-0000-000000000001', 7, 'b', '192.0.2.1',
           '2026-07-01 12:00', '2026-07-01 12:00', '2026-07-01 12:00+00', 9.90, '{a,b}',
           '{"k": [1]}', '\\x00', '[1,3)', 'Eve@Example.pl', 'her words', '601 234 567', 'pl ')""",
        "INSERT INTO things (id, n, ip) VALUES (gen_random_uuid(), 8, '192.0.2.0/24')",
    )
    resource = shop(THINGS)
    connector, things = connector_for(resource), resource.table("things")
    for keys in (
        SubjectKeys(ips=("192.0.2.1",)),
        SubjectKeys(custom=(("badge", "b"),)),
        SubjectKeys(customer_numbers=("7", "C-7")),
    ):
        with connector.extract(things, keys) as rows:
            (row,) = list(rows)
        assert row.anchor == "2026-07-01T12:00:00+02:00"
        assert row.values == {
            "id": "00000000-0000-0000-0000-000000000001",
            "n": 7,
            "badge": "b",
            "ip": "192.0.2.1",
            "at": "2026-07-01T12:00:00+02:00",
            "utc": "2026-07-01T12:00:00+00:00",
            "exact": row.values["exact"],
            "amount": "9.90",
            "tags": ["a", "b"],
            "extra": {"k": [1]},
            "raw": {"base64": "AA=="},
            "code": "[1, 3)",
            "friend": "E•••@Example.pl",
            "note": "•••",
            "fax": "+48•••67",
        }
        exact = datetime.fromisoformat(str(row.values["exact"]))
        assert exact == datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert connector.count(things, SubjectKeys(customer_numbers=("C-7",))) == 0
    own = SubjectKeys(customer_numbers=("7",), emails=("eve@example.pl",), phones=("+48601234567",))
    with connector.extract(things, own) as rows:
        values = next(rows).values
    assert (values["friend"], values["fax"]) == ("Eve@Example.pl", "601 234 567")


def test_a_value_that_python_cannot_hold_is_told_without_it(postgres: Source) -> None:
    postgres.run("CREATE TABLE old (id int PRIMARY KEY, email text, born date)")
    postgres.run("INSERT INTO old VALUES (1, 'a@b.pl', '0044-03-15 BC')")
    resource = shop(
        table(
            "old",
            """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {anchor: born}
    columns: {id: technical, email: personal, born: personal}
""",
        )
    )
    keys = SubjectKeys(emails=("a@b.pl",))
    with (
        pytest.raises(SourceMismatch) as refused,
        connector_for(resource).extract(resource.table("old"), keys) as rows,
    ):
        list(rows)
    assert refused.value.code == "unreadable"
    assert refused.value.table == "old"


def test_rows_of_a_shared_table_name_their_controller(postgres: Source) -> None:
    postgres.run("CREATE TABLE answers (id int PRIMARY KEY, phone text, tenant int)")
    postgres.run("INSERT INTO answers VALUES (1, '+48601234567', 42), (2, '48601234567', NULL)")
    entrusted = table(
        "answers",
        """
    controller_column: tenant
    primary_key: [id]
    find: [{key: phone, column: phone}]
    retention: {dpa_end: true}
    columns: {id: technical, phone: personal, tenant: secret}
""",
    )
    entrusted = entrusted.replace("category: communications", "category: entrusted")
    resource = shop(entrusted.replace("role: controller", "role: processor"))
    keys = SubjectKeys(phones=("+48601234567",))
    with connector_for(resource).extract(resource.table("answers"), keys) as rows:
        found = [(row.values["id"], row.controller_key, row.anchor) for row in rows]
    assert found == [(1, "42", None), (2, None, None)]
