"""Letters to people outside: one link, once, and a scanner that follows it uses nothing."""

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.domain.actor import Actor
from audit.models import Event
from outbox.models import Message
from requests_portal.domain.outside import Telling
from requests_portal.models import Case, Handover, HandoverFile, OutsideLink
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.forwarding import (
    hand_over,
    letter_for,
    part_of,
    send_handover_again,
)
from requests_portal.services.handover_files import build_next_file
from requests_portal.services.outside import (
    LINK_LIFETIME,
    OutsideLinkNotUsable,
    confirm_receipt,
    outside_link_is_usable,
    redeem_outside_link,
)
from tests.requests_portal.conftest import NOW, intake

PAGE = "/en/handed-over/"


@pytest.fixture(autouse=True)
def _at_that_time() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def case(company: str) -> Case:
    case = receive_case(intake=intake(phone="+37251234567"), by=Actor.person(), at=NOW)
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    while collect_next(clock=lambda: NOW):
        pass
    case.refresh_from_db()
    return case


@pytest.fixture
def handover(case: Case, handler: User) -> Handover:
    draft = letter_for(case, part_of(case, "north"), language="en")
    return hand_over(case=case, controller_id="north", draft=draft, by=handler, at=NOW)


def link_of(handover: Handover) -> OutsideLink:
    return OutsideLink.objects.get(handover=handover)


def token_of(handover: Handover) -> str:
    text: str = Message.objects.get(pk=link_of(handover).message_id).text
    return text.split("/en/letter/")[1].split("/", maxsplit=1)[0]


def sent(handover: Handover, at: datetime = NOW) -> None:
    Message.objects.filter(pk=link_of(handover).message_id).update(
        status="done", sent_at=at, finished_at=at
    )


def opened(handover: Handover) -> Client:
    client = Client()
    response = client.post(f"/en/letter/{token_of(handover)}/")
    assert response.headers["Location"] == PAGE
    return client


def test_following_the_link_changes_nothing(handover: Handover) -> None:
    address = f"/en/letter/{token_of(handover)}/"
    events = Event.objects.count()
    for _ in range(3):
        response = Client().get(address)
        assert response.status_code == 200
        assert "Open the letter" in response.content.decode()
        assert "Ana" not in response.content.decode()
        assert Client().head(address).status_code == 200
    link = link_of(handover)
    assert (link.used_at, Event.objects.count()) == (None, events)
    assert Client().get(PAGE).status_code == 410


