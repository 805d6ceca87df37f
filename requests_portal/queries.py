"""What the portal and the desk read."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, Prefetch, Q, Sum, Window

from audit.models import Event as AuditEvent
from audit.queries import events_of
from datamap.domain.lines import BLOCK_BYTES, MOST_ROWS, LineReader
from datamap.queries import map_of
from lib.blobs import Blob, BlobChunk, open_blob, read_chunk
from lib.keyed_hash import keyed_hash
from outbox.models import Message
from outbox.queries import messages_for
from requests_portal.domain.expiry import EndDates
from requests_portal.domain.letters import LetterKind
from requests_portal.models import (
    Case,
    CollectedTable,
    CollectionUnit,
    Decision,
    Handover,
    Letter,
    OutsideLink,
    Package,
    PortingWish,
    RecipientNotice,
    Representative,
)

PAGE_ROWS = 50
_MAIL_SEALS = ("message__to", "message__subject", "message__text", "message__html")
#: What collection writes into one chunk at least, if there is so much, and how many rows at most.
CHUNK_BYTES = 3 * BLOCK_BYTES
CHUNK_ROWS = 4 * MOST_ROWS


def email_hash(email: str) -> bytes:
    """Return the keyed hash under which a person's cases are found again."""
    return keyed_hash(email, purpose="case-email")


def known_by(
    *, name: str, email: str, postal_address: str = "", phone: str = "", customer_number: str = ""
) -> dict[str, bytes | None]:
    """Return the fields of a case by which other requests of the same person are found.

    A phone, a customer number and a postal address belong to several people: with the name alone
    they speak of one.
    """

    def of_name(value: str, purpose: str) -> bytes | None:
        words = " ".join(f"{name} {value}".casefold().split())
        return keyed_hash(words, purpose=purpose) if value else None

    return {
        "email_hash": email_hash(email) if email else of_name(postal_address or "-", "case-postal"),
        "phone_hash": of_name(phone, "case-phone"),
        "number_hash": of_name(customer_number, "case-number"),
    }


def case_by_id(case_id: str | UUID | None) -> Case | None:
    return Case.objects.filter(id=case_id).first() if case_id else None


def case_by_reference(reference: str) -> Case | None:
    return Case.objects.select_related("assignee").filter(reference=reference).first()


# --- for the person ----------------------------------------------------------------------------
def answer_of(case: Case, *, at: datetime) -> Package | None:
    """Return the package while it can be downloaded."""
    return (
        Package.objects.select_related("blob")
        .filter(case=case, blob__isnull=False, expires_at__gt=at, case__answered_at__isnull=False)
        .first()
    )


def letter_of(case: Case) -> Letter | None:
    return (
        Letter.objects.select_related("blob")
        .filter(case=case, kind=LetterKind.ANSWER, case__answered_at__isnull=False)
        .last()
    )


def letters_of(case: Case) -> list[Letter]:
    """Return all letters of a case, oldest first, without opening what they say."""
    return list(case.letters.select_related("message").defer("content", *_MAIL_SEALS))


def letters_to_person(case: Case) -> list[Letter]:
    """Return the letters the person was sent, oldest first, without opening what they say."""
    return [one for one in letters_of(case) if one.is_to_person]


def decision_of(case: Case) -> Decision | None:
    """Return the decision in force."""
    return (
        Decision.objects.select_related("decided_by", "proposal__proposed_by")
        .filter(case=case, is_superseded=False)
        .first()
    )


def representative_of(case: Case) -> Representative | None:
    """Return for whom the one who writes speaks, if not for themselves."""
    return Representative.objects.select_related("checked_by").filter(case=case).first()


def representation_open(case: Case) -> bool:
    """Tell whether somebody speaks for another and nobody has checked yet that they may."""
    return Representative.objects.filter(case=case, checked_at__isnull=True).exists()


def person_of(case: Case) -> tuple[str, str]:
    """Return name and address of the person whose data a request is about.

    The address is empty where it is not known: whoever speaks for them gave their own.
    """
    spoken_for = representative_of(case)
    if spoken_for is None:
        return case.name, case.email
    return spoken_for.person_name, spoken_for.person_email


def person_hashes(case: Case) -> frozenset[bytes]:
    """Return whose request it is: two requests that share one of these are one person's.

    That of the address's owner, or of whom they speak for: one parent writes for two children.
    """
    spoken_for = representative_of(case)
    if spoken_for is None:
        known = (case.email_hash, case.phone_hash, case.number_hash)
        return frozenset(bytes(one) for one in known if one is not None)
    name = " ".join(spoken_for.person_name.casefold().split())
    writer = bytes(case.email_hash).hex()
    return frozenset({keyed_hash(f"{writer}\n{name}", purpose="case-person")})


