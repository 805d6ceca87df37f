"""What this database knows of the ledger."""

from ledger.domain.standing import Head
from ledger.models import Booking


def known_heads() -> tuple[Head, Head]:
    """Return the last line that the database knows, and the one before it."""
    rows = Booking.objects.order_by("-sequence")[:2]
    heads = [Head(one.sequence, one.chain, one.is_written) for one in rows]
    last, before, *_ = [*heads, Head(), Head()]
    return last, before


def is_booked(*, reference: str, resource_id: str, content: str) -> bool:
    """Tell whether this very thing is in the ledger already."""
    booked = Booking.objects.filter(reference=reference, resource_id=resource_id)
    return booked.filter(content=content, is_written=True).exists()
