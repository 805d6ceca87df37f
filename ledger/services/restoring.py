"""Putting our own database back from a backup.

Safety principle: nothing is touched before the whole file was opened and found as it was sealed.
What is there is moved aside, not removed, until the restore is complete, and moved back if it
fails. Afterwards the system stays closed until the erasure ledger was replayed.
"""

import subprocess
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, cast

from django.db import connection, transaction

from audit.domain.actor import Actor
from audit.services import record
from ledger.services.backups import last_words
from ledger.services.programs import environment, program
from lib.encryption import UnsealError
from lib.refusals import Refusal
from lib.sealed_stream import TornFile, unsealed

#: What a dump in PostgreSQL's custom format begins with.
_DUMP = b"PGDMP"
_ASIDE = "before_restore"


class RestoreRefused(Refusal):
    """The database is as it was before."""


class NotEmpty(RestoreRefused):
    """The database holds tables, and nobody said that they may go."""


class LeftAside(Refusal):
    """The restore is complete, but what was there before could not be removed."""


def restore_backup(path: Path, *, replace: bool, at: datetime) -> None:
    """Put the database back as a backup has it. `replace`: what it holds now may go.

    Stop web and workers before. Raises RestoreRefused, ProgramMissing, LeftAside.
    """
    restore = program("pg_restore")
    _verify(path)
    tables = connection.introspection.table_names()
    if tables and not replace:
        raise NotEmpty(
            f"The database holds {len(tables)} tables. With --replace they are replaced by those "
            "of the backup; nothing of them is kept."
        )
    _put_aside()
    try:
        _restore_into(restore, path)
        _record(at)
    except BaseException:
        _put_back()
        raise
    _remove_aside()


def _record(at: datetime) -> None:
    with transaction.atomic():
        record(
            "backup.restored",
            by=Actor.system("command"),
            at=at,
            object_kind="backup",
            object_id=f"{at:%Y%m%dT%H%M%SZ}",
        )


def _verify(path: Path) -> None:
    """Open the whole file, keep nothing of it."""
    try:
        with path.open("rb") as file:
            chunks = unsealed(file)
            if not next(chunks, b"").startswith(_DUMP):
                raise RestoreRefused(f"{path} is sealed, but no dump of PostgreSQL.")
            for _ in chunks:
                pass
    except OSError as error:
        raise RestoreRefused(f"{path} cannot be read: {error.strerror}.") from error
    except UnsealError as error:
        raise RestoreRefused(
            f"{path} was sealed with a key that is not in FIELD_ENCRYPTION_KEYS."
        ) from error
    except TornFile as error:
        raise RestoreRefused(f"{path} cannot be used. {error}") from error


def _restore_into(restore: Path, path: Path) -> None:
    database = str(connection.settings_dict["NAME"])
    with tempfile.TemporaryFile() as complaints:
        with (
            path.open("rb") as file,
            subprocess.Popen(
                [
                    *(restore, "--single-transaction", "--exit-on-error", "--no-owner"),
                    *("--no-privileges", "--no-password", "--dbname", database),
                ],
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
            ) as process,
        ):
            into = cast("IO[bytes]", process.stdin)
            with suppress(BrokenPipeError):  # it says why itself
                for chunk in unsealed(file):
                    into.write(chunk)
                into.close()
        if process.returncode != 0:
            raise RestoreRefused(f"pg_restore failed: {last_words(complaints)}")


def _put_aside() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '30s'")
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [_ASIDE])
        if cursor.fetchone():
            raise RestoreRefused(
                f"The schema {_ASIDE} is there: an earlier restore broke off. Look at it, and drop "
                "it or rename it back to public, whichever of the two is whole."
            )
        cursor.execute(f"ALTER SCHEMA public RENAME TO {_ASIDE}")
        cursor.execute("CREATE SCHEMA public")


def _put_back() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute(f"ALTER SCHEMA {_ASIDE} RENAME TO public")


def _remove_aside() -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '30s'")
            cursor.execute(f"DROP SCHEMA {_ASIDE} CASCADE")
    except Exception as error:
        raise LeftAside(
            f"The restore is complete. What was there before is still in the schema {_ASIDE}: stop "
            f"web and workers, then run DROP SCHEMA {_ASIDE} CASCADE."
        ) from error
