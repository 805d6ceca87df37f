"""Lines that PostgreSQL writes are those that Python would write, for values of every type."""

import json
from datetime import datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datamap.connectors import SourceUnavailable, connector_for
from datamap.connectors.lines import write_lines
from datamap.connectors.sql import SqlReader
from datamap.connectors.sql_engine import reading
from datamap.connectors.sql_extracting import ANCHOR
from datamap.connectors.sql_line_columns import line_columns
from datamap.connectors.sql_lines import lines_by_copy
from datamap.domain.keys import SubjectKeys
from datamap.domain.lines import BLOCK_BYTES, MOST_ROWS, Anchors, LineReader, Lines
from datamap.domain.schema import Resource
from tests.datamap.conftest import Source
from tests.datamap.maps import CALLS, CONTRACTS, CUSTOMERS, SHOP_SQL, shop, table

ANNA = SubjectKeys(emails=("anna@example.pl",), phones=("+48601234567",))
KINDS = table(
    "kinds",
    """
    primary_key: [id]
    time_zone: Europe/Warsaw
    find: [{key: email, column: email}]
    retention: {anchor: local}
    columns:
      local: {class: personal, type: datetime}
      id: technical
      email: personal
      utc: {class: personal, time_zone: UTC}
      far: {class: personal, time_zone: America/St_Johns}
      exact: {class: personal, type: datetime}
      day: {class: personal, type: date}
      hour: personal
      text: personal
      padded: personal
      secret: secret
      small: personal
      large: personal
      amount: personal
      measure: personal
      short: personal
      yes: personal
      code: personal
      address: personal
      net: personal
      mood: personal
      document: personal
      free: personal
      raw: personal
      tags: personal
      counts: personal
      sums: personal
      hidden: {class: third_party}
      number: {class: third_party, mask: phone}
      home: {class: third_party, mask: phone, region: PL}
      fax: {class: third_party, mask: phone, region_column: land}
      land: technical
      friend: {class: third_party, mask: email}
      name: {class: third_party, mask: name}
""",
)
KINDS_SQL = (
    "CREATE TYPE mood AS ENUM ('good', 'b\"a\\d')",
    "CREATE DOMAIN worded AS text",
    """CREATE TABLE kinds (local timestamp, id int PRIMARY KEY, email text, utc timestamp,
       far timestamp(0), exact timestamptz, day date, hour time, text worded, padded char(6),
       secret text, small smallint, large bigint, amount numeric, measure double precision,
       short real, yes boolean, code uuid, address inet, net cidr, mood mood, document jsonb,
       free json, raw bytea, tags text[], counts int[], sums numeric(12,2)[], hidden text,
       number text, home varchar(60), fax text, land text, friend text, name text)""",
)
OWN_TEXTS = [
    "\x1f",
    '",\x1f,"',
    "\\",
    '"',
    '\\"',
    "null",
    "\n",
    "a\nb\r\tc",
    "\x01\b",
    "•",
    "\x7f\u2028",
]
texts = st.sampled_from(OWN_TEXTS) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2036, 1, 1)) | st.sampled_from(  # noqa: DTZ001
    [
        datetime(2026, 10, 25, 2, 30),  # noqa: DTZ001 (told twice by clocks in Warsaw)
        datetime(2026, 3, 29, 2, 30),  # noqa: DTZ001 (told by none)
        datetime(2026, 7, 1, 12, 0, 0, 500000),  # noqa: DTZ001
    ]
)
numbers = st.floats(allow_nan=True, allow_infinity=True)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
phones = st.sampled_from(
    ["+48601234567", "601 234 567", "+37251234567", "+1 202 555 0100", "+0048601", "112",
     "+99912345", "0048 22 123 45 67", "none", "", "+48\n601234567"]
) | st.from_regex(r"\+[1-9][0-9]{4,12}", fullmatch=True)  # fmt: skip


def documents(values: st.SearchStrategy[object], **how: Any) -> st.SearchStrategy[str]:
    return values.map(lambda value: json.dumps(value, **how)).filter(
        lambda text: "\\u0000" not in text
    )


