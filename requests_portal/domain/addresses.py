"""Addresses on the internet that a stranger names, and what we may connect to. Pure.

Safety: a person tells us where to send data. Our own networks, and the services that cloud hosts
offer to machines inside, must never be reached that way (server-side request forgery).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

HTTPS_PORT = 443
LONGEST_URL = 2000
_LONGEST_NAME = 253


class Fault(StrEnum):
    """What is wrong with an address."""

    MALFORMED = "malformed"
    NOT_HTTPS = "not_https"
    HAS_PASSWORD = "has_password"  # noqa: S105 (the name of a fault)
    NO_NAME = "no_name"  # a number, or a name of one word
    OTHER_PORT = "other_port"


class UnusableAddress(ValueError):
    """Nothing may be sent to this address. The message holds none of it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, kw_only=True)
class WebAddress:
    """An https address: `path` holds the query too, and may hold secrets; `host` may be shown."""

    host: str
    port: int
    path: str


_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_LAST = re.compile(r"(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")


def web_address(url: str, *, known_hosts: Collection[str] = ()) -> WebAddress:
    """Take an https URL apart; raises UnusableAddress.

    A host of `known_hosts` may be any name or number and have any port.
    """
    if len(url) > LONGEST_URL or re.search(r"[\x00-\x20\x7f\\]", url):
        raise UnusableAddress(Fault.MALFORMED)
    try:
        parts = urlsplit(url)
        host, port = _ascii(parts.hostname or ""), parts.port
    except (ValueError, UnicodeError) as error:
        raise UnusableAddress(Fault.MALFORMED) from error
    if parts.scheme != "https":
        raise UnusableAddress(Fault.NOT_HTTPS)
    if "@" in parts.netloc:
        raise UnusableAddress(Fault.HAS_PASSWORD)
    if host not in known_hosts:
        _require_public_name(host, port)
    return WebAddress(host=host, port=HTTPS_PORT if port is None else port, path=_path(parts))


def _ascii(host: str) -> str:
    return host.encode("idna").decode() if not host.isascii() else host


def _require_public_name(host: str, port: int | None) -> None:
    if ":" in host:
        raise UnusableAddress(Fault.NO_NAME)
    if not _NAME.fullmatch(host) or len(host) > _LONGEST_NAME:
        raise UnusableAddress(Fault.MALFORMED)
    *before, last = host.rstrip(".").split(".")
    if not before or not _LAST.fullmatch(last):
        raise UnusableAddress(Fault.NO_NAME)
    if port not in {None, HTTPS_PORT}:
        raise UnusableAddress(Fault.OTHER_PORT)


def _path(parts: SplitResult) -> str:
    """Return path and query as they stand in a request line: ASCII, no fragment."""
    path = parts.path or "/"
    text = f"{path}?{parts.query}" if parts.query else path
    return "".join(
        one if one.isascii() else "".join(f"%{byte:02X}" for byte in one.encode()) for one in text
    )


#: IPv6 addresses that stand for an IPv4 address, which lies at this bit from the right.
_CARRIERS: tuple[tuple[IPv6Network, int], ...] = (
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (IPv6Network("2002::/16"), 80),  # 6to4
)
#: What the world's registries do not call private, and yet is not the open internet.
_CLOSED = tuple(
    ip_network(one)
    for one in (
        "168.63.129.16/32",  # the host's own services at a large cloud provider
        "100.64.0.0/10",
        "192.0.0.0/24",
        "198.18.0.0/15",
        "192.88.99.0/24",
        "64:ff9b:1::/48",
        "2001::/23",  # Teredo and other special uses
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)


def is_public(text: str) -> bool:
    """Tell whether an IP address lies on the open internet: anything else is not connected to."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if "%" in text or any(address in network for network in _CLOSED):
        return False
    carried = _carried(address) if isinstance(address, IPv6Address) else None
    if carried is not None:
        return is_public(str(carried))
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _carried(address: IPv6Address) -> IPv4Address | None:
    for network, shift in _CARRIERS:
        if address in network:
            return IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
    return None
