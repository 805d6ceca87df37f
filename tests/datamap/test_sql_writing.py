"""Keys and fields of every type, tables of other schemas, and maps that do not fit."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from datamap.connectors import SourceMismatch, connector_for
from datamap.connectors.base import FieldChange, JSONValue
from datamap.connectors.sql_days import ColumnTypes, anchor_days
from datamap.connectors.sql_engine import reading
from datamap.domain.correcting import NotCorrectable
from datamap.domain.erasing import KeyRange, Permit, Scope, Treatment
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource
from datamap.domain.vocabulary import Erasing
from tests.datamap.conftest import Source
from tests.datamap.maps import TEXT, shop, table

ANNA = SubjectKeys(emails=("anna@example.pl",))
SCOPE = Scope(ANNA, {"odd.things": Treatment(Erasing.DELETE)})
FIRST, SECOND = "0b0e7a4e-0000-4000-8000-000000000001", "0b0e7a4e-0000-4000-8000-000000000002"
RESOURCE = shop(
    table(
        "odd.things",
        """
    primary_key: [Id, at, word]
    find: [{key: email, column: email}]
    retention: {anchor: at}
    columns:
      Id: technical
      at: technical
      word: technical
      email: personal
      facts: personal
      more: personal
      photo: personal
      score: personal
      price: personal
      height: personal
      wakes: personal
      code: personal
      tags: personal
      good: personal
""",
    )
)
THINGS = RESOURCE.table("odd.things")
OTHER_MAP = shop(
    table(
        "notes",
        """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {anchor: read_on}
    columns: {id: technical, email: personal, read_on: personal}
""",
    )
)


@pytest.fixture
def things(postgres: Source) -> Source:
    postgres.run(
        "DROP SCHEMA IF EXISTS odd CASCADE",
        "CREATE SCHEMA odd",
        """CREATE TABLE odd.things ("Id" uuid, at timestamptz, word varchar(9), email text,
           facts json, more jsonb, photo bytea, score integer, price numeric(9, 2),
           height double precision, wakes time, code uuid, tags text[], good boolean,
           PRIMARY KEY ("Id", at, word))""",
        f"""INSERT INTO odd.things
            SELECT i::uuid, t::timestamptz, w, 'anna@example.pl', '{{"a": [1]}}', '{{"b": null}}',
                   '\\x00ff', 5, 9.50, 1.75, '07:30', '{FIRST}'::uuid, '{{x,y}}', true
            FROM (VALUES ('{FIRST}', '2024-01-31 12:00+02', 'a'),
                         ('{FIRST}', '2024-01-31 12:00+02', 'b'),
                         ('{SECOND}', '2023-01-31 12:00+02', 'a')) AS v (i, t, w)""",  # noqa: S608
    )
    return postgres


def test_keys_of_any_type_are_counted_and_divided(things: Source) -> None:
    connector = connector_for(RESOURCE)
    planned = connector.survey(THINGS, SCOPE).going
    assert planned.rows == 3
    steps = list(connector.steps(THINGS, SCOPE, size=1))
    assert [one.up_to and one.up_to[2] for one in steps] == ["a", "b", None]
    total = planned - planned
    for step in steps:
        # A step may have been written down, and read again as text.
        again = KeyRange(*(bound and tuple(map(str, bound)) for bound in (step.after, step.up_to)))
        with connector.writing(Permit("shop", SCOPE)) as writer:
            done = writer.erase(THINGS, again)
        assert done.rows == 1
        total += done
    assert total == planned


@pytest.mark.parametrize(
    ("column", "old", "new", "written"),
    [
        ("facts", {"a": [1]}, {"c": "ä"}, {"c": "ä"}),
        ("facts", {"a": [1]}, None, None),
        ("more", {"b": None}, [1, None], [1, None]),
        ("photo", {"base64": "AP8="}, {"base64": "AQ=="}, b"\x01"),
        ("score", 5, "6", 6),
        ("price", "9.50", "10.05", Decimal("10.05")),
        ("height", 1.75, 1.8, 1.8),
        ("wakes", "07:30:00", "08:00:00", datetime(2024, 1, 1, 8, tzinfo=UTC).time()),
        ("code", FIRST, SECOND, SECOND),
        ("tags", ["x", "y"], ["z"], ["z"]),
        ("good", True, False, False),
    ],
)
def test_a_field_of_any_type_is_corrected(
    things: Source, column: str, old: JSONValue, new: JSONValue, written: Any
) -> None:
    row: dict[str, JSONValue] = {"Id": FIRST, "at": "2024-01-31T10:00:00+00:00", "word": "a"}
    with connector_for(RESOURCE).writing(Permit("shop", SCOPE)) as writer:
        assert writer.rectify(THINGS, FieldChange(row, column, old, new))
        assert not writer.rectify(THINGS, FieldChange(row, column, old, old))
    query = sa.text(f"SELECT word, {column} FROM odd.things ORDER BY at DESC, word")  # noqa: S608
    with things.engine.connect() as connection:
        found = [(word, value) for word, value in connection.execute(query)]
    value = found[0][1]
    given = bytes(value) if isinstance(value, memoryview) else value
    assert (str(given) if column == "code" else given) == written
    assert found[1][1] == found[2][1] != value


@pytest.mark.parametrize(
    ("column", "new"),
    [
        ("good", "yes"),
        ("score", "many"),
        ("price", "dear"),
        ("photo", "AQ=="),
        ("photo", {"base64": "!"}),
        ("code", "x"),
        ("wakes", "early"),
    ],
)
def test_a_value_of_another_type_is_told(things: Source, column: str, new: JSONValue) -> None:
    row: dict[str, JSONValue] = {"Id": FIRST, "at": "2024-01-31T10:00:00+00:00", "word": "a"}
    with (
        connector_for(RESOURCE).writing(Permit("shop", SCOPE)) as writer,
        pytest.raises(NotCorrectable) as refused,
    ):
        writer.rectify(THINGS, FieldChange(row, column, None, new))
    assert (refused.value.reason, refused.value.column) == ("value", column)


def test_a_column_of_the_anchor_that_is_not_there_is_a_mismatch(source: Source) -> None:
    source.run(
        "DROP TABLE IF EXISTS notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, email TEXT)"
    )
    scope = Scope(ANNA, {})
    with pytest.raises(SourceMismatch) as refused:
        connector_for(OTHER_MAP).survey(OTHER_MAP.table("notes"), scope)
    assert refused.value.table == "notes"


def test_an_instant_in_a_file_that_cannot_be_read_is_compared_as_it_is(
    source: Source,
) -> None:
    if source.backend != "sqlite":
        return
    own = """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {anchor: at}
    columns: {id: technical, email: personal, at: {class: personal, type: datetime}}
