import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from embedded.children import (
    DidNotStart,
    end_child,
    end_group,
    last_lines,
    start_child,
    wait_until,
)
from embedded.launch import BASE_DIR
from tests.embedded.conftest import await_end

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


def test_group_ends_with_all_that_it_started(tmp_path: Path) -> None:
    process = start_child(
        ["sh", "-c", "sleep 60 & echo $!; wait"], output=subprocess.PIPE, folder=tmp_path
    )
    assert process.stdout is not None
    grandchild = int(process.stdout.readline())

    end_group(process)

    await_end(grandchild)
    process.stdout.close()


def test_strays_are_ended(tmp_path: Path) -> None:
    code = (
        "import subprocess; from pathlib import Path\n"
        "from embedded.children import end_strays, start_child\n"
        "start_child(['sleep', '60'], output=subprocess.DEVNULL, folder=Path('/'))\n"
        "lost = int(Path('/proc/self/task').glob('*/children').__next__().read_text())\n"
        "end_strays(); print(Path(f'/proc/{lost}').exists())"
    )

    said = subprocess.check_output([sys.executable, "-c", code], cwd=BASE_DIR, text=True)

    assert said == "False\n"


def test_last_lines_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\n".join(b"%d" % number for number in range(20)) + b"\n\xff\n")

    assert last_lines(log, count=2) == "19\n\N{REPLACEMENT CHARACTER}"
    assert last_lines(tmp_path / "none") == ""
