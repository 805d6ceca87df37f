"""What stands in the erasure ledger: one line for each thing that must be done again after a
restore, sealed by a chain of keyed hashes.

A line is one JSON object. `prev` is the seal of the line before, `chain` the HMAC-SHA256 of
everything else in it. A line that was cut off while it was written is no line; one that was taken
out or changed breaks the chain. No line holds an identifier in the clear.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

#: The seal before the first line.
GENESIS = "0" * 64


class Kind(StrEnum):
    """What a line says."""

    ERASURE = "erasure"  # one person's rows of one resource go (Art. 17)
    PURGE = "purge"  # everybody's due rows of one table go (Art. 5(1)(e))
    DROPPED = "dropped"  # what an order booked of a resource was given up before a row went
    REPLAY = "replay"  # everything before it was done again after a restore
    WAIVER = "waiver"  # somebody answers for it that nothing before it is done again


@dataclass(frozen=True, slots=True)
class Gone:
    """What becomes of one table's rows; `due_before` None: no day decides.

    `action` "keep": a table whose rows stay, and so those that they hang on.
    """

    table: str
    action: str
    due_before: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to book. `who`: keyed hashes of a person's identifiers, hex; empty: everybody."""

    kind: Kind
    at: datetime
    #: What ordered it, opaque: "case:<uuid>", "purge:<uuid>".
    reference: str = ""
    resource: str = ""
    tables: tuple[Gone, ...] = ()
    who: tuple[str, ...] = ()
    #: The kinds of these identifiers.
    kinds: tuple[str, ...] = ()
    #: The instant by which rows are due.
    as_of: datetime | None = None
    rules: str = ""
    #: Of a waiver: who answers for it, and why.
    by: str = ""
    reason: str = ""
    #: Of a replay: the resources that were not restored.
    without: tuple[str, ...] = ()

    @property
    def content(self) -> str:
        """Return a digest (hex) of what it says, whenever it says so."""
        told = {name: value for name, value in self.as_json().items() if name != "at"}
        return hashlib.sha256(_canonical(told)).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return the fields as they stand in a line; empty ones are left out."""
        told = {name: value for name, value in asdict(self).items() if value}
        told["kind"], told["at"] = self.kind.value, self.at.isoformat()
        if self.as_of is not None:
            told["as_of"] = self.as_of.isoformat()
        if self.tables:
            told["tables"] = [
                [one.table, one.action, one.due_before.isoformat() if one.due_before else None]
                for one in self.tables
            ]
        return told


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger, with its place in the chain."""

    sequence: int
    entry: Entry
    prev: str
    chain: str


class BrokenChain(Exception):
    """The lines are not those that were written. `after` is the last sequence that holds."""

    def __init__(self, after: int) -> None:
        self.after = after
        super().__init__(f"The ledger's chain breaks after line {after}.")


def sealed(entry: Entry, *, sequence: int, prev: str, key: bytes) -> tuple[Line, bytes]:
    """Return the line that follows the seal `prev`, and its bytes with the line end."""
    document = {"seq": sequence, **entry.as_json(), "prev": prev}
    chain = _seal(document, key)
    text = _canonical({**document, "chain": chain})
    return Line(sequence, entry, prev, chain), text + b"\n"


def read(text: bytes, *, key: bytes) -> Line | None:
    """Return the line that `text` is; None where it was torn or changed."""
    try:
        document = json.loads(text)
        chain = document.pop("chain")
        if not hmac.compare_digest(_seal(document, key), chain):
            return None
        sequence, prev = document.pop("seq"), document.pop("prev")
        return Line(sequence, _entry(document), prev, chain)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def whole(texts: Iterable[bytes], *, key: bytes) -> Iterator[Line]:
    """Yield the lines of a ledger in order; raise BrokenChain at the first that does not follow.

    What cannot be read is passed over: if a line stood there, the next one does not follow. A
    ledger may begin with a waiver, which says that the one before it is given up.
    """
    before: Line | None = None
    for text in texts:
        line = read(text, key=key)
        if line is None:
            continue
        if before is None:
            begins = line.sequence == 1 or line.entry.kind is Kind.WAIVER
            follows = line.prev == GENESIS and begins
        else:
            follows = line.prev == before.chain and line.sequence == before.sequence + 1
        if not follows:
            raise BrokenChain(before.sequence if before else 0)
        yield line
        before = line


def standing_orders(lines: Iterable[Line]) -> list[Line]:
    """Return the removals among `lines`, without those that were given up afterwards."""
    found: list[Line] = []
    for line in lines:
        entry = line.entry
        if entry.kind is Kind.DROPPED:
            given_up = (entry.reference, entry.resource)
            found = [one for one in found if (one.entry.reference, one.entry.resource) != given_up]
        elif entry.kind in {Kind.ERASURE, Kind.PURGE}:
            found.append(line)
    return found


def _entry(told: dict[str, Any]) -> Entry:
    as_of = told.pop("as_of", None)
    return Entry(
        kind=Kind(told.pop("kind")),
        at=datetime.fromisoformat(told.pop("at")),
        as_of=datetime.fromisoformat(as_of) if as_of else None,
        tables=tuple(
            Gone(name, action, date.fromisoformat(day) if day else None)
            for name, action, day in told.pop("tables", ())
        ),
        who=tuple(told.pop("who", ())),
        kinds=tuple(told.pop("kinds", ())),
        without=tuple(told.pop("without", ())),
        **told,
    )


def _seal(document: dict[str, Any], key: bytes) -> str:
    return hmac.new(key, _canonical(document), hashlib.sha256).hexdigest()


def _canonical(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), default=str).encode()
