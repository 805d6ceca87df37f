"""Another company's server: real HTTPS on the loopback address, with a certificate of its own."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Taken:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers` are given in turn, the last one for good; `taken` is what arrived."""

    port: int
    authority: Path
    answers: list[int] = field(default_factory=lambda: [201])
    taken: list[Taken] = field(default_factory=list)
    #: Seconds before it answers.
    pause: float = 0
    #: Close the connection after so many bytes.
    break_after: int | None = None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/in?key=s3cret"

    def answer(self) -> int:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def receiver(folder: Path, *, name: str = "localhost") -> Iterator[Receiver]:
    """Run a server whose certificate is for `name`, signed by `authority`."""
    certificate, key = _certificate(folder, name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    running = Receiver(port=server.server_port, authority=certificate)
    server.receiver = running  # type: ignore[attr-defined] # handed to the handlers
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a broken TLS handshake
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        running: Receiver = self.server.receiver  # type: ignore[attr-defined]
        size = int(self.headers["Content-Length"])
        if running.break_after is not None:
            self.rfile.read(running.break_after)
            self.close_connection = True
            return
        body = self.rfile.read(size)
        if len(body) < size:
            return
        running.taken.append(Taken(self.path, dict(self.headers.items()), body))
        time.sleep(running.pause)
        status = running.answer()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"https://localhost:{running.port}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "receiver.pem", folder / "receiver.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret
