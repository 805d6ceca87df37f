"""`make reset-demo`: the demonstration's data goes, for good.

Safety: only what the start itself made is removed, by name, in VAR_DIR and in the servers' folder
for it; never while it runs; anything else in VAR_DIR stays.
"""

import fcntl
import shutil
from pathlib import Path

from embedded.account import system_home
from embedded.launch import read_launch
from embedded.terminal import complain, say

_FOLDERS = (
    *("postgres", "redis", "programs", "mailbox", "secrets", "fonts", "static", "bytecode"),
    *("ledger", "backups"),
)
_FILES = ("embedded.json", "ports.json", "mailbox.log", "fonts.log", "run.lock")


def reset() -> int:
    """Remove the demonstration's data; the exit status."""
    var_dir = read_launch().var_dir
    if not var_dir.exists():
        say(f"There is nothing in {var_dir}.")
        return 0
    with (var_dir / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            complain(f"It still runs in {var_dir}. Stop it with Ctrl-C first.")
            return 1
        _remove_ours(var_dir)
        elsewhere = system_home(var_dir)
        if elsewhere.exists():
            shutil.rmtree(elsewhere)
    say(f"The demonstration's data in {var_dir} was removed. The next start makes it anew.")
    return 0


def _remove_ours(var_dir: Path) -> None:
    for name in _FOLDERS:
        if (var_dir / name).exists():
            shutil.rmtree(var_dir / name)
    for name in _FILES:
        (var_dir / name).unlink(missing_ok=True)
    for path in var_dir.glob("celerybeat-schedule*"):
        path.unlink()
