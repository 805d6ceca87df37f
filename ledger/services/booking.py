"""Booking what is erased, before it is.

Safety principle: nothing is removed that was not booked, and booked means on disk, outside the
database. While database and ledger do not agree nothing is booked, so nothing is removed.
A line is noted in the database, then written, then confirmed: whatever dies in between, the
database is never behind a ledger that it wrote itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from ledger.domain.entries import Entry, Gone, Kind, sealed
from ledger.domain.standing import Head, Standing, standing_of
from ledger.models import Booking
from ledger.queries import is_anything_booked, is_booked, known_heads
from ledger.services.file import OpenLedger, adding_to_ledger, chain_key, reading_ledger
from lib.keyed_hash import keyed_hash
from lib.refusals import Refusal

#: Hashes in one line, so that a line can be read at once; more go into further lines.
_MOST_HASHES = 500
_KEEP = "keep"


class LedgerRefused(Refusal):
    """The ledger does not allow it now; nothing was changed. `code` is for rows and logs."""

    code = "ledger"


class ReplayPending(LedgerRefused):
    """The database was restored; what was erased since its backup may be in it again."""

    code = "replay_pending"


class LedgerBroken(LedgerRefused):
    """Lines of the ledger are missing or were changed, or it cannot be read."""

    code = "ledger_broken"


class LedgerUnwritable(LedgerRefused):
    """The ledger takes no line."""

    code = "ledger_unwritable"


class NotBooked(LedgerRefused):
    """A step would remove rows that no line of the ledger speaks of."""

    code = "not_booked"


_TEXTS = {
    Standing.BEHIND: (
        ReplayPending,
        "The database was restored from a backup. Run manage.py replay_erasures first.",
    ),
    Standing.BROKEN: (
        LedgerBroken,
        (
            "The erasure ledger cannot be read, or lines of it are missing or changed. Put the "
            "right file back where ERASURE_LEDGER points."
        ),
    ),
}


@dataclass(frozen=True)
class Booked:
    """The proof, for the gate, that what an order removes from a resource is in the ledger.

    Of a replay: that it does again what is in the ledger already.
    """

    reference: str
    resource_id: str
    is_replay: bool = False


def standing() -> Standing:
    """Return how the database stands to the ledger. Cheap: the file's last line and two rows."""
    try:
        found = _look(locked=False)
        # Somebody may be adding a line right now: only a second look, alone, is certain.
        return found if found is Standing.IN_STEP else _look(locked=True)
    except OSError:
        return Standing.BROKEN


def require_in_step() -> None:
    """Return if database and ledger agree. Raises ReplayPending, LedgerBroken."""
    _refuse(standing())


def require_booked(booked: Booked | None, *, resource_id: str) -> None:
    """Return if what is removed from a resource was booked. Raises NotBooked."""
    if booked is None or booked.resource_id != resource_id:
        raise NotBooked("This removal is not in the erasure ledger.")


def booked_before(*, reference: str, resource_id: str) -> Booked:
    """Return the proof for doing again what the ledger holds, while the system is closed."""
    return Booked(reference, resource_id, is_replay=True)


def book_erasure(
    *,
    reference: str,
    resource_id: str,
    tables: Iterable[Gone],
    who: Iterable[tuple[str, str]],
    rules: str,
    at: datetime,
) -> Booked:
    """Book that rows of one person go from a resource; once for the same thing.

    `who` are their identifiers as (kind, value), kept as keyed hashes. Outside a transaction.
    Raises LedgerRefused.
    """
    pairs = set(who)
    hashes = sorted(hash_of(kind, value) for kind, value in pairs)
    entry = Entry(
        kind=Kind.ERASURE,
        at=at,
        reference=reference,
        resource=resource_id,
        tables=tuple(sorted(tables, key=lambda one: one.table)),
        kinds=tuple(sorted({kind for kind, _ in pairs})),
        rules=rules,
    )
    for first in range(0, len(hashes), _MOST_HASHES):
        _book_once(replace(entry, who=tuple(hashes[first : first + _MOST_HASHES])))
    return Booked(reference, resource_id)


def book_purge(
    *,
    reference: str,
    resource_id: str,
    gone: Gone,
    kept: Iterable[str] = (),
    as_of: datetime,
    rules: str,
    at: datetime,
) -> Booked:
    """Book that the due rows of a table go; once for a run. Outside a transaction.

    `kept` are tables of the resource whose rows stay for now, due or not. Raises LedgerRefused.
    """
    _book_once(
        Entry(
            kind=Kind.PURGE,
            at=at,
            reference=reference,
            resource=resource_id,
            tables=(gone, *(Gone(name, _KEEP) for name in sorted(kept))),
            as_of=as_of,
            rules=rules,
        )
    )
    return Booked(reference, resource_id)


def drop(*, reference: str, resource_id: str, at: datetime) -> None:
    """Note that what an order booked of a resource was given up before a row went.

    Outside a transaction; nothing where it booked nothing. Raises LedgerRefused.
    """
    if is_anything_booked(reference=reference, resource_id=resource_id):
        book(Entry(kind=Kind.DROPPED, at=at, reference=reference, resource=resource_id))


def hash_of(kind: str, value: str) -> str:
    """Return the keyed hash (hex) under which an identifier stands in the ledger."""
    return keyed_hash(f"{kind}:{value}", purpose="erasure ledger").hex()


def book(entry: Entry, *, catches_up: bool = False) -> Booking:
    """Write one line to the ledger; on disk when this returns. Outside a transaction.

    `catches_up`: the line itself settles that the database was behind. Raises LedgerRefused.
    """
    try:
        with adding_to_ledger() as ledger:
            return _book_into(ledger, entry, catches_up=catches_up)
    except OSError as error:
        raise LedgerUnwritable(
            "The erasure ledger takes no line, so nothing is erased. Look at the place where "
            "ERASURE_LEDGER points: is it there, writable, and is there room?"
        ) from error


def _book_once(entry: Entry) -> None:
    require_in_step()
    known = is_booked(reference=entry.reference, resource_id=entry.resource, content=entry.content)
    if not known:
        book(entry)


def _book_into(ledger: OpenLedger, entry: Entry, *, catches_up: bool) -> Booking:
    head = ledger.head()
    with transaction.atomic(durable=True):
        _settle_unwritten(head)
        known, before = known_heads()
        if not catches_up:
            _refuse(standing_of(head, known, before))
        sequence = max(head.sequence, known.sequence) + 1
        line, text = sealed(entry, sequence=sequence, prev=head.chain, key=chain_key())
        booking = Booking.objects.create(
            sequence=line.sequence,
            chain=line.chain,
            kind=entry.kind.value,
            booked_at=entry.at,
            reference=entry.reference,
            resource_id=entry.resource,
            content=entry.content,
        )
    ledger.add(text)
    Booking.objects.filter(pk=booking.pk).update(is_written=True)
    booking.is_written = True
    return booking


def _settle_unwritten(head: Head) -> None:
    """Confirm or forget the line at which a worker died; its order begins anew."""
    unwritten = Booking.objects.filter(is_written=False)
    unwritten.filter(sequence=head.sequence, chain=head.chain).update(is_written=True)
    Booking.objects.filter(is_written=False).delete()


def _look(*, locked: bool) -> Standing:
    with reading_ledger(locked=locked) as ledger:
        head = ledger.head()
        return standing_of(head, *known_heads())


def _refuse(found: Standing) -> None:
    if found in _TEXTS:
        refusal, text = _TEXTS[found]
        raise refusal(text)
