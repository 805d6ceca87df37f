"""References that stand against an erasure are named before it is carried out."""

import pytest
from sqlalchemy.exc import IntegrityError

from datamap.services import check_sources
from tests.datamap.conftest import Source
from tests.datamap.maps import map_of, table

_PEOPLE = """
    primary_key: [id]
    identifies: true
    find: [{key: email, column: email}]
    retention: {anchor: at}
    columns: {id: technical, email: {class: personal, identifier: email}, at: technical}
"""
_NOTES = """
    primary_key: [id]
    find: [WAYS]
    retention: {anchor: at}
    columns:
      id: technical
      person: technical
      email: {class: personal, erase: hash}
      at: technical
"""
_THROUGH = "{through: people, on: {person: id}}"
_BY_EMAIL = "{key: email, column: email}"
_SQL = (
    "DROP TABLE IF EXISTS notes",
    "DROP TABLE IF EXISTS people",
    "CREATE TABLE people (id INT PRIMARY KEY, email VARCHAR(80), at DATE)",
    """CREATE TABLE notes (id INT PRIMARY KEY, person INT, email VARCHAR(80), at DATE,
       FOREIGN KEY (person) REFERENCES people (id) RULE)""",
)
REFERS = "shop.notes: refers to `people` by person, whose rows "


def told(
    source: Source, *, ways: str, action: str = "erasure: delete", rule: str = ""
) -> list[str]:
    """Return what the check says of the references."""
    source.run(*(statement.replace("RULE", rule) for statement in _SQL))
    notes = table("notes", _NOTES.replace("WAYS", ways)).replace("erasure: delete", action)
    found = check_sources(map_of(table("people", _PEOPLE), notes))
    return [str(one) for one in found if "refers to" in str(one)]


def test_rows_found_through_the_table_go_before_it(source: Source) -> None:
    assert told(source, ways=_THROUGH) == []


@pytest.mark.parametrize(
    ("rule", "outcome"), [("", "would refuse that"), ("ON DELETE CASCADE", "would delete these")]
)
def test_rows_that_are_found_otherwise_are_named(source: Source, rule: str, outcome: str) -> None:
    (line,) = told(source, ways=_BY_EMAIL, rule=rule)
    assert line.startswith(f"{REFERS}may be deleted, and is not found through it")
    assert outcome in line


def test_rows_that_are_anonymised_are_named_and_the_database_does_refuse(source: Source) -> None:
    (line,) = told(source, ways=_THROUGH, action="erasure: anonymise")
    assert line.startswith(f"{REFERS}are deleted while these are anonymised")
    source.run(
        "INSERT INTO people VALUES (1, 'a', NULL)", "INSERT INTO notes VALUES (1, 1, '', NULL)"
    )
    if source.backend != "sqlite":  # whose connections decide for themselves whether they look
        with pytest.raises(IntegrityError):
            source.run("DELETE FROM people")


def test_a_reference_that_lets_go_is_no_obstacle(source: Source) -> None:
    assert told(source, ways=_BY_EMAIL, rule="ON DELETE SET NULL") == []
