"""Backups: whole or not there, sealed, and none that cannot be put back."""

import os
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from audit.domain.actor import Actor
from audit.models import Event
from ledger.services import restoring
from ledger.services.backups import BackupRefused, made_at, make_backup, make_daily_backup
from ledger.services.programs import ProgramMissing, program
from ledger.services.restoring import NotEmpty, RestoreRefused, restore_backup
from ledger.tasks import back_up
from lib.sealed_stream import SealedWriter

AT = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
BY = Actor.system("test")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.BACKUP_DIR = str(tmp_path / "backups")
    return tmp_path / "backups"


def tables() -> int:
    return len(connection.introspection.table_names())


def test_backup_is_sealed_and_for_its_owner_alone(folder: Path) -> None:
    made = make_backup(by=BY, at=AT)

    assert made == folder / "privacy-20260305T080000Z.backup"
    assert b"PGDMP" not in made.read_bytes()
    assert made.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir() if path != made] == [".lock"]
    assert Event.objects.get(verb="backup.made").object_id == "20260305T080000Z"


def test_backup_goes_where_it_is_told_to(tmp_path: Path, folder: Path) -> None:
    assert make_backup(to=tmp_path, by=BY, at=AT) == tmp_path / "privacy-20260305T080000Z.backup"
    assert make_backup(to=tmp_path / "x", by=BY, at=AT) == tmp_path / "x"
    with pytest.raises(BackupRefused):
        make_backup(to=tmp_path / "x", by=BY, at=AT)
    assert not folder.exists()


def test_backup_that_fails_leaves_nothing(folder: Path, settings: Settings, tmp_path: Path) -> None:
    failing = tmp_path / "pg_dump"
    failing.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.1" && exit\n'
        "echo PGDMP-half; echo no room >&2; exit 1\n"
    )
    failing.chmod(0o700)
    settings.PG_PROGRAMS = str(tmp_path)

    with pytest.raises(BackupRefused, match="no room"):
        make_backup(by=BY, at=AT)
    assert made_at(folder) == []
    assert [path.name for path in folder.iterdir()] == [".lock"]


@pytest.mark.parametrize("version", ["", "12.1"])
def test_program_that_is_missing_or_old_is_named(
    settings: Settings, tmp_path: Path, version: str
) -> None:
    if version:
        (tmp_path / "pg_dump").write_text(f'#!/bin/sh\necho "pg_dump (PostgreSQL) {version}"\n')
        (tmp_path / "pg_dump").chmod(0o700)
    settings.PG_PROGRAMS = str(tmp_path)

    with pytest.raises(ProgramMissing, match="postgresql-client-18"):
        program("pg_dump")
    with pytest.raises(CommandError, match="PG_PROGRAMS"):
        call_command("backup")


def test_oldest_backups_go(folder: Path, settings: Settings) -> None:
    settings.BACKUPS_KEPT = 2
    for days in range(3):
        make_backup(by=BY, at=AT + timedelta(days=days))
    (folder / "other.backup").touch()

    assert made_at(folder) == [AT + timedelta(days=2), AT + timedelta(days=1)]
    assert (folder / "other.backup").exists()


def test_daily_backup_is_made_once_its_hour_has_come(settings: Settings) -> None:
    settings.BACKUP_AT = ""
    assert make_daily_backup(at=AT) is None
    settings.BACKUP_AT = "10:30"  # in Tallinn; AT is 10:00 there
    assert make_daily_backup(at=AT) is None
    make_backup(by=BY, at=AT)  # by hand, before
    due = AT + timedelta(minutes=30)
    assert make_daily_backup(at=due) is not None
    assert make_daily_backup(at=due + timedelta(hours=2)) is None
    assert make_daily_backup(at=due + timedelta(days=1)) is not None


def test_task_says_why_no_backup_was_made(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.BACKUP_AT = "00:00"
    settings.PG_PROGRAMS = str(tmp_path)
    back_up()

    assert "There is no pg_dump" in caplog.text


# --- restoring --------------------------------------------------------------------------------
def test_database_is_put_back_as_it_was() -> None:
    out = StringIO()
    call_command("backup", stdout=out)
    Event.objects.create(
        at=AT, actor_kind="system", verb="test.later", object_kind="x", object_id="1"
    )
    before = tables()

    call_command("restore", out.getvalue().strip(), replace=True, stdout=StringIO())

    assert not Event.objects.filter(verb="test.later").exists()
    assert Event.objects.filter(verb="backup.restored").count() == 1
    assert tables() == before
    assert aside() == []
    call_command("audit_verify", stdout=StringIO())


def test_restore_over_tables_is_refused_unless_they_may_go() -> None:
    made = make_backup(by=BY, at=AT)

    with pytest.raises(NotEmpty):
        restore_backup(made, replace=False, at=AT)
    with pytest.raises(CommandError, match="--replace"):
        call_command("restore", str(made))


@pytest.mark.parametrize("damage", ["cut", "changed", "no dump", "missing", "key"])
def test_nothing_is_touched_by_a_file_that_is_not_whole(
    damage: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_backup(by=BY, at=AT)
    text = made.read_bytes()
    if damage == "cut":
        os.truncate(made, len(text) - 5)
    elif damage == "changed":
        made.write_bytes(text[:-40] + b"xxxx" + text[-36:])
    elif damage == "no dump":
        with made.open("wb") as file, SealedWriter(file) as writer:
            writer.write(b"something else")
    elif damage == "missing":
        made.unlink()
    else:
        settings.FIELD_ENCRYPTION_KEYS = ["n" * 40]
    monkeypatch.setattr(restoring, "_put_aside", lambda: pytest.fail("it was touched"))

    with pytest.raises(RestoreRefused):
        restore_backup(made, replace=True, at=AT)


def test_restore_that_fails_leaves_what_was_there(settings: Settings, tmp_path: Path) -> None:
    made = make_backup(by=BY, at=AT)
    before, events = tables(), Event.objects.count()
    with made.open("wb") as file, SealedWriter(file) as writer:
        writer.write(b"PGDMP and then nothing that pg_restore could read")

    with pytest.raises(RestoreRefused, match="pg_restore failed"):
        restore_backup(made, replace=True, at=AT)

    assert (tables(), Event.objects.count()) == (before, events)
    assert aside() == []


def aside() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname = 'before_restore'")
        return list(cursor.fetchall())
