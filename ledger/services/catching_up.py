"""Bringing the database in step again: after a replay, or because somebody answers for it."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from django.db import transaction

from audit.domain.actor import Actor
from audit.services import record
from ledger.domain.entries import BrokenChain, Entry, Kind, Line, standing_orders
from ledger.domain.standing import Standing
from ledger.queries import known_heads
from ledger.services.booking import LedgerBroken, LedgerRefused, book, standing
from ledger.services.file import put_aside, reading_ledger


class NothingToWaive(LedgerRefused):
    """Database and ledger agree."""

    code = "nothing_to_waive"


class NoReason(LedgerRefused):
    """A waiver names who answers for it, and why."""

    code = "no_reason"


def lines_to_replay(*, since: datetime | None = None) -> list[Line]:
    """Return the removals that this database does not know, or that were booked `since`.

    The whole chain is checked, and that the ledger is the one that this database knew. Raises
    LedgerBroken.
    """
    try:
        with reading_ledger(locked=True) as ledger:
            return standing_orders(_to_replay(ledger.lines(), since))
    except (OSError, BrokenChain) as error:
        raise LedgerBroken(f"The erasure ledger does not hold: {error}") from error


def _to_replay(lines: Iterable[Line], since: datetime | None) -> Iterator[Line]:
    known, before = known_heads()
    last = known if known.is_written else before
    seal = last.chain if last.sequence == 0 else ""
    for line in lines:
        if line.sequence == last.sequence:
            seal = line.chain
        is_asked_for = since is not None and line.entry.at >= since
        if line.sequence > last.sequence or is_asked_for:
            yield line
    if seal != last.chain:  # not the ledger that this database knew
        raise BrokenChain(last.sequence - 1)


def book_replay(*, lines: Collection[Line], without: Collection[str], at: datetime) -> None:
    """Note, in the ledger and here, that all removals were done again. Raises LedgerRefused."""
    booking = book(Entry(kind=Kind.REPLAY, at=at, without=tuple(sorted(without))), catches_up=True)
    with transaction.atomic():
        record(
            "ledger.replayed",
            by=Actor.system("command"),
            at=at,
            object_kind="ledger",
            object_id=str(booking.sequence),
            data={"lines": len(lines), "without": sorted(without)},
        )


def waive_replay(*, name: str, reason: str, at: datetime) -> int:
    """Open without a replay, because somebody answers for it; return the line that says so.

    A broken ledger is put aside and a new one begun. The name stands in the ledger alone. Raises
    NothingToWaive, NoReason, LedgerUnwritable.
    """
    if not name.strip() or not reason.strip():
        raise NoReason("A waiver names who answers for it, and why.")
    found = standing()
    if found is Standing.IN_STEP:
        raise NothingToWaive("Database and ledger agree: there is nothing to waive.")
    if found is Standing.BROKEN:
        put_aside(suffix=f"broken-{at:%Y%m%dT%H%M%SZ}")
    entry = Entry(kind=Kind.WAIVER, at=at, by=name.strip(), reason=reason.strip())
    booking = book(entry, catches_up=True)
    with transaction.atomic():
        record(
            "ledger.replay_waived",
            by=Actor.system("command"),
            at=at,
            object_kind="ledger",
            object_id=str(booking.sequence),
            data={"standing": found.value},
        )
    return booking.sequence
