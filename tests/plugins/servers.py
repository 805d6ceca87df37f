"""A real PostgreSQL and a real Redis-compatible server for the run, gone when it ends; a MariaDB
server for the tests that ask for one, see `tests.plugins.mariadb`.

The first process of a run starts one pair, before Django reads its settings; the workers of
pytest-xdist inherit the addresses. Loaded by `-p` in pyproject.toml, which is early enough.
"""

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

import pytest

_CACHE = Path(".pytest_cache", "d")
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    if _WORKER:
        # Each worker has a Redis database of its own, as pytest-django gives it one of PostgreSQL.
        server, _, _ = os.environ["REDIS_URL"].rpartition("/")
        os.environ["REDIS_URL"] = f"{server}/{int(_WORKER.removeprefix('gw')) + 1}"
    elif os.environ.get("TEST_SERVERS_OF") != str(os.getpid()):
        _start()


def _start() -> None:
    # Imported here, after the measuring of coverage began.
    from embedded.account import service_account  # noqa: PLC0415
    from embedded.fonts import build_fonts  # noqa: PLC0415
    from embedded.launch import BASE_DIR  # noqa: PLC0415
    from embedded.ports import free_port  # noqa: PLC0415
    from embedded.postgres import PostgresServer  # noqa: PLC0415
    from embedded.redis import RedisServer  # noqa: PLC0415
    from embedded.translations import compile_catalogues  # noqa: PLC0415
    from tests.plugins import mariadb  # noqa: PLC0415

    account = service_account()
    home = Path(tempfile.mkdtemp(prefix="apifonica-privacy-tests-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    home.chmod(0o711)
    postgres = PostgresServer(
        home / "postgres",
        port=free_port(),
        password=secrets.token_urlsafe(16),
        account=account,
        durable=False,
    )
    atexit.register(postgres.stop)
    postgres.start()
    redis = RedisServer(
        home / "redis", port=free_port(), password=secrets.token_urlsafe(16), account=account
    )
    atexit.register(redis.stop)
    redis.start()
    mariadb.keep(home, password=secrets.token_hex(16), account=account)
    var_dir = home / "var"
    (var_dir / "static").mkdir(parents=True)
    # Drawn once and kept beside pytest's own cache, for they take a few seconds.
    build_fonts(_CACHE)
    shutil.copytree(_CACHE / "fonts", var_dir / "fonts")
    compile_catalogues(BASE_DIR / "locale")
    os.environ.update(
        DATABASE_URL=postgres.url("privacy"),
        REDIS_URL=redis.url(),
        EMAIL_URL="smtp://127.0.0.1:9",
        VAR_DIR=str(var_dir),
        SECRET_KEY=secrets.token_urlsafe(48),
        LOOKUP_HASH_KEY=secrets.token_urlsafe(48),
        FIELD_ENCRYPTION_KEYS=secrets.token_urlsafe(48),
        DEMO="true",
        TEST_SERVERS_OF=str(os.getpid()),
    )
