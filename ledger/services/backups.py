"""Backups of our own database: dumped, sealed on the way, whole or not there at all."""

import fcntl
import logging
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from audit.domain.actor import Actor
from audit.services import record
from ledger.services.programs import environment, program
from lib.refusals import Refusal
from lib.sealed_stream import CHUNK_BYTES, SealedWriter

logger = logging.getLogger(__name__)

_NAME = re.compile(r"privacy-(\d{8}T\d{6}Z)\.backup")
_STAMP = "%Y%m%dT%H%M%SZ"


class BackupRefused(Refusal):
    """No backup was made; what was there before is still there."""


def make_backup(*, to: Path | None = None, by: Actor, at: datetime) -> Path:
    """Dump our database into a sealed file and return where it is.

    `to` is a file or a folder; without it the file lies in BACKUP_DIR, where the oldest go beyond
    BACKUPS_KEPT. Raises BackupRefused, ProgramMissing, OSError.
    """
    dump = program("pg_dump")
    folder = Path(settings.BACKUP_DIR)
    target = (to or folder) / f"privacy-{at.astimezone(UTC):{_STAMP}}.backup"
    if to is not None and not to.is_dir():
        target = to
    if target.exists():
        raise BackupRefused(f"{target} is there already.")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(target.parent), _whole(target) as file, SealedWriter(file) as sealed:
        _dump_into(dump, sealed)
    with transaction.atomic():
        record(
            "backup.made",
            by=by,
            at=at,
            object_kind="backup",
            object_id=f"{at.astimezone(UTC):{_STAMP}}",
            data={"kilobytes": target.stat().st_size // 1024},
        )
    if to is None:
        _forget_oldest(folder)
    return target


def make_daily_backup(*, at: datetime) -> Path | None:
    """Make the backup of a day once its hour (BACKUP_AT) has come; None where none is due."""
    local = at.astimezone(ZoneInfo(settings.TIME_ZONE))
    hour = settings.BACKUP_AT
    if not hour or local.strftime("%H:%M") < hour:
        return None
    for made in made_at(Path(settings.BACKUP_DIR)):
        made_local = made.astimezone(ZoneInfo(settings.TIME_ZONE))
        if made_local.date() == local.date() and made_local.strftime("%H:%M") >= hour:
            return None
    return make_backup(by=Actor.system("backup"), at=at)


def made_at(folder: Path) -> list[datetime]:
    """Return when the backups in a folder were made, the newest first."""
    names = (_NAME.fullmatch(path.name) for path in folder.glob("*.backup"))
    found = [datetime.strptime(name.group(1), _STAMP) for name in names if name]  # noqa: DTZ007 (UTC below)
    return sorted((one.replace(tzinfo=UTC) for one in found), reverse=True)


def _dump_into(dump: Path, sealed: SealedWriter) -> None:
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(
            [dump, "--format=custom", "--no-owner", "--no-privileges", "--no-password"],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
        ) as process:
            output = cast("IO[bytes]", process.stdout)
            while chunk := output.read(CHUNK_BYTES):
                sealed.write(chunk)
        if process.returncode != 0:
            raise BackupRefused(f"pg_dump failed: {last_words(complaints)}")


def last_words(complaints: IO[bytes]) -> str:
    """Return the last line that a program complained in."""
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it did not say why"


@contextmanager
def _whole(target: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name once it is whole and on disk, or not at all."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".backup-")  # mode 0600
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep others from making a backup in the same folder; clear what a killed one left."""
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused("Another backup is being made there.") from None
        for draft in folder.glob(".backup-*"):
            draft.unlink(missing_ok=True)
        yield


def _forget_oldest(folder: Path) -> None:
    for made in made_at(folder)[settings.BACKUPS_KEPT :]:
        with suppress(FileNotFoundError):
            (folder / f"privacy-{made:{_STAMP}}.backup").unlink()