def test_the_button_opens_letter_and_file_for_an_hour(handover: Handover) -> None:
    client = opened(handover)
    page = client.get(PAGE).content.decode()
    assert "It is being prepared." in page
    assert client.get(f"{PAGE}file/").status_code == 404
    assert build_next_file(clock=lambda: NOW)
    assert "1 record that we hold for you" in client.get(PAGE).content.decode()
    letter = client.get(f"{PAGE}letter/")
    assert letter.headers["Content-Type"] == "application/pdf"
    assert b"".join(letter.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    fetched = client.get(f"{PAGE}file/")
    content = b"".join(fetched.streaming_content)  # type: ignore[attr-defined]
    assert "request.json" in zipfile.ZipFile(io.BytesIO(content)).namelist()
    verbs = Event.objects.filter(object_id=str(handover.case_id)).values_list("verb", flat=True)
    assert {"handover.link_used", "handover.file_fetched"} <= set(verbs)
    with time_machine.travel(NOW + timedelta(hours=1, seconds=1)):
        for address in (PAGE, f"{PAGE}letter/", f"{PAGE}file/"):
            assert client.get(address).status_code == 410
        assert client.post(f"{PAGE}confirm/").status_code == 410


def test_a_link_works_once(handover: Handover) -> None:
    token = token_of(handover)
    assert redeem_outside_link(token=token, at=NOW) == link_of(handover)
    assert not outside_link_is_usable(token=token, at=NOW)
    with pytest.raises(OutsideLinkNotUsable):
        redeem_outside_link(token=token, at=NOW)
    response = Client().post(f"/en/letter/{token}/")
    assert response.status_code == 410
    assert "This link no longer works" in response.content.decode()
    assert Client().get(f"/en/letter/{token}/").status_code == 410


def test_a_wrong_token_opens_nothing(handover: Handover) -> None:
    for wrong in ("wrong", token_of(handover)[:-1], token_of(handover).swapcase()):
        assert Client().get(f"/en/letter/{wrong}/").status_code == 410
        assert Client().post(f"/en/letter/{wrong}/").status_code == 410
    assert link_of(handover).used_at is None


def test_an_expired_link_opens_nothing_and_ends_the_visit(handover: Handover) -> None:
    token, over = token_of(handover), NOW + LINK_LIFETIME
    assert outside_link_is_usable(token=token, at=over - timedelta(seconds=1))
    assert not outside_link_is_usable(token=token, at=over)
    with pytest.raises(OutsideLinkNotUsable):
        redeem_outside_link(token=token, at=over)
    with time_machine.travel(over - timedelta(minutes=1)):
        client = opened(handover)
        assert client.get(PAGE).status_code == 200
    with time_machine.travel(over):
        assert client.get(PAGE).status_code == 410


def test_only_the_hash_of_a_token_is_kept(handover: Handover) -> None:
    token = token_of(handover)
    assert token.encode() not in bytes(link_of(handover).token_hash)
    assert len(bytes(link_of(handover).token_hash)) == 32


def test_a_new_link_kills_the_former_one(handover: Handover, handler: User) -> None:
    former = token_of(handover)
    sent(handover)
    send_handover_again(handover=handover, by=handler, at=NOW)
    assert token_of(handover) != former
    assert Client().post(f"/en/letter/{former}/").status_code == 410
    assert opened(handover).get(PAGE).status_code == 200


def test_a_used_link_can_be_renewed_and_a_confirmed_one_stays_confirmed(
    handover: Handover, handler: User
) -> None:
    sent(handover)
    client = opened(handover)
    assert client.post(f"{PAGE}confirm/").headers["Location"] == PAGE
    send_handover_again(handover=handover, by=handler, at=NOW)
    handover.refresh_from_db()
    assert handover.state == Telling.ACKNOWLEDGED
    assert client.get(PAGE).status_code == 410  # the visit was that of the former link
    assert "You confirmed on" in opened(handover).get(PAGE).content.decode()


def test_receipt_is_confirmed_by_a_button_once(handover: Handover) -> None:
    client = opened(handover)
    assert client.get(f"{PAGE}confirm/").status_code == 405
    handover.refresh_from_db()
    assert handover.state == Telling.SENT
    client.post(f"{PAGE}confirm/")
    client.post(f"{PAGE}confirm/")
    handover.refresh_from_db()
    assert (handover.state, handover.acknowledged_at) == (Telling.ACKNOWLEDGED, NOW)
    assert Event.objects.filter(verb="handover.acknowledged").count() == 1
    assert not confirm_receipt(link=link_of(handover), at=NOW)


def test_leaving_ends_the_visit(handover: Handover) -> None:
    client = opened(handover)
    assert client.post(f"{PAGE}leave/").status_code == 302
    assert client.get(PAGE).status_code == 410


def test_guessing_is_braked(handover: Handover) -> None:
    client = Client()
    answers = [client.get(f"/en/letter/guess{n}/").status_code for n in range(31)]
    assert answers == [410] * 30 + [429]
    assert client.post(f"/en/letter/{token_of(handover)}/").status_code == 429
    assert link_of(handover).used_at is None


def test_the_person_sees_nothing_of_the_link(handover: Handover) -> None:
    """Two people at one browser: a visit to a letter opens no request, and none the other way."""
    client = opened(handover)
    assert client.get("/en/my/").status_code == 302
    person = Client()
    session = person.session
    session["portal_case"] = str(handover.case_id)
    session["portal_case_until"] = (timezone.now() + timedelta(hours=1)).timestamp()
    session.save()
    assert person.get("/en/my/").status_code == 200
    assert person.get(PAGE).status_code == 410


@pytest.mark.parametrize("delta", [timedelta(days=-1), LINK_LIFETIME])
def test_the_database_knows_no_use_outside_its_time(handover: Handover, delta: timedelta) -> None:
    link = link_of(handover)
    with pytest.raises(IntegrityError, match="used_in_its_time"), transaction.atomic():
        OutsideLink.objects.filter(pk=link.pk).update(used_at=NOW + delta)


def test_the_file_of_another_is_out_of_reach(handover: Handover) -> None:
    HandoverFile.objects.all().delete()
    client = Client()
    assert client.get(f"{PAGE}file/").status_code == 410
