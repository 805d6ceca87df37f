"""Secrets of the demonstration: random, made on the first start, kept in files for one reader."""

import os
import re
import secrets
import tempfile
from pathlib import Path

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def demo_secret(name: str, var_dir: Path) -> str:
    """The secret `name` of the installation in `var_dir`: 64 URL-safe characters.

    It is made once. Of two starters at the same moment one makes it and both return the same:
    the finished file is linked into place, which succeeds for exactly one of them.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a name for a secret")
    path = var_dir / "secrets" / name
    if not path.exists():
        _make(path)
    return path.read_text(encoding="ascii")


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass  # another starter was quicker; its secret stands
    finally:
        Path(draft).unlink()
