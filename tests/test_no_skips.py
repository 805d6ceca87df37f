import subprocess
import sys
from pathlib import Path

import pytest

from embedded.launch import BASE_DIR

SUITE = """
import pytest
def test_passes(): pass
@pytest.mark.skipif({skipped}, reason="not here")
def test_maybe(): pass
"""


@pytest.mark.parametrize(
    ("skipped", "options", "status"),
    [(True, ["--fail-on-skip"], 1), (True, [], 0), (False, ["--fail-on-skip"], 0)],
)
def test_skipped_test_fails_the_run_only_when_asked(
    skipped: bool,  # noqa: FBT001
    options: list[str],
    status: int,
    tmp_path: Path,
) -> None:
    (tmp_path / "test_it.py").write_text(SUITE.format(skipped=skipped))
    config = tmp_path / "pytest.ini"
    config.write_text("[pytest]\naddopts = -p no:django -p tests.plugins.no_skips\n")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", config, "--rootdir", tmp_path, *options, tmp_path],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == status, done.stdout
    assert ("1 skipped, and none may be" in done.stdout) == bool(status)
