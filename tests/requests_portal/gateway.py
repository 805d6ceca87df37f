"""A text message gateway on the loopback address, as docs/operations.md describes it."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

TOKEN = "a token that both sides know"


@dataclass
class Gateway:
    """What was taken, oldest first; `answers` are the next statuses, 202 once they are used up."""

    url: str = ""
    taken: list[dict[str, str]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def code(self) -> str:
        """The code in the newest message that was taken."""
        found = re.search(r"\b\d{6}\b", self.taken[-1]["text"])
        assert found is not None
        return found[0]


@contextmanager
def running() -> Iterator[Gateway]:
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signed = self.headers["X-Timestamp"].encode() + b"." + body
            expected = hmac.new(TOKEN.encode(), signed, hashlib.sha256).hexdigest()
            gateway.asked.append({**self.headers, "path": self.path})
            status = gateway.answers.pop(0) if gateway.answers else 202
            if not hmac.compare_digest(expected, self.headers["X-Signature"]):
                status = 401
            if status == 202:
                gateway.taken.append(json.loads(body))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{gateway.url}elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    gateway.url = f"http://127.0.0.1:{server.server_port}/messages/"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
