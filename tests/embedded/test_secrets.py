import subprocess
import sys
from pathlib import Path

import pytest

from embedded.launch import BASE_DIR
from embedded.secrets import demo_secret

_STARTER = """
import sys
from pathlib import Path
from embedded.secrets import demo_secret
sys.stdin.readline()
print(demo_secret("KEY", Path(sys.argv[1])))
"""


def test_secret_stays_the_same(tmp_path: Path) -> None:
    first = demo_secret("KEY", tmp_path / "var")

    assert demo_secret("KEY", tmp_path / "var") == first
    assert len(first) == 64


def test_secrets_differ_by_name_and_by_installation(tmp_path: Path) -> None:
    made = {
        demo_secret("KEY", tmp_path / "a"),
        demo_secret("OTHER", tmp_path / "a"),
        demo_secret("KEY", tmp_path / "b"),
    }

    assert len(made) == 3


def test_secret_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    demo_secret("KEY", tmp_path)

    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "secrets" / "KEY").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["", "../KEY", "a/b", "1KEY", "K" * 65])
def test_secret_with_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a name for a secret"):
        demo_secret(name, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_starters_at_the_same_moment_get_one_secret(tmp_path: Path) -> None:
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", _STARTER, str(tmp_path)],
            cwd=BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]

    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.write("\n")
        starter.stdin.flush()
    said = {starter.communicate()[0].strip() for starter in starters}

    assert said == {demo_secret("KEY", tmp_path)}
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["KEY"]
