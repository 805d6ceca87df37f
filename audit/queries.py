"""Reading the log, and checking that its chain is whole."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from audit.domain.chain import Head, SealedEvent, SealedLink, fault_in
from audit.models import Event, Link

_PAGE = 1000


@dataclass(frozen=True)
class ChainReport:
    """`head` is the last link that holds. `fault` is a sentence about the first that does not."""

    head: Head
    fault: str


def events_of(object_kind: str, object_id: str) -> QuerySet[Event]:
    """Return the events of one object, oldest first."""
    return Event.objects.filter(object_kind=object_kind, object_id=object_id).order_by("id")


def check_chain(*, known: Head | None = None) -> ChainReport:
    """Walk the whole chain, memory constant, and stop at the first break.

    A chain cut off at its end looks whole: pass a head noted earlier and kept elsewhere as
    `known`, and the chain must still run through it.
    """
    head = Head()
    for link in _links():
        fault = fault_in(link, after=head)
        if not fault and known is not None and link.seq == known.seq and link.hash != known.hash:
            fault = f"Link {link.seq} is not the one that was noted."
        if fault:
            return ChainReport(head=head, fault=fault)
        head = Head(seq=link.seq, hash=link.hash)
    if known is not None and head.seq < known.seq:
        return ChainReport(head=head, fault=f"The chain ends before the noted link {known.seq}.")
    unsealed = Event.objects.filter(link__isnull=True).order_by("id").first()
    if unsealed is not None:
        return ChainReport(head=head, fault=f"Event {unsealed.pk} has no link.")
    return ChainReport(head=head, fault="")


def _links() -> Iterator[SealedLink]:
    """Yield every link in order with its event, a page at a time by key."""
    last = -1
    while page := list(Link.objects.filter(seq__gt=last).order_by("seq")[:_PAGE]):
        events = _events([link.event_id for link in page])
        for link in page:
            yield SealedLink(
                seq=link.seq,
                event_id=link.event_id,
                prev_hash=bytes(link.prev_hash),
                hash=bytes(link.hash),
                event=events.get(link.event_id),
            )
        last = page[-1].seq


def _events(ids: list[int]) -> dict[int, SealedEvent]:
    rows = Event.objects.filter(pk__in=ids).annotate(data_text=Cast("data", TextField()))
    return {
        row.pk: SealedEvent(
            id=row.pk,
            at=row.at,
            actor_kind=row.actor_kind,
            actor_ref=row.actor_ref,
            verb=row.verb,
            object_kind=row.object_kind,
            object_id=row.object_id,
            data=row.data_text,
            recorded_at=row.recorded_at,
        )
        for row in rows.iterator(chunk_size=_PAGE)
    }
