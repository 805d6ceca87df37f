"""Under whose name the embedded servers run, and where their files can lie.

PostgreSQL refuses to run as root. Started by root, the servers run as the unprivileged `nobody`;
their programs and data then have to lie where that account gets to. If the checkout is closed to it
(below /root, say), they go to a folder of their own under /var/lib. Folders above are never opened.
"""

import hashlib
import importlib.util
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

SYSTEM_HOME = Path("/var/lib/apifonica-privacy")


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int


NOBODY = Account(uid=65534, gid=65534)


def service_account() -> Account | None:
    """The account that the servers run under; None means the one that starts them."""
    return NOBODY if os.geteuid() == 0 else None


def can_enter(folder: Path, account: Account | None) -> bool:
    """Whether `account` may walk down to `folder` (or to where it will be made)."""
    if account is None:
        return True
    path = folder.resolve()
    return all(_may_search(step, account) for step in (path, *path.parents) if step.exists())


def _may_search(folder: Path, account: Account) -> bool:
    seen = folder.stat()
    if seen.st_uid == account.uid:
        return bool(seen.st_mode & stat.S_IXUSR)
    if seen.st_gid == account.gid:
        return bool(seen.st_mode & stat.S_IXGRP)
    return bool(seen.st_mode & stat.S_IXOTH)


def make_folder(folder: Path, account: Account | None) -> None:
    """Make `folder`, closed to everyone but the servers' account."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(folder, account.uid, account.gid)


def system_home(var_dir: Path) -> Path:
    """The folder under /var/lib for the installation whose VAR_DIR is closed to the servers."""
    return SYSTEM_HOME / hashlib.sha256(str(var_dir.resolve()).encode()).hexdigest()[:16]


def server_home(var_dir: Path, account: Account | None) -> Path:
    """Where the servers of the installation in `var_dir` keep their files; made if need be.

    Once data lies in one of the two places it stays there, whatever becomes of the modes above.
    """
    elsewhere = system_home(var_dir)
    if (var_dir / "postgres").exists():
        return var_dir
    if not (elsewhere / "postgres").exists() and can_enter(var_dir, account):
        return var_dir
    elsewhere.mkdir(mode=0o711, parents=True, exist_ok=True)
    return elsewhere


def installed_package(name: str) -> Path:
    """Where an installed package lies; it is not imported, for some make themselves a home then."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"The package {name} is not installed")
    return Path(spec.origin).parent


def package_folder(package: str, inside: str, *, home: Path, account: Account | None) -> Path:
    """The folder `inside` of the installed wheel `package`, or a copy where `account` gets to it.

    The copy lies in `home`, together with the libraries that a wheel keeps beside its package, and
    is made anew when the wheel changes.
    """
    original = installed_package(package) / inside
    if can_enter(original, account):
        return original
    version = hashlib.sha256(f"{original}:{original.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = home / "programs" / f"{package}-{version}"
    if not copy.exists():
        draft = copy.with_name(f"{copy.name}.draft-{os.getpid()}")
        shutil.copytree(original, draft / package / inside, symlinks=True)
        libraries = original.parent.parent / f"{package}.libs"
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        draft.rename(copy)
    return copy / package / inside
