from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from embedded.ports import free_port
from embedded.probe import main


class OneHost(BaseHTTPRequestHandler):
    """Answers 200 under the name privacy.example alone, as the product does."""

    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Host"] == "privacy.example" else 400)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), OneHost)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/health/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("hosts", "status"),
    [(".privacy.example,www.example", 0), ("privacy.example", 0), ("*", 1), ("other.example", 1)],
)
def test_probe_asks_under_the_first_allowed_name(
    hosts: str, status: int, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", hosts)

    assert main([url]) == status


def test_probe_of_nobody_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALLOWED_HOSTS", raising=False)

    assert main([f"http://127.0.0.1:{free_port()}/health/"]) == 1
