"""Sending a package to an address that a stranger named: one HTTPS POST, streamed.

Safety: the name is resolved once, every address it has must lie on the open internet, and the
connection goes to one of those addresses, so that a name that changes meanwhile (DNS rebinding)
leads nowhere else; the address at the other end is looked at once more before a byte is sent.
No proxy is taken from the environment, no redirect is followed, nothing of the answer is read but
its status. Errors hold a code and never an address.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from typing import Final

from requests_portal.domain.addresses import WebAddress, is_public

_ACCEPTED: Final = range(200, 300)
_REDIRECTED: Final = range(300, 400)
#: Answers that ask to come again later.
_LATER: Final = frozenset({408, 425, 429})
_REJECTED: Final = range(400, 500)
_FAILING: Final = range(500, 600)


class NotAccepted(Exception):
    """The package was not taken. `code` says why, `status` is what was answered, if anything."""

    def __init__(self, code: str, *, status: int | None = None, may_pass: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        #: Another try may go better.
        self.may_pass = may_pass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds: for one step on the wire, for all of the body, for the answer afterwards."""

    step: float = 30
    body: float = 3600
    answer: float = 120


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Hosts that may lie in a network of ours, and a file with further certificate authorities."""

    private_hosts: tuple[str, ...] = field(default=())
    authorities: str = ""


def push(
    address: WebAddress,
    *,
    body: Iterable[bytes],
    headers: Mapping[str, str],
    trust: Trust,
    tick: Callable[[int], None],
    limits: Limits = Limits(),
) -> int:
    """POST `body` and return the status, one of 200 to 299; `tick` is told of bytes sent.

    `headers` hold the Content-Length. Raises NotAccepted for everything else; what `tick` raises
    is passed on, and the connection is closed.
    """
    connection = _Guarded(address, trust=trust, timeout=limits.step)
    try:
        with _told_apart():
            connection.connect()
        status = _exchange(connection, address, body, headers, tick=tick, limits=limits)
    finally:
        connection.close()
    return _accepted(status)


class _Guarded(HTTPSConnection):
    """A connection that is opened to an address looked at before, and to no other."""

    def __init__(self, address: WebAddress, *, trust: Trust, timeout: float) -> None:
        context = ssl.create_default_context()
        if trust.authorities:
            context.load_verify_locations(cafile=trust.authorities)
        super().__init__(address.host, address.port, timeout=timeout, context=context)
        self._tls = context
        self._wait = timeout
        self._is_free = address.host in trust.private_hosts

    def connect(self) -> None:
        raw = self._reached(self._resolved())
        try:
            self.sock = self._tls.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise

    def _resolved(self) -> list[tuple[int, tuple[str, int]]]:
        """Return (family, address) of all the host's addresses; one that is not public spoils it.

        A public name with a private address beside it is a trap or a mistake.
        """
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise NotAccepted("unknown_host", may_pass=True) from error
        self._require_open(str(place[0]) for *_kind, place in found)
        return [(family, place) for family, *_kind, place in found]  # type: ignore[misc] # IPv6 has four

    def _require_open(self, addresses: Iterable[str]) -> None:
        if not self._is_free and not all(map(is_public, addresses)):
            raise NotAccepted("private_address")

    def _reached(self, places: list[tuple[int, tuple[str, int]]]) -> socket.socket:
        for family, place in places:
            raw = socket.socket(family, socket.SOCK_STREAM)
            try:
                raw.settimeout(self._wait)
                raw.connect(place)
                self._require_open([str(raw.getpeername()[0])])
            except OSError:
                raw.close()
            except NotAccepted:
                raw.close()
                raise
            else:
                return raw
        raise NotAccepted("unreachable", may_pass=True)


@contextmanager
def _told_apart() -> Iterator[None]:
    """Turn what can go wrong before a byte is sent into codes."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise NotAccepted("certificate") from error
    except OSError as error:
        raise NotAccepted("unreachable", may_pass=True) from error


def _exchange(
    connection: _Guarded,
    address: WebAddress,
    body: Iterable[bytes],
    headers: Mapping[str, str],
    *,
    tick: Callable[[int], None],
    limits: Limits,
) -> int:
    connection.putrequest("POST", address.path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    until = time.monotonic() + limits.body
    is_whole = False
    try:
        connection.endheaders()
        for piece in body:
            connection.send(piece)
            tick(len(piece))
            if time.monotonic() > until:
                raise NotAccepted("too_slow", may_pass=True)
        is_whole = True
    except OSError:
        # The server may have answered and closed before it took everything: a refusal says why.
        pass
    return _status(connection, is_whole=is_whole, seconds=limits.answer)


def _status(connection: _Guarded, *, is_whole: bool, seconds: float) -> int:
    """Read the answer's status; a server that drips its answer is cut off."""
    cut = threading.Timer(seconds, _cut, [connection.sock])
    cut.start()
    try:
        status = connection.getresponse().status
    except OSError as error:
        code = "unreachable" if is_whole else "interrupted"
        raise NotAccepted(code, may_pass=True) from error
    except HTTPException as error:
        code = "odd_answer" if is_whole else "interrupted"
        raise NotAccepted(code, may_pass=True) from error
    finally:
        cut.cancel()
    if status in _ACCEPTED and not is_whole:
        raise NotAccepted("interrupted", status=status, may_pass=True)
    return status


def _cut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed already


def _accepted(status: int) -> int:
    if status in _ACCEPTED:
        return status
    if status in _REDIRECTED:
        raise NotAccepted("redirected", status=status)
    if status in _LATER or status in _FAILING:
        raise NotAccepted("busy", status=status, may_pass=True)
    raise NotAccepted("rejected" if status in _REJECTED else "odd_answer", status=status)
