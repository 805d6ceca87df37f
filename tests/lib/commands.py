"""Run a management command as the command line does, and as a process of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import load_command_class

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Ran:
    """What a command left behind: its exit status and what it wrote."""

    status: int
    out: str
    err: str


def run_command(capsys: pytest.CaptureFixture[str], app: str, name: str, *args: str) -> Ran:
    """Run the command inside this process, from its arguments to its exit status."""
    try:
        load_command_class(app, name).run_from_argv(["manage.py", name, *args])
    except SystemExit as ended:
        status = ended.code
    else:
        status = 0
    assert isinstance(status, int)
    written = capsys.readouterr()
    return Ran(status, written.out, written.err)


def run_in_fresh_clone(var_dir: Path, *args: str, stdin: str = "") -> Ran:
    """Run manage.py with nothing configured and nothing started."""
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ended = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *args],
        input=stdin,
        env=bare | {"VAR_DIR": str(var_dir)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=var_dir,
    )
    return Ran(ended.returncode, ended.stdout, ended.stderr)
