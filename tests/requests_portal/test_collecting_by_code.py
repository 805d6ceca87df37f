"""A one-time code: made by the person, used by the company, once."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from audit.queries import events_of
from lib.blobs import open_blob
from outbox.queries import messages_for
from requests_portal.domain.codes import COUNT, clean_code, code_from
from requests_portal.domain.lifecycle import State
from requests_portal.domain.porting import Target, Wish
from requests_portal.models import Case, HandoverCode, Letter, Package, PortingWish
from requests_portal.services.collecting import (
    CodeNotUsable,
    collect,
    collected_at,
    make_code,
    may_make_code,
)
from requests_portal.services.handing_over import release_code
from requests_portal.services.links import issue_link
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.packages import PACKAGE_LIFETIME, remove_expired_packages
from tests.requests_portal.test_porting_package import decided, searched

BY_CODE = Wish(target=Target.CODE, company="Nordic Telecom")
WRONG = "2222-2222-2222-2222"


@pytest.fixture
def waiting(company: str, handler: User) -> Case:
    """A case whose package is built and waits to be released."""
    return decided(searched(porting=BY_CODE), handler)


@pytest.fixture
def released(waiting: Case, handler: User) -> Case:
    """The same, released now, so that its codes are still good."""
    release_code(case=waiting, by=handler, at=timezone.now())
    waiting.refresh_from_db()
    return waiting


def body_of(response: HttpResponse) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined] # a streamed one


def package_bytes(case: Case) -> bytes:
    blob = Package.objects.get(case=case).blob
    assert blob is not None
    return b"".join(open_blob(blob))


def visiting(case: Case) -> Client:
    """The person, behind their link."""
    client = Client()
    link = issue_link(case=case, at=timezone.now()).removeprefix(django_settings.PUBLIC_URL)
    client.post(link)
    return client


# --- the code itself ---------------------------------------------------------------------------
@given(st.integers(min_value=0, max_value=COUNT - 1))
def test_a_code_is_read_back_however_it_is_typed(number: int) -> None:
    code = code_from(number)
    assert len(code) == 19
    assert clean_code(code.lower().replace("-", " ")) == code
    assert clean_code(code.replace("-", "")) == code


@pytest.mark.parametrize("typed", ["", "7K3M", "7K3M-Q9XD-2BCF-HJ4O", "7K3M-Q9XD-2BCF-HJ4N-2222"])
def test_what_is_no_code_is_told_apart(typed: str) -> None:
    assert clean_code(typed) is None


# --- release, make, collect --------------------------------------------------------------------
def test_nothing_can_be_made_before_staff_release_it(waiting: Case) -> None:
    now = timezone.now()
    assert not may_make_code(waiting, at=now)
    with pytest.raises(CaseMovedOn):
        make_code(case=waiting, at=now)
    assert not HandoverCode.objects.exists()


def test_release_answers_the_case_and_tells_the_person(released: Case, handler: User) -> None:
    assert released.state == State.ANSWERED
    wish = PortingWish.objects.get(case=released)
    assert wish.released_by == handler
    (mail,) = messages_for(f"case:{released.id}:code-ready")
    assert "Nordic" not in mail.text
    letter = Letter.objects.get(case=released, kind="answer")
    assert letter.message == mail
    assert f"{django_settings.PUBLIC_URL}/collect/" in str(letter.content)
    assert "Nordic Telecom" in str(letter.content)


def test_release_happens_once(released: Case, handler: User) -> None:
    with pytest.raises(CaseMovedOn):
        release_code(case=released, by=handler, at=timezone.now())


def test_only_a_keyed_hash_of_the_code_is_kept(released: Case) -> None:
    now = timezone.now()
    code = make_code(case=released, at=now)
    kept = HandoverCode.objects.get()
    assert code.encode() not in bytes(kept.code_hash)
    assert len(bytes(kept.code_hash)) == 32
    assert kept.expires_at == Package.objects.get(case=released).expires_at
    (event,) = events_of("case", str(released.id)).filter(verb="porting.code_made")
    assert event.data == {}


def test_a_code_opens_the_package_once_and_the_person_is_told(released: Case) -> None:
    now = timezone.now()
    code = make_code(case=released, at=now)
    assert collected_at(released) is None
    package = collect(code=code.lower(), at=now)
    assert package.case_id == released.id
    released.refresh_from_db()
    assert released.state == State.CLOSED
    assert collected_at(released) == now
    (mail,) = messages_for(f"case:{released.id}:handed-over")
    assert "Nordic" not in mail.text
    with pytest.raises(CodeNotUsable):
        collect(code=code, at=now)
    assert events_of("case", str(released.id)).filter(verb="porting.collected").count() == 1


def test_a_new_code_makes_the_one_before_useless(released: Case) -> None:
    now = timezone.now()
    first = make_code(case=released, at=now)
    second = make_code(case=released, at=now)
    with pytest.raises(CodeNotUsable):
        collect(code=first, at=now)
    assert collect(code=second, at=now).case_id == released.id


def test_after_a_download_that_failed_a_new_code_can_be_made(released: Case) -> None:
    now = timezone.now()
    collect(code=make_code(case=released, at=now), at=now)
    later = now + timedelta(hours=1)
    assert collect(code=make_code(case=released, at=later), at=later).case_id == released.id
    assert collected_at(released) == now  # the first time counts


def test_a_code_dies_with_its_package(released: Case) -> None:
    now = timezone.now()
    code = make_code(case=released, at=now)
    expires_at = Package.objects.get(case=released).expires_at
    assert expires_at is not None
    assert now - timedelta(minutes=5) < expires_at - PACKAGE_LIFETIME <= now
    with pytest.raises(CodeNotUsable):
        collect(code=code, at=expires_at)
    assert remove_expired_packages(at=expires_at) == 1
    with pytest.raises(CodeNotUsable):
        collect(code=code, at=now)
    with pytest.raises(CaseMovedOn):
        make_code(case=released, at=now)
    assert collected_at(released) is None


@pytest.mark.parametrize("typed", [WRONG, "", "nonsense"])
def test_an_unknown_code_opens_nothing(released: Case, typed: str) -> None:
    make_code(case=released, at=timezone.now())
    with pytest.raises(CodeNotUsable):
        collect(code=typed, at=timezone.now())
    assert collected_at(released) is None


def test_the_database_keeps_one_open_code(released: Case) -> None:
    now = timezone.now()
    make_code(case=released, at=now)
    kept = HandoverCode.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        HandoverCode.objects.create(
            wish=kept.wish, code_hash=b"x" * 32, made_at=now, expires_at=kept.expires_at
        )


# --- the pages ---------------------------------------------------------------------------------
def test_the_person_makes_a_code_and_sees_it_once(released: Case) -> None:
    person = visiting(released)
    page = person.get("/en/my/").content.decode()
    assert "Nordic Telecom" in page
    assert "Make a code" in page
    response = person.post("/en/my/code/")
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    code = response.context["code"]
    shown = response.content.decode()
    assert code in shown
    assert f"{django_settings.PUBLIC_URL}/collect/" in shown
    assert code not in person.get("/en/my/").content.decode()
    assert person.get("/en/my/code/").status_code == 405


def test_a_stranger_makes_no_code(client: Client, released: Case) -> None:
    assert client.post("/en/my/code/")["Location"] == "/en/link/new/"
    assert not HandoverCode.objects.exists()


def test_a_person_whose_time_is_over_is_sent_to_the_status_page(waiting: Case) -> None:
    assert visiting(waiting).post("/en/my/code/")["Location"] == "/en/my/"


def test_the_company_downloads_with_the_code_and_the_page_says_when(
    client: Client, released: Case
) -> None:
    code = make_code(case=released, at=timezone.now())
    assert client.get("/en/collect/", {"code": code}).status_code == 200  # changes nothing
    assert collected_at(released) is None
    response = client.post("/en/collect/", {"code": code})
    assert response.status_code == 200
    assert body_of(response) == package_bytes(released)  # type: ignore[arg-type] # the client's own
    assert response["Content-Type"] == "application/zip"
    assert response["Repr-Digest"].startswith("sha-256=:")
    assert "no-store" in response["Cache-Control"]
    again = client.post("/en/collect/", {"code": code})
    assert again.status_code == 422
    assert "This code cannot be used." in again.content.decode()
    page = visiting(released).get("/en/my/").content.decode()
    assert "was collected with the code you made for <strong>Nordic Telecom</strong>" in page


def test_the_address_in_the_letter_leads_to_the_page(client: Client, db: None) -> None:
    response = client.get("/collect/", headers={"accept-language": "pl"})
    assert response["Location"] == "/pl/collect/"


def test_an_empty_form_is_told_so(client: Client, db: None) -> None:
    response = client.post("/en/collect/", {"code": ""})
    assert response.status_code == 422
    assert "Enter the code, for example" in response.content.decode()


def test_after_five_wrong_codes_even_the_right_one_waits(client: Client, released: Case) -> None:
    code = make_code(case=released, at=timezone.now())
    for _ in range(5):
        assert client.post("/en/collect/", {"code": WRONG}).status_code == 422
    assert client.post("/en/collect/", {"code": code}).status_code == 429
    assert collected_at(released) is None
    elsewhere = client.post("/en/collect/", {"code": code}, REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 200


def test_right_codes_are_not_counted_as_wrong(client: Client, released: Case) -> None:
    for _ in range(7):
        code = make_code(case=released, at=timezone.now())
        assert client.post("/en/collect/", {"code": code}).status_code == 200
