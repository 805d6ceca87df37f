import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest

from embedded.children import end_child, start_child, wait_until
from embedded.launch import BASE_DIR
from embedded.mailbox import Mailbox
from embedded.ports import free_port, is_free


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The mailbox as its own process, as the start runs it."""
    number = free_port()
    process = start_child(
        [sys.executable, "-m", "embedded.mailbox", str(number), tmp_path / "mailbox"],
        output=subprocess.DEVNULL,
        folder=BASE_DIR,
    )
    wait_until(lambda: not is_free("127.0.0.1", number), process, seconds=20)
    yield number
    end_child(process, signal.SIGTERM)
    assert process.returncode == 0


def send(port: int, subject: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "dpo@example.com", "a@example.com", subject
    message.set_content("Zażółć gęślą jaźń")
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.send_message(message)


def test_messages_are_kept_in_order_for_their_owner_alone(port: int, tmp_path: Path) -> None:
    for subject in ("first", "second", "third"):
        send(port, subject)

    files = sorted((tmp_path / "mailbox").iterdir())
    assert [message_from_bytes(f.read_bytes())["Subject"] for f in files] == [
        "first",
        "second",
        "third",
    ]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert {file.suffix for file in files} == {".eml"}
    assert (tmp_path / "mailbox").stat().st_mode & 0o777 == 0o700


def test_message_is_kept_as_it_was_sent(port: int, tmp_path: Path) -> None:
    send(port, "Päring")

    (file,) = (tmp_path / "mailbox").iterdir()
    message = message_from_bytes(file.read_bytes())
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().splitlines() == ["Zażółć gęślą jaźń"]


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path, kept=3)

    for number in range(5):
        mailbox.keep(f"{number}".encode())

    assert [path.read_text() for path in sorted(tmp_path.iterdir())] == ["2", "3", "4"]
