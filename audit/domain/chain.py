"""The sealed chain's arithmetic, computed here independently of the trigger that wrote it.

The canonical form of an event is a row of netstrings ("<length in UTF-8 bytes>:<text>,"), namely,
in this order: seq, event id, at, actor_kind, actor_ref, verb, object_kind, object_id, data,
recorded_at. Numbers are decimal; instants are UTC, `YYYY-MM-DDTHH:MM:SS.ffffffZ`; data is the text
PostgreSQL gives for the stored jsonb (`data::text`). The hash of a link is SHA-256 over the hash
before it (32 bytes; 32 zero bytes for the first link) followed by the canonical form in UTF-8.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

FIRST_PREV_HASH = bytes(32)


@dataclass(frozen=True)
class SealedEvent:
    """An event's columns as stored; `data` is the text of the jsonb value."""

    id: int
    at: datetime
    actor_kind: str
    actor_ref: str
    verb: str
    object_kind: str
    object_id: str
    data: str
    recorded_at: datetime


@dataclass(frozen=True)
class SealedLink:
    """A link's columns; `event` is None when the row it points to is gone."""

    seq: int
    event_id: int
    prev_hash: bytes
    hash: bytes
    event: SealedEvent | None


@dataclass(frozen=True)
class Head:
    """The newest link that holds: number of links so far, and its hash."""

    seq: int = 0
    hash: bytes = FIRST_PREV_HASH


def canonical(event: SealedEvent, *, seq: int) -> bytes:
    """Return the bytes that are hashed for the link `seq` over `event`."""
    texts = (
        str(seq),
        str(event.id),
        _instant(event.at),
        event.actor_kind,
        event.actor_ref,
        event.verb,
        event.object_kind,
        event.object_id,
        event.data,
        _instant(event.recorded_at),
    )
    return b"".join(_netstring(text) for text in texts)


def link_hash(prev_hash: bytes, event: SealedEvent, *, seq: int) -> bytes:
    """Return the 32 bytes of a link's hash."""
    return hashlib.sha256(prev_hash + canonical(event, seq=seq)).digest()


def fault_in(link: SealedLink, *, after: Head) -> str:
    """Say in one sentence what is wrong with `link` as the one after `after`; "" if it holds."""
    if link.seq != after.seq + 1:
        return f"Link {after.seq + 1} is missing; the next one is {link.seq}."
    if link.prev_hash != after.hash:
        return f"Link {link.seq} does not follow the link before it."
    if link.event is None:
        return f"Event {link.event_id} of link {link.seq} is missing."
    if link.hash != link_hash(link.prev_hash, link.event, seq=link.seq):
        return f"Event {link.event_id} of link {link.seq} was changed."
    return ""


def _instant(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond:06d}Z"


def _netstring(text: str) -> bytes:
    content = text.encode()
    return b"%d:%s," % (len(content), content)
