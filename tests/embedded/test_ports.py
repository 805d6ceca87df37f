import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.ports import free_port, is_free, remembered_port, stated_port
from embedded.refusals import StartRefused

HOST = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        yield other.getsockname()[1]


def test_port_is_free_until_somebody_listens(taken: int) -> None:
    assert not is_free(HOST, taken)
    assert is_free(HOST, free_port())


def test_stated_port_is_taken_at_its_word() -> None:
    port = free_port()

    assert stated_port("PORT", {"PORT": str(port)}, host=HOST, default=8000) == port


def test_stated_port_unset_is_the_default() -> None:
    port = free_port()

    assert stated_port("PORT", {}, host=HOST, default=port) == port


def test_stated_port_that_is_taken_names_another_that_is_free(taken: int) -> None:
    with pytest.raises(StartRefused) as refusal:
        stated_port("PORT", {"PORT": str(taken)}, host=HOST, default=8000)

    said = re.fullmatch(
        rf"Port {taken} on 127\.0\.0\.1 is taken by another program\. "
        r"Stop that one, or choose another port: PORT=(\d+) make run",
        str(refusal.value),
    )
    assert said is not None
    assert is_free(HOST, int(said[1]))


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "80.5"])
def test_stated_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(StartRefused) as refusal:
        stated_port("PORT", {"PORT": text}, host=HOST, default=8000)

    assert str(refusal.value) == f"PORT={text} is not a port. Set a number from 1 to 65535."


def test_remembered_port_stays_from_start_to_start(tmp_path: Path) -> None:
    first = remembered_port("REDIS_PORT", {}, var_dir=tmp_path)
    other = remembered_port("SMTP_PORT", {}, var_dir=tmp_path)

    assert remembered_port("REDIS_PORT", {}, var_dir=tmp_path) == first
    assert remembered_port("SMTP_PORT", {}, var_dir=tmp_path) == other


def test_remembered_port_that_is_busy_is_replaced(tmp_path: Path) -> None:
    first = remembered_port("REDIS_PORT", {}, var_dir=tmp_path)
    with socket.socket() as other:
        other.bind((HOST, first))
        other.listen()
        second = remembered_port("REDIS_PORT", {}, var_dir=tmp_path)

    assert second != first
    assert remembered_port("REDIS_PORT", {}, var_dir=tmp_path) == second


def test_remembered_port_that_is_set_and_taken_is_refused(tmp_path: Path, taken: int) -> None:
    with pytest.raises(StartRefused, match=f"Port {taken} on 127.0.0.1 is taken"):
        remembered_port("POSTGRES_PORT", {"POSTGRES_PORT": str(taken)}, var_dir=tmp_path)
