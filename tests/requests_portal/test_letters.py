"""Letters: nothing leaves without its mandatory parts, and what left is kept as it was."""

import io
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from accounts.models import User
from lib.blobs import open_blob
from outbox.models import Message
from requests_portal.domain.letters import (
    LetterDraft,
    LetterKind,
    Part,
    PartsMissing,
    Passage,
    missing_parts,
    require_parts,
)
from requests_portal.models import Case, Letter
from requests_portal.services.letter_parts import closing_parts, reasons_part
from requests_portal.services.letters import letter_pdf, print_waiting, send_letter
from tests.requests_portal.conftest import NOW


def draft(case: Case, **changes: object) -> LetterDraft:
    whole = LetterDraft(
        kind=LetterKind.DECISION,
        title="Decision on your request",
        subject="Access",
        passages=(
            Passage(part=Part.DECIDED, text="We refuse."),
            Passage(part=Part.GROUND, lines=("Article 12(5)",)),
            reasons_part("It was asked a hundred times."),
            *closing_parts(case),
        ),
        adverse=True,
    )
    return replace(whole, **changes)  # type: ignore[arg-type] # a factory's freedom


def without(case: Case, part: Part) -> LetterDraft:
    whole = draft(case)
    return replace(whole, passages=tuple(one for one in whole.passages if one.part != part))


@pytest.mark.parametrize(
    "part", [Part.DECIDED, Part.GROUND, Part.REASONS, Part.DATES, Part.REMEDIES, Part.AUTHORITY]
)
def test_letter_without_a_mandatory_part_is_refused_and_nothing_is_sent(
    case: Case, handler: User, part: Part
) -> None:
    letters, mails = Letter.objects.count(), Message.objects.count()
    with pytest.raises(PartsMissing) as refusal:
        send_letter(case=case, draft=without(case, part), by=handler, at=NOW)
    assert refusal.value.parts == (part,)
    assert (Letter.objects.count(), Message.objects.count()) == (letters, mails)


def test_passage_that_was_emptied_is_missing(case: Case) -> None:
    number = next(n for n, one in enumerate(draft(case).passages) if one.part is Part.REASONS)
    emptied = draft(case).adjusted({number: "  "})
    with pytest.raises(PartsMissing) as refusal:
        require_parts(emptied)
    assert refusal.value.parts == (Part.REASONS,)


def test_only_marked_passages_can_be_adjusted(case: Case) -> None:
    whole = draft(case)
    changed = whole.adjusted(dict.fromkeys(range(len(whole.passages)), "changed"))
    assert [one.text == "changed" for one in changed.passages] == [
        one.adjustable for one in whole.passages
    ]


@pytest.mark.parametrize("kind", LetterKind)
def test_every_kind_has_parts_it_cannot_go_without(kind: LetterKind) -> None:
    empty = LetterDraft(kind=kind, title="", subject="", passages=())
    assert Part.DECIDED in missing_parts(empty)


def test_what_was_sent_stays_as_it_was_sent(case: Case, handler: User) -> None:
    letter = send_letter(case=case, draft=draft(case), by=handler, at=NOW)
    Case.objects.filter(id=case.id).update(name="Somebody Else")
    blob = letter_pdf(letter)
    pdf = b"".join(open_blob(blob))
    letter.refresh_from_db()
    assert letter.blob == blob
    assert b"".join(open_blob(letter_pdf(letter))) == pdf
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "Hello Ana Kask" in text
    assert "Hanna" in text
    assert "It was asked a hundred times." in text
    assert "Andmekaitse Inspektsioon" in text


def test_letters_are_printed_by_a_sweep(case: Case, handler: User) -> None:
    send_letter(case=case, draft=draft(case), by=handler, at=NOW)
    assert print_waiting() == 2  # the acknowledgement too
    assert print_waiting() == 0
    assert not Letter.objects.filter(blob__isnull=True).exists()


def test_letter_that_cannot_be_printed_keeps_no_other_back(case: Case, handler: User) -> None:
    broken = send_letter(case=case, draft=draft(case), by=handler, at=NOW)
    Letter.objects.filter(pk=broken.pk).update(content={"entity": "??"})
    send_letter(case=case, draft=draft(case), by=handler, at=NOW)
    assert print_waiting() == 2
    assert list(Letter.objects.filter(blob__isnull=True)) == [broken]


def test_acknowledgement_is_a_letter_with_the_dates(case: Case) -> None:
    (letter,) = Letter.objects.filter(case=case)
    assert letter.kind == LetterKind.ACKNOWLEDGEMENT
    assert letter.message is not None
    assert letter.message.reference.endswith(":acknowledgement")
    assert {one["part"] for one in letter.content["passages"]} >= {"decided", "dates", "authority"}


def test_case_page_lists_letters_and_hands_them_out(case: Case, handler: User) -> None:
    client = Client()
    client.force_login(handler)
    letter = Letter.objects.get(case=case)
    page = client.get(reverse("desk:case-detail", args=[case.reference])).content.decode()
    address = reverse("desk:letter-download", args=[case.reference, letter.pk])
    assert address in page
    response = client.get(address)
    assert response["Content-Type"] == "application/pdf"
    assert client.get(reverse("desk:letter-download", args=[case.reference, 0])).status_code == 404
