import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from embedded.children import DidNotStart, end_child, last_lines, start_child, wait_until

DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print(flush=True); time.sleep(60)"
)


def test_wait_for_a_process_that_ends_says_how() -> None:
    process = start_child(["false"], output=subprocess.DEVNULL, folder=Path("/"))

    with pytest.raises(DidNotStart, match="it ended with status 1"):
        wait_until(lambda: False, process, seconds=20)


def test_wait_for_a_process_that_never_answers_gives_up() -> None:
    process = start_child(["sleep", "60"], output=subprocess.DEVNULL, folder=Path("/"))

    with pytest.raises(DidNotStart, match="it did not answer within 0 s"):
        wait_until(lambda: False, process, seconds=0.1)

    end_child(process, signal.SIGTERM)
    assert process.returncode == -signal.SIGTERM


def test_child_that_does_not_listen_is_killed() -> None:
    process = start_child([sys.executable, "-c", DEAF], output=subprocess.PIPE, folder=Path("/"))
    assert process.stdout is not None
    process.stdout.readline()

    started = time.monotonic()
    end_child(process, signal.SIGTERM, seconds=0.1)

    assert process.returncode == -signal.SIGKILL
    assert time.monotonic() - started < 10
    process.stdout.close()


def test_last_lines_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\n".join(b"%d" % number for number in range(20)) + b"\n\xff\n")

    assert last_lines(log, count=2) == "19\n\N{REPLACEMENT CHARACTER}"
    assert last_lines(tmp_path / "none") == ""
