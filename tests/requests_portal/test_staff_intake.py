"""Requests by e-mail, letter and phone: entered once, on the day they came, with a sealed scan."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.roles import Role
from accounts.models import User
from audit.queries import events_of
from lib.blobs import Blob, BlobChunk, open_blob
from lib.entities import ENTITIES
from outbox.queries import messages_for
from requests_portal.domain.lifecycle import State
from requests_portal.domain.received import (
    EARLIEST,
    ReceiptRefused,
    ReceivedInFuture,
    ReceivedTooEarly,
    received_at,
)
from requests_portal.domain.rights import Channel, Right
from requests_portal.forms.entering import EntryForm
from requests_portal.models import Case, Entry
from requests_portal.services.cases import AlreadyFiled
from requests_portal.services.entering import SCAN_MEGABYTES, Scan, enter_request
from requests_portal.services.files import SCANS, check_upload
from tests.accounts.factories import make_user
from tests.requests_portal.conftest import NOW, intake

TALLINN = ZoneInfo("Europe/Tallinn")
PDF = b"%PDF-1.7\n" + b"0" * 3000 + b"\n%%EOF\n"
NEW = "/desk/cases/new/"


# --- the day -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("on", "at", "instant"),
    [
        (date(2026, 2, 27), None, datetime(2026, 2, 27, 10, tzinfo=UTC)),  # noon in Tallinn
        (date(2026, 2, 27), time(0, 5), datetime(2026, 2, 26, 22, 5, tzinfo=UTC)),
        (date(2026, 3, 5), None, NOW),  # noon is still to come
        (date(2026, 3, 5), time(10, 0), NOW),
        (EARLIEST, None, datetime(1991, 1, 1, 10, tzinfo=UTC)),
    ],
)
def test_the_day_of_receipt_is_the_local_one(on: date, at: time | None, instant: datetime) -> None:
    assert received_at(on=on, at=at, zone=TALLINN, now=NOW) == instant


@pytest.mark.parametrize(
    ("on", "at", "refusal"),
    [
        (date(2026, 3, 6), None, ReceivedInFuture),
        (date(2026, 3, 5), time(10, 1), ReceivedInFuture),
        (EARLIEST - timedelta(days=1), None, ReceivedTooEarly),
    ],
)
def test_no_request_came_tomorrow_or_before_the_calendar(
    on: date, at: time | None, refusal: type[ReceiptRefused]
) -> None:
    with pytest.raises(refusal):
        received_at(on=on, at=at, zone=TALLINN, now=NOW)


@given(
    st.sampled_from(sorted(ENTITIES)),
    st.dates(date(1990, 1, 1), date(2030, 1, 1)),
    st.none() | st.times(),
    st.integers(min_value=0, max_value=40 * 365 * 24).map(
        lambda hours: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    ),
)
def test_an_accepted_day_stays_that_day_and_is_never_to_come(
    code: str, on: date, at: time | None, now: datetime
) -> None:
    zone = ENTITIES[code].tz
    try:
        instant = received_at(on=on, at=at, zone=zone, now=now)
    except ReceivedTooEarly:
        assert on < EARLIEST
    except ReceivedInFuture:
        assert on >= now.astimezone(zone).date()
    else:
        assert instant.astimezone(zone).date() == on
        assert instant <= now


# --- the service -------------------------------------------------------------------------------
def scan(content: bytes = PDF, name: str = "letter.pdf") -> Scan:
    upload = SimpleUploadedFile(name, content)
    checked = check_upload(upload, accepted=SCANS, most_megabytes=20)
    return Scan(upload=upload, checked=checked)


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.LETTER, Channel.PHONE])
@pytest.mark.parametrize("right", list(Right))
def test_every_right_is_entered_from_every_channel(
    company: str, handler: User, channel: Channel, right: Right
) -> None:
    case = enter_request(
        intake=intake(channel=channel, right=right, received_at=NOW - timedelta(days=40)),
        submission=uuid4(),
        scan=None,
        by=handler,
        at=NOW,
    )
    assert (case.state, case.right, case.channel) == (State.RECEIVED, right, channel)
    assert (case.received_on, case.safe_on) == (date(2026, 1, 24), date(2026, 2, 24))
    received = events_of("case", str(case.id)).get(verb="case.received")
    assert (received.actor_kind, received.actor_ref, received.at) == ("staff", str(handler.pk), NOW)
    assert messages_for(f"case:{case.id}:acknowledgement").count() == 1
    assert Entry.objects.get(case=case).entered_by == handler


def test_a_scan_is_sealed_and_gone_with_its_case(company: str, handler: User) -> None:
    case = enter_request(
        intake=intake(channel=Channel.LETTER), submission=uuid4(), scan=scan(), by=handler, at=NOW
    )
    entry = Entry.objects.select_related("scan").get(case=case)
    assert entry.scan is not None
    assert (entry.scan_name, entry.scan_kind) == ("letter.pdf", "pdf")
    assert b"".join(open_blob(entry.scan)) == PDF
    blob = entry.scan
    chunks = BlobChunk.objects.filter(blob=blob)
    assert not any(b"%PDF" in bytes(one.payload) for one in chunks)
    case.letters.all().delete()
    case.delete()
    assert not Blob.objects.filter(pk=blob.pk).exists()
    assert not chunks.all().exists()


def test_the_same_form_twice_is_one_request(company: str, handler: User) -> None:
    submission = uuid4()
    case = enter_request(
        intake=intake(channel=Channel.PHONE), submission=submission, scan=None, by=handler, at=NOW
    )
    with pytest.raises(AlreadyFiled):
        enter_request(
            intake=intake(channel=Channel.PHONE),
            submission=submission,
            scan=scan(),
            by=handler,
            at=NOW,
        )
    assert list(Case.objects.all()) == [case]
    assert not Blob.objects.filter(kind="scan").exists()


def test_of_two_at_the_same_moment_one_wins_and_the_other_leaves_nothing(
    company: str, handler: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = uuid4()
    enter_request(
        intake=intake(channel=Channel.PHONE), submission=submission, scan=None, by=handler, at=NOW
    )
    monkeypatch.setattr("requests_portal.services.entering.case_entered", lambda _: None)
    with pytest.raises(AlreadyFiled), transaction.atomic():
        enter_request(
            intake=intake(channel=Channel.PHONE),
            submission=submission,
            scan=scan(),
            by=handler,
            at=NOW,
        )
    assert Case.objects.count() == 1
    assert not Blob.objects.filter(kind="scan").exists()


def test_the_database_knows_no_scan_without_its_kind(company: str, handler: User) -> None:
    case = enter_request(
        intake=intake(channel=Channel.LETTER), submission=uuid4(), scan=scan(), by=handler, at=NOW
    )
    with pytest.raises(IntegrityError, match="entry_scan_has_kind"), transaction.atomic():
        Entry.objects.filter(case=case).update(scan_kind="")


# --- the page ----------------------------------------------------------------------------------
def filled(**changes: Any) -> dict[str, Any]:
    """Return the form as a handler fills it in."""
    return {
        "submission": str(UUID(int=7)),
        "channel": "letter",
        "received_on": "2026-02-27",
        "received_time": "",
        "entity_code": "EE",
        "right": "erasure",
        "choice": "",
        "about": "Please delete everything.",
        "tell_when_gone": "on",
        "language": "et",
        "name": "Ana Kask",
        "email": " Ana@Example.com ",
        "postal_address": "",
        "phone": "5123 4567",
        "customer_number": "ap-1",
        "for_whom": "self",
        "person_name": "",
        "person_email": "",
        "statement": "",
        **changes,
    }


def desk(*roles: Role) -> Client:
    client = Client()
    client.force_login(make_user(*roles))
    return client


def test_a_handler_enters_a_letter_with_its_scan(company: str) -> None:
    client = desk(Role.HANDLER)
    assert reverse("desk:case-new") in client.get("/desk/").content.decode()
    form = client.get(NEW).content.decode()
    assert 'name="submission"' in form
    answer = client.post(NEW, filled(scan=SimpleUploadedFile("a.pdf", PDF)))
    case = Case.objects.get()
    assert answer.headers["Location"] == f"/desk/cases/{case.reference}/"
    assert (case.email, case.phone, case.customer_number) == (
        "ana@example.com",
        "+37251234567",
        "AP-1",
    )
    assert (case.right, case.channel, case.language) == ("erasure", "letter", "et")
    assert (case.received_on, case.safe_on) == (date(2026, 2, 27), date(2026, 3, 27))
    assert (case.about, case.tell_when_gone) == ("Please delete everything.", True)
    page = client.get(answer.headers["Location"]).content.decode()
    assert "How it reached us" in page
    looked = client.get(f"/desk/cases/{case.reference}/scan/")
    assert (looked.status_code, looked.headers["Content-Type"]) == (200, "application/pdf")
    assert looked.getvalue() == PDF
    assert events_of("case", str(case.id)).filter(verb="scan.viewed").count() == 1


def test_a_second_click_leads_to_the_one_case(company: str) -> None:
    client = desk(Role.DPO)
    first = client.post(NEW, filled())
    second = client.post(NEW, filled())
    assert Case.objects.count() == 1
    assert first.headers["Location"] == second.headers["Location"]


def test_only_workers_enter_requests_and_look_at_scans(company: str) -> None:
    desk(Role.HANDLER).post(NEW, filled(scan=SimpleUploadedFile("a.pdf", PDF)))
    page = f"/desk/cases/{Case.objects.get().reference}/"
    auditor = desk(Role.AUDITOR)
    assert NEW not in auditor.get("/desk/").content.decode()
    assert auditor.get(NEW).status_code == 403
    assert auditor.post(NEW, filled(submission=str(uuid4()))).status_code == 403
    assert "How it reached us" in auditor.get(page).content.decode()
    assert f"{page}scan/" not in auditor.get(page).content.decode()
    assert auditor.get(f"{page}scan/").status_code == 403
    assert Case.objects.count() == 1


def test_a_case_without_a_scan_has_none_to_look_at(company: str) -> None:
    client = desk(Role.HANDLER)
    client.post(NEW, filled())
    assert client.get(f"/desk/cases/{Case.objects.get().reference}/scan/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"right": ""}, "Choose the right."),
        ({"right": "everything"}, "Select a valid choice"),
        ({"channel": "portal"}, "Select a valid choice"),
        ({"entity_code": "DE"}, "Select a valid choice"),
        ({"received_on": ""}, "Enter the day on which it reached us."),
        ({"received_on": "2999-01-01"}, "This lies in the future."),
        ({"received_on": "1990-12-31"}, "No request is that old."),
        ({"name": "www.evil.example"}, "Enter a name alone."),
        ({"email": ""}, "Enter an e-mail address, or a postal address"),
        ({"email": "", "postal_address": " \n "}, "Enter an e-mail address, or a postal address"),
        ({"email": "ana at example"}, "It should look like name@example.com."),
        ({"phone": "12"}, "Enter the number with its country code"),
        ({"choice": "marketing"}, "This does not belong to the right above."),
        ({"scan": SimpleUploadedFile("a.pdf", b"none at all")}, "The file is not what its name"),
        ({"scan": SimpleUploadedFile("a.zip", b"PK\x03\x04\x00\x00")}, "neither PDF nor JPEG"),
        ({"scan": SimpleUploadedFile("a.pdf", b"")}, "The file is empty."),
        (
            {"scan": SimpleUploadedFile("a.pdf", PDF.ljust(20 * 1024 * 1024 + 1))},
            "The file is larger than 20 MB.",
        ),
        ({"for_whom": "mandate"}, "Enter the name of the person they speak for."),
        ({"for_whom": "parental", "person_name": "Mia"}, "Write how they show that they may"),
        ({"for_whom": "neighbour"}, "Select a valid choice"),
    ],
)
def test_what_does_not_hold_is_refused_and_what_was_typed_stays(
    company: str, changes: dict[str, Any], sentence: str
) -> None:
    answer = desk(Role.HANDLER).post(NEW, filled(**changes))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert "Please delete everything." in text
    assert str(UUID(int=7)) in text
    assert not Case.objects.exists()


def test_a_scan_has_to_be_chosen_again_beside_another_mistake(company: str) -> None:
    given_file = SimpleUploadedFile("a.pdf", PDF)
    answer = desk(Role.HANDLER).post(NEW, filled(right="", scan=given_file))
    assert answer.status_code == 422
    assert "Choose the scan again" in answer.content.decode()
    assert "Choose the scan again" not in desk(Role.DPO).get(NEW).content.decode()


def test_a_scan_never_lies_open_on_disk() -> None:
    largest = SimpleUploadedFile("a.pdf", PDF.ljust(SCAN_MEGABYTES * 1024 * 1024))
    request = RequestFactory().post(NEW, filled(scan=largest))
    upload: Any = request.FILES["scan"]
    assert upload.size == SCAN_MEGABYTES * 1024 * 1024
    assert not hasattr(upload, "temporary_file_path")


def test_a_form_without_its_own_number_makes_nothing(company: str) -> None:
    assert desk(Role.HANDLER).post(NEW, filled(submission="")).status_code == 422
    assert not Case.objects.exists()


def test_a_choice_goes_with_its_right_and_telling_with_erasure(company: str) -> None:
    client = desk(Role.HANDLER)
    client.post(NEW, filled(right="objection", choice="marketing"))
    case = Case.objects.get()
    assert (case.choice, case.tell_when_gone) == ("marketing", False)


def test_the_time_counts_in_the_company_s_own_day(company: str) -> None:
    now = timezone.now()
    form = EntryForm(filled(received_time="23:30", entity_code="PL", phone="601 234 567"), now=now)
    assert form.is_valid(), form.errors
    assert form.intake().received_at == datetime(2026, 2, 27, 22, 30, tzinfo=UTC)