rows = st.fixed_dictionaries(
    {
        name: st.none() | values
        for name, values in {
            "local": moments, "utc": moments, "far": moments, "exact": moments,
            "day": st.dates(), "hour": st.times() | st.just(time(12, 30, 0, 120000)),
            "text": texts, "padded": st.sampled_from(["", "a", "ab\n"]), "secret": texts,
            "small": st.integers(-(2**15), 2**15 - 1), "large": st.integers(-(2**63), 2**63 - 1),
            "amount": st.decimals(-(10**9), 10**9, places=3) | st.sampled_from(["NaN", "1e-7"]),
            "measure": numbers, "short": st.sampled_from([0.1, 1e20, 1e-7, "NaN", "-Infinity"]),
            "yes": st.booleans(), "code": st.uuids().map(str),
            "address": st.ip_addresses().map(str), "net": st.just("192.0.2.0/24"),
            "mood": st.sampled_from(["good", 'b"a\\d']), "document": documents(json_values),
            "free": documents(json_values, indent=1, ensure_ascii=False),
            "raw": st.binary(max_size=80), "tags": st.lists(st.none() | texts, max_size=3),
            "counts": st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=3),
            "sums": st.lists(st.decimals(0, 99, places=2), min_size=1, max_size=3),
            "hidden": texts, "number": phones | texts, "home": phones, "fax": phones,
            "land": st.sampled_from(["PL", " ee", "", "XX"]),
            "friend": texts | st.sampled_from(["Anna@Example.PL", "eve@x.pl", " a@b@c.ee ", "a@"]),
            "name": texts | st.just("Eve  van\u00a0Dyk"),
        }.items()
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def kinds(postgres: Source) -> Source:
    postgres.run(*KINDS_SQL)
    return postgres


def both_ways(
    resource: Resource, name: str, keys: SubjectKeys
) -> tuple[list[list[object]], list[list[object]], Anchors, Anchors]:
    """Return the lines as the source writes them and as Python does, and their anchors."""
    by_source: list[Lines] = []
    by_python: list[Lines] = []
    with reading(resource) as connection:
        reader = SqlReader(resource, connection)
        query = reader.query(resource.table(name), keys)
        assert query is not None
        columns = line_columns(
            resource, resource.table(name), keys, connection, query=query, anchor=ANCHOR
        )
        assert columns is not None, "Python would write these lines."
        lines_by_copy(connection, query, columns, by_source.append)
        with reader.extract(resource.table(name), keys) as extracted:
            write_lines(extracted, resource.table(name), by_python.append)
    assert [one.rows for one in by_source] == [one.rows for one in by_python]
    return (
        [json.loads(line) for one in by_source for line in one.payload.split(b"\n")[:-1]],
        [json.loads(line) for one in by_python for line in one.payload.split(b"\n")[:-1]],
        by_source[0].anchors if by_source else Anchors(),
        by_python[0].anchors if by_python else Anchors(),
    )


@settings(max_examples=150, deadline=None)
@given(drawn=st.lists(rows, min_size=1, max_size=4))
def test_values_of_every_type_are_written_alike(
    kinds: Source, drawn: list[dict[str, object]]
) -> None:
    kinds.fill(
        "kinds",
        [{**row, "id": place, "email": "anna@example.pl"} for place, row in enumerate(drawn)],
    )
    source, python, source_anchors, python_anchors = both_ways(shop(KINDS), "kinds", ANNA)
    assert source == python
    assert source_anchors == python_anchors


@pytest.fixture(scope="module")
def stocked(postgres: Source) -> Source:
    postgres.run(
        *SHOP_SQL,
        "INSERT INTO customers VALUES (1, 'C-1', 'Anna@Example.PL', '601234567', 'PL', 'x')",
        """INSERT INTO contracts VALUES (1, 1, '2024-05-31'), (2, 1, NULL), (3, 1, 'infinity'),
           (4, 1, '2023-01-01')""",
        """INSERT INTO calls SELECT 1, g, 1 + mod(g, 4), '+3725123456' || mod(g, 10)
           FROM generate_series(1, 20000) g""",
    )
    return postgres


@pytest.mark.parametrize("name", ["customers", "contracts", "calls"])
def test_anchors_of_joined_tables_and_blocks(stocked: Source, name: str) -> None:
    resource = shop(CUSTOMERS, CONTRACTS, CALLS)
    blocks: list[Lines] = []
    connector_for(resource).lines(resource.table(name), ANNA, blocks.append)
    reader = LineReader(resource.table(name))
    with connector_for(resource).extract(resource.table(name), ANNA) as rows:
        expected = [(row.values, row.anchor) for row in rows]
    if name == "contracts":  # psycopg2 takes it for a day; the source's own word is kept
        expected[2] = ({"id": 3, "customer_id": 1, "ended_on": "infinity"}, "infinity")
    elif name == "calls":
        expected = [(v, "infinity" if a == "9999-12-31" else a) for v, a in expected]
    lines = [line for one in blocks for line in one.payload.splitlines()]
    assert list(reader.read(lines)) == expected
    assert sum(one.rows for one in blocks) == len(expected)
    assert all(one.rows <= MOST_ROWS and one.rows for one in blocks)
    assert all(len(one.payload) < BLOCK_BYTES * 2 for one in blocks)
    assert len(blocks) == (6 if name == "calls" else 1)
    span = Anchors("2023-01-01", "2024-05-31", some_without=True)
    assert {one.anchors for one in blocks} == {
        Anchors(some_without=True) if name == "customers" else span
    }


def test_a_person_who_cannot_be_here_has_no_lines(stocked: Source) -> None:
    resource = shop(CUSTOMERS, CONTRACTS, CALLS)
    blocks: list[Lines] = []
    connector_for(resource).lines(
        resource.table("customers"), SubjectKeys(ips=("::1",)), blocks.append
    )
    connector_for(resource).lines(
        resource.table("customers"), SubjectKeys(emails=("no@body.ee",)), blocks.append
    )
    assert blocks == []


@pytest.mark.parametrize("raised", [ValueError("ours"), KeyError("ours"), KeyboardInterrupt()])
def test_what_the_sink_raises_passes_through(stocked: Source, raised: BaseException) -> None:
    resource = shop(CUSTOMERS, CONTRACTS, CALLS)

    def refuse(_block: Lines) -> None:
        raise raised

    with pytest.raises(type(raised)) as caught:
        connector_for(resource).lines(resource.table("calls"), ANNA, refuse)
    assert caught.value is raised


def test_a_source_that_is_lost_in_the_middle_says_so(stocked: Source) -> None:
    resource = shop(CUSTOMERS, CONTRACTS, CALLS)
    # More than the network holds, so that the source is still at it when it is cut off.
    stocked.run(
        """INSERT INTO calls SELECT 2, g, 1, repeat('x', 50) FROM generate_series(1, 300000) g"""
    )

    def cut_off(_block: Lines) -> None:
        stocked.run(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE query LIKE 'COPY %%' AND datname = current_database()"""
        )

    with pytest.raises(SourceUnavailable) as told:
        connector_for(resource).lines(resource.table("calls"), ANNA, cut_off)
    assert told.value.code == "unavailable"
    assert told.value.table == "calls"


@pytest.mark.parametrize(
    ("kind", "value", "column", "shown"),
    [
        ("interval", "1 day 2 hours", "personal", "1 day, 2:00:00"),
        ("int4range", "[1,3)", "personal", "[1, 3)"),
        (
            "text",
            "2026-07-01 12:00",
            "{class: personal, type: datetime}",
            "2026-07-01T12:00:00+03:00",
        ),
        ("jsonb", '"eve"', "{class: third_party, mask: name}", "E."),
        ("uuid[]", "{}", "personal", []),
    ],
)
def test_what_only_python_shows_is_written_by_python(
    postgres: Source, kind: str, value: str, column: str, shown: object
) -> None:
    postgres.run(
        "DROP TABLE IF EXISTS odd",
        f"CREATE TABLE odd (id int PRIMARY KEY, email text, it {kind})",
        f"INSERT INTO odd VALUES (1, 'anna@example.pl', '{value}')",  # noqa: S608 (a test's own)
    )
    odd = f"""
    primary_key: [id]
    find: [{{key: email, column: email}}]
    retention: {{none: {{en: a, pl: b, et: c, lv: d}}}}
    columns: {{id: technical, email: personal, it: {column}}}
"""
    resource = shop(table("odd", odd))
    blocks: list[Lines] = []
    connector_for(resource).lines(resource.table("odd"), ANNA, blocks.append)
    assert [json.loads(one.payload) for one in blocks] == [[1, "anna@example.pl", shown]]


def test_a_date_that_python_cannot_hold_is_given_in_the_words_of_the_source(
    kinds: Source,
) -> None:
    kinds.run(
        "DELETE FROM kinds",
        """INSERT INTO kinds (id, email, local, exact, day) VALUES
           (1, 'anna@example.pl', '0044-03-15 12:00 BC', '12345-01-01', '0044-03-15 BC'),
           (2, 'anna@example.pl', 'infinity', '-infinity', '12345-01-01'),
           (3, 'anna@example.pl', '2026-01-01', '0044-03-15 BC', NULL)""",
    )
    blocks: list[Lines] = []
    resource = shop(KINDS)
    connector_for(resource).lines(resource.table("kinds"), ANNA, blocks.append)
    read = LineReader(resource.table("kinds")).read(blocks[0].payload.splitlines())
    assert [(anchor, values["exact"], values["day"]) for values, anchor in read] == [
        ("0044-03-15 12:00:00 BC", "12345-01-01T00:00:00+00:00", "0044-03-15 BC"),
        ("infinity", "-infinity", "12345-01-01"),
        ("2026-01-01T00:00:00+01:00", "0044-03-15 00:00:00+00 BC", None),
    ]
    day = "2026-01-01T00:00:00+01:00"
    assert blocks[0].anchors == Anchors(day, day, some_without=True)


def test_rows_are_counted_by_controller(postgres: Source) -> None:
    postgres.run(
        "CREATE TABLE answers (id int PRIMARY KEY, phone text, tenant int)",
        """INSERT INTO answers SELECT g, '+48601234567', nullif(mod(g, 3), 0)
           FROM generate_series(1, 10) g""",
    )
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
    connector, answers = connector_for(resource), resource.table("answers")
    assert connector.count_by_controller(answers, ANNA) == {"1": 4, "2": 3, None: 3}
    assert connector.count_by_controller(answers, SubjectKeys(ips=("::1",))) == {}


def test_every_source_gives_blocks_of_the_rows_it_extracts(source: Source) -> None:
    source.run(*SHOP_SQL)
    source.fill("customers", [{"id": 1, "email": "anna@example.pl"}])
    ends = [
        {"id": place, "customer_id": 1, "ended_on": f"20{place:02}-05-31"} for place in range(9)
    ]
    source.fill("contracts", [*ends, {"id": 9, "customer_id": 1, "ended_on": None}])
    calls = [{"day": 1, "id": place, "contract_id": place % 10} for place in range(MOST_ROWS + 9)]
    source.fill("calls", [{**call, "callee": f"+3725{call['id']:07}"} for call in calls])
    resource = shop(CUSTOMERS, CONTRACTS, CALLS)
    blocks: list[Lines] = []
    connector_for(resource).lines(resource.table("calls"), ANNA, blocks.append)
    assert len(blocks) > 1
    assert all(block.rows <= MOST_ROWS for block in blocks)
    assert {block.anchors for block in blocks} == {Anchors("2000-05-31", "2008-05-31", True)}
    lines = [line for block in blocks for line in block.payload.splitlines()]
    with connector_for(resource).extract(resource.table("calls"), ANNA) as rows:
        expected = [(row.values, row.anchor) for row in rows]
    assert list(LineReader(resource.table("calls")).read(lines)) == expected
