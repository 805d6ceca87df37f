"""What this database knows of the ledger."""

from django.db.models import QuerySet

from ledger.domain.entries import Kind
from ledger.domain.standing import Head
from ledger.models import Booking


def known_heads() -> tuple[Head, Head]:
    """Return the last line that the database knows, and the one before it."""
    rows = Booking.objects.order_by("-sequence")[:2]
    heads = [Head(one.sequence, one.chain, one.is_written) for one in rows]
    last, before, *_ = [*heads, Head(), Head()]
    return last, before


def is_booked(*, reference: str, resource_id: str, content: str) -> bool:
    """Tell whether this very thing is in the ledger already, and was not given up since."""
    return _in_force(reference, resource_id).filter(content=content).exists()


def is_anything_booked(*, reference: str, resource_id: str) -> bool:
    """Tell whether an order booked removals from a resource that were not given up since."""
    return _in_force(reference, resource_id).exists()


def _in_force(reference: str, resource_id: str) -> QuerySet[Booking]:
    booked = Booking.objects.filter(
        reference=reference, resource_id=resource_id, is_written=True
    ).order_by("-sequence")
    dropped = booked.filter(kind=Kind.DROPPED).first()
    return booked.filter(sequence__gt=dropped.sequence) if dropped else booked