def wish_of(case: Case) -> PortingWish:
    """Return where a person wants their data to go; where nothing was said, to the person."""
    wish = PortingWish.objects.select_related("released_by", "returned_by").filter(case=case)
    return wish.first() or PortingWish(case=case)


def handovers_sent(case: Case) -> list[Handover]:
    """Return what was passed on of a case, or the handing over that made this part of one."""
    return list(
        Handover.objects.select_related("link", "forwarded_case")
        .filter(Q(case=case) | Q(forwarded_case=case), link__isnull=False)
        .order_by("sent_at")
    )


def notices_of(case: Case) -> list[RecipientNotice]:
    """Return the recipients of a case, and how each was told."""
    return list(case.recipient_notices.select_related("link__message"))


# --- for somebody outside ----------------------------------------------------------------------
def outside_link(pk: int | None, *, at: datetime) -> OutsideLink | None:
    """Return a link that was used, with its letter, until its time is over."""
    if pk is None:
        return None
    return (
        OutsideLink.objects.select_related("letter__case")
        .filter(pk=pk, used_at__isnull=False, expires_at__gt=at)
        .first()
    )


# --- one case ----------------------------------------------------------------------------------
def units_of(case: Case) -> list[CollectionUnit]:
    return list(
        case.collection_units.select_related("map_version").prefetch_related(
            Prefetch("tables", CollectedTable.objects.order_by("position"))
        )
    )


def found_rows(case: Case) -> int:
    """Return how many rows of our own were found, over all tables searched so far."""
    total = CollectedTable.objects.filter(unit__case=case, is_ours=True).aggregate(
        total=Sum("row_count", default=0)
    )
    return int(total["total"])


def table_of(case: Case, table_id: int) -> CollectedTable | None:
    return (
        CollectedTable.objects.select_related("unit__map_version", "blob")
        .filter(unit__case=case, id=table_id)
        .first()
    )


def mails_of(case: Case) -> list[Message]:
    """Return the mails of a case without opening their seals, oldest first."""
    return list(messages_for(f"case:{case.id}:").defer("to", "subject", "text", "html"))


def timeline(case: Case) -> list[AuditEvent]:
    return list(events_of("case", str(case.id)).order_by("-at", "-id"))


# --- collected rows ----------------------------------------------------------------------------
class CollectedRow(NamedTuple):
    """One row found: its values by column, and until when it is kept (ISO instant or None)."""

    values: dict[str, Any]
    kept_until: str | None


def collected_rows(table: CollectedTable) -> Iterator[CollectedRow]:
    """Stream all rows of a table; memory does not grow with their number."""
    if table.blob is not None:
        for payload in open_blob(table.blob):
            yield from _rows_in(payload.splitlines(), table)


def collected_page(table: CollectedTable, *, page: int) -> list[CollectedRow]:
    """Return page `page` (from 1) of a table's rows, reading only the chunks it lies in."""
    if table.blob is None:
        return []
    first = (page - 1) * PAGE_ROWS
    lines: list[bytes] = []
    for seq, begins in _chunks_around(table.blob, first=first, last=first + PAGE_ROWS):
        chunk = read_chunk(table.blob, seq).splitlines()
        lines.extend(chunk[max(first - begins, 0) : first + PAGE_ROWS - begins])
    return list(_rows_in(lines, table))


def _rows_in(lines: Sequence[bytes], table: CollectedTable) -> Iterator[CollectedRow]:
    """Read lines of `table` with the map that they were collected by."""
    resource = map_of(table.unit.map_version.hash).resource(table.unit.resource_id)
    mapped = resource.table(table.table_name)
    ends = EndDates(table=mapped, resource=resource)
    for values, anchor in LineReader(mapped).read(lines):
        yield CollectedRow(values, ends.of(anchor))


def _chunks_around(blob: Blob, *, first: int, last: int) -> list[tuple[int, int]]:
    """Return (seq, number of the first row) of the chunks that hold rows first..last-1."""
    ends = Window(Sum("items"), order_by=F("seq").asc())
    chunks = BlobChunk.objects.filter(blob=blob).annotate(ends=ends).order_by("seq")
    return [
        (seq, ends_at - items)
        for seq, items, ends_at in chunks.filter(
            ends__gt=first, ends__lt=last + CHUNK_ROWS
        ).values_list("seq", "items", "ends")
        if ends_at - items < last
    ]