"""
    resource = shop(table("clocks", own))
    source.run(
        "CREATE TABLE clocks (id INTEGER PRIMARY KEY, email TEXT, at TEXT)",
        "INSERT INTO clocks VALUES (1, 'anna@example.pl', 'noon')",
    )
    change = FieldChange({"id": 1}, "at", None, "2024-01-31T12:00:00+02:00")
    with connector_for(resource).writing(Permit("shop", Scope(ANNA, {}))) as writer:
        assert not writer.rectify(resource.table("clocks"), change)


def test_a_map_that_was_not_checked_is_refused(postgres: Source) -> None:
    own = """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {none: %s}
    columns: {id: technical, email: personal}
"""
    child = """
    primary_key: [id]
    find: [{through: people, on: {person: id}}]
    retention: {anchor: {through: people, on: {person: id}, column: email}}
    columns: {id: technical, person: technical}
"""
    resource = shop(table("people", own % TEXT), table("orders", child))
    orders = resource.table("orders")
    assert orders.retention.anchor is not None
    bare = orders.retention.anchor.model_copy(update={"column": None})
    broken = orders.model_copy(
        update={"retention": orders.retention.model_copy(update={"anchor": bare})}
    )
    unchecked = _with(resource, broken)
    with reading(resource) as connection:
        types = ColumnTypes(connection)
        with pytest.raises(LookupError, match="people has no anchor of its own"):
            anchor_days(unchecked, broken, types)
        with pytest.raises(LookupError, match="people has no anchor"):
            anchor_days(resource, resource.table("people"), types)


def _with(resource: Resource, *tables: Any) -> Resource:
    names = {one.name for one in tables}
    others = tuple(one for one in resource.tables if one.name not in names)
    return resource.model_copy(update={"tables": (*others, *tables)})


def test_a_row_from_which_somebody_else_counts_stays(source: Source) -> None:
    deals = """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {anchor: ended_on}
    columns: {id: technical, email: personal, ended_on: {class: personal, type: date}}
"""
    guests = """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {anchor: {through: deals, on: {deal: id}}}
    columns: {id: technical, email: personal, deal: technical}
"""
    resource = shop(table("deals", deals), table("guests", guests))
    source.run(
        "CREATE TABLE deals (id INTEGER PRIMARY KEY, email VARCHAR(80), ended_on DATE)",
        "CREATE TABLE guests (id INTEGER PRIMARY KEY, email VARCHAR(80), deal INTEGER)",
        "INSERT INTO deals VALUES (1, 'anna@example.pl', NULL), (2, 'anna@example.pl', NULL)",
        "INSERT INTO guests VALUES (1, 'anna@example.pl', 1), (2, NULL, 2)",
    )
    scope = Scope(ANNA, dict.fromkeys(("guests", "deals"), Treatment(Erasing.DELETE)))
    survey = connector_for(resource).survey(resource.table("deals"), scope)
    assert (survey.going.rows, survey.needed.rows) == (1, 1)
    with connector_for(resource).writing(Permit("shop", scope)) as writer:
        assert writer.erase(resource.table("guests")).rows == 1
        assert writer.erase(resource.table("deals")) == survey.going
    with source.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT id FROM deals")).scalars().all() == [2]
