"""Sending a code to a phone: the port, and the company's own gateway over HTTP.

The gateway is asked with a POST of {"to": "+372…", "text": "…"}. Two headers sign it, so that the
token itself never travels: `X-Timestamp` (Unix seconds) and `X-Signature`, the hexadecimal
HMAC-SHA256 of timestamp, a dot and the body, under the token. Any 2xx says that it was taken.
"""

import hashlib
import hmac
import http.client
import json
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings

TIMEOUT_SECONDS = 10
#: Answers of a gateway that may take the same message later: timeout, too many requests.
_WORTH_A_RETRY = frozenset({408, 425, 429})


class CodeNotSent(Exception):
    """The gateway did not take it; `code` says why, without anything it answered."""

    def __init__(self, code: str, *, for_good: bool) -> None:
        super().__init__(code)
        self.code = code
        self.for_good = for_good


class IdentityCodeSender(Protocol):
    """Sends one short text to one phone number (E.164), or raises CodeNotSent."""

    def send(self, *, to: str, text: str, at: datetime) -> None: ...


class HttpIdentityCodeSender:
    """The gateway at `url`. Redirects are not followed: a number goes where it was meant to go."""

    def __init__(self, *, url: str, token: str) -> None:
        self._url = urlsplit(url)
        self._token = token.encode()

    def send(self, *, to: str, text: str, at: datetime) -> None:
        body = json.dumps({"to": to, "text": text}, ensure_ascii=False).encode()
        try:
            status = self._post(body, timestamp=str(int(at.timestamp())))
        except (OSError, http.client.HTTPException) as error:
            raise CodeNotSent("gateway_unreachable", for_good=False) from error
        if 200 <= status < 300:  # noqa: PLR2004 (HTTP)
            return
        refused = 400 <= status < 500 and status not in _WORTH_A_RETRY  # noqa: PLR2004 (HTTP)
        raise CodeNotSent("gateway_refused" if refused else "gateway_busy", for_good=refused)

    def _post(self, body: bytes, *, timestamp: str) -> int:
        signed = timestamp.encode() + b"." + body
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Timestamp": timestamp,
            "X-Signature": hmac.new(self._token, signed, hashlib.sha256).hexdigest(),
        }
        connection = self._connection()
        try:
            path = self._url.path or "/"
            query = f"?{self._url.query}" if self._url.query else ""
            connection.request("POST", path + query, body=body, headers=headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        secure = self._url.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        return kind(self._url.hostname or "", self._url.port, timeout=TIMEOUT_SECONDS)


def configured_sender() -> IdentityCodeSender | None:
    """Return the gateway that the settings name, or None."""
    if not settings.IDENTITY_CODE_URL:
        return None
    return HttpIdentityCodeSender(
        url=settings.IDENTITY_CODE_URL, token=settings.IDENTITY_CODE_TOKEN
    )
