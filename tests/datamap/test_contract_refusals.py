"""What a source refuses is told in words, changes nothing and names no value."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from django.test import override_settings

from datamap.connectors import (
    SourceError,
    SourceMismatch,
    SourceRefused,
    SourceTimeout,
    SourceUnavailable,
    sql_transactions,
)
from datamap.connectors.base import FieldChange
from tests.datamap.conftest import Source
from tests.datamap.contract import ANNA, ANONYMISE, DELETE, Ledger

FUNCTION = "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
ON = "CREATE TRIGGER no BEFORE DELETE ON notes "
NO = {
    "postgresql": (
        FUNCTION + "$$ BEGIN RAISE EXCEPTION 'anna@example.pl stays'; END $$",
        ON + "FOR EACH ROW EXECUTE FUNCTION no()",
    ),
    "mariadb": (
        ON + "FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'anna@example.pl stays'",
    ),
    "sqlite": (ON + "BEGIN SELECT RAISE(ABORT, 'anna@example.pl stays'); END",),
}
PASSED_OVER = {
    "postgresql": (
        FUNCTION + "$$ BEGIN RETURN NULL; END $$",
        ON + "FOR EACH ROW EXECUTE FUNCTION no()",
    ),
    "sqlite": (ON + "BEGIN SELECT RAISE(IGNORE); END",),
}
TAKEN_OFF = {
    "postgresql": ("DROP TRIGGER no ON notes", "DROP FUNCTION no"),
    "mariadb": ("DROP TRIGGER no",),
    "sqlite": ("DROP TRIGGER no",),
}


def told(ledger: Ledger, call: Callable[[], object]) -> SourceError:
    """Return the error of a call that changes nothing and tells no value."""
    before = ledger.everything()
    with pytest.raises(SourceError) as refused:
        call()
    assert ledger.everything() == before
    error = refused.value
    assert error.__suppress_context__ or error.__context__ is None
    for private in ("anna", "Anna", "601", "DELETE", "UPDATE"):
        assert private not in str(error)
    return error


@contextmanager
def trigger(ledger: Ledger, statements: dict[str, tuple[str, ...]]) -> Iterator[None]:
    backend = ledger.source.backend
    ledger.source.run(*statements[backend])
    try:
        yield
    finally:
        ledger.source.run(*TAKEN_OFF[backend])


def test_a_trigger_that_refuses(ledger: Ledger) -> None:
    with trigger(ledger, NO):
        error = told(ledger, lambda: ledger.erase(ledger.scope(notes=DELETE)))
    assert (type(error), error.code, error.table) == (SourceRefused, "constraint", "notes")
    assert str(error).startswith("Shop refuses the change of notes: a rule of the database (a trig")


def test_a_trigger_that_passes_rows_over(ledger: Ledger) -> None:
    if ledger.source.backend not in PASSED_OVER:
        return  # MariaDB's triggers can only refuse
    with trigger(ledger, PASSED_OVER):
        error = told(ledger, lambda: ledger.erase(ledger.scope(notes=DELETE)))
    assert (type(error), error.code, error.table) == (SourceRefused, "constraint", "notes")


def test_a_reference_from_a_table_the_map_does_not_join(ledger: Ledger) -> None:
    ledger.source.run(
        "CREATE TABLE stars (note VARCHAR(9), FOREIGN KEY (note) REFERENCES notes (id))",
        "INSERT INTO stars VALUES ('a')",
    )
    try:
        error = told(ledger, lambda: ledger.erase(ledger.scope(notes=DELETE)))
    finally:
        ledger.source.run("DROP TABLE stars")
    assert (type(error), error.code, error.table) == (SourceRefused, "constraint", "notes")


def test_a_required_column(ledger: Ledger) -> None:
    change = FieldChange({"id": 1}, "restricted", old=False, new=None)

    def correct() -> None:
        with ledger.writing(ledger.scope()) as writer:
            writer.rectify(ledger.resource.table("customers"), change)

    error = told(ledger, correct)
    assert (type(error), error.code, error.table) == (SourceRefused, "constraint", "customers")


def test_a_unique_column(ledger: Ledger) -> None:
    ledger.source.run("CREATE UNIQUE INDEX topics ON notes (topic)")
    try:
        # Two notes would get the same text.
        error = told(ledger, lambda: ledger.erase(ledger.scope(None, notes=ANONYMISE)))
    finally:
        off = "DROP INDEX topics ON notes" if ledger.source.backend == "mariadb" else None
        ledger.source.run(off or "DROP INDEX topics")
    assert (type(error), error.code, error.table) == (SourceRefused, "constraint", "notes")


def test_a_failure_takes_back_what_was_done_before_it(ledger: Ledger) -> None:
    scope = ledger.scope(recordings=DELETE, calls=DELETE, notes=DELETE)
    with trigger(ledger, NO):
        told(ledger, lambda: ledger.erase(scope, "recordings", "calls", "notes"))
    assert ledger.erase(scope)["calls"].rows == 4


def test_a_table_that_is_not_there(ledger: Ledger) -> None:
    ledger.source.run("ALTER TABLE notes RENAME TO notes_elsewhere")
    try:
        with pytest.raises(SourceMismatch) as refused:
            ledger.erase(ledger.scope(notes=DELETE))
        with pytest.raises(SourceMismatch):
            ledger.survey("notes", ledger.scope(notes=DELETE))
    finally:
        ledger.source.run("ALTER TABLE notes_elsewhere RENAME TO notes")
    assert refused.value.table == "notes"


def test_a_row_that_somebody_holds(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_transactions, "LOCK_TIMEOUT", 1)
    if ledger.source.backend == "sqlite":
        return  # it waits as long as its connection does, see test_sql_errors
    scope = ledger.scope(notes=DELETE)
    with ledger.source.engine.begin() as held:
        held.execute(sa.text("UPDATE notes SET pages = 4 WHERE id = 'a'"))
        with pytest.raises(SourceTimeout) as refused:
            ledger.erase(scope)
    assert (refused.value.code, refused.value.table) == ("timeout", "notes")
    assert ledger.erase(scope)["notes"].rows == 2


def test_a_row_that_changes_while_it_is_erased(ledger: Ledger) -> None:
    if ledger.source.backend != "postgresql":
        return  # there the row is locked, or nobody else writes
    scope = ledger.scope(notes=DELETE)
    table = ledger.resource.table("notes")

    def erase_late() -> None:
        with ledger.writing(scope) as writer:
            writer.survey(table, scope)  # the transaction sees this instant from now on
            ledger.source.run("UPDATE notes SET pages = 4 WHERE id = 'a'")
            writer.erase(table)

    with pytest.raises(SourceUnavailable) as refused:
        erase_late()
    assert (refused.value.code, refused.value.table) == ("changed", "notes")
    assert ledger.erase(scope)["notes"].rows == 2


def test_a_connection_that_breaks(ledger: Ledger) -> None:
    if ledger.source.backend == "sqlite":
        return  # a file has no connection to break
    pid = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT connection_id()"}
    end = {"postgresql": "SELECT pg_terminate_backend({})", "mariadb": "KILL {}"}
    backend = ledger.source.backend
    scope = ledger.scope(recordings=DELETE, calls=DELETE)

    def lose() -> None:
        with ledger.writing(scope) as writer:
            writer.erase(ledger.resource.table("recordings"))
            number = writer._connection.execute(sa.text(pid[backend])).scalar_one()  # type: ignore[attr-defined] # noqa: SLF001
            ledger.source.run(end[backend].format(number))
            writer.erase(ledger.resource.table("calls"))

    assert isinstance(told(ledger, lose), SourceUnavailable)


def test_a_user_who_may_only_read(ledger: Ledger) -> None:
    if ledger.source.backend != "postgresql":
        return  # the codes of the others are in test_sql_errors
    ledger.source.run(
        "CREATE ROLE only_reads LOGIN PASSWORD 'x'",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_reads",
    )
    url = sa.make_url(ledger.source.url).set(
        drivername="postgres", username="only_reads", password="x"
    )
    address = url.render_as_string(hide_password=False)
    try:
        with override_settings(SOURCE_URLS={"SOURCE_TEST_URL": address}):
            error = told(ledger, lambda: ledger.erase(ledger.scope(notes=DELETE)))
    finally:
        ledger.source.run("DROP OWNED BY only_reads", "DROP ROLE only_reads")
    assert (type(error), error.code, error.table) == (SourceRefused, "refused", "notes")


def test_one_writer_at_a_time_in_a_file(
    ledger: Ledger, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if ledger.source.backend != "sqlite":
        return
    done = []

    def erase() -> None:
        done.append(ledger.erase(ledger.scope(notes=DELETE))["notes"].rows)

    other = threading.Thread(target=erase)
    with ledger.writing(ledger.scope(recordings=DELETE)) as writer:
        other.start()
        writer.erase(ledger.resource.table("recordings"))
        assert done == []
    other.join()
    assert done == [2]


def test_a_reader_of_a_file_still_cannot_write(source: Source, ledger: Ledger) -> None:
    with ledger.connector.snapshot() as reader:
        connection: sa.Connection = reader._connection  # type: ignore[attr-defined] # noqa: SLF001
        with pytest.raises(sa.exc.DBAPIError):
            connection.execute(sa.text("DELETE FROM notes"))
    assert ledger.connector.count(ledger.resource.table("notes"), ANNA) == 2
