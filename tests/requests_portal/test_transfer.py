"""Sending a package to another company: over real HTTPS, guarded, tried again, never twice."""

import base64
import hashlib
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from lib.blobs import open_blob
from lib.units import NotFailed, Status
from outbox.queries import messages_for
from requests_portal.connectors.https_push import Limits, NotAccepted, Trust, push
from requests_portal.domain.addresses import WebAddress
from requests_portal.domain.lifecycle import State
from requests_portal.domain.porting import Target, Wish
from requests_portal.models import Case, Letter, Package, PortingWish, Transfer
from requests_portal.queries import answer_of
from requests_portal.services.handing_over import (
    NotTheOfficer,
    approve_transfer,
    release_code,
    retry_transfer,
    return_to_person,
)
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.packages import PACKAGE_LIFETIME
from requests_portal.services.transfers import LEASE, MAX_ATTEMPTS, push_next
from tests.accounts.factories import make_user
from tests.requests_portal.receiver import Receiver, receiver
from tests.requests_portal.test_porting_package import LATER, decided, searched

SOON = LATER + timedelta(hours=1)


def at_once() -> datetime:
    return SOON


@pytest.fixture
def dpo(db: None) -> User:
    return make_user(Role.DPO, email="dpo@example.org", name="Dora")


@pytest.fixture
def partner(tmp_path: Path, settings: Settings) -> Iterator[Receiver]:
    """The other company's server, which the settings allow on the loopback address."""
    with receiver(tmp_path) as running:
        settings.TRANSFER_PRIVATE_HOSTS = ["localhost"]
        settings.TRANSFER_CA_FILE = str(running.authority)
        yield running


@pytest.fixture
def waiting(company: str, handler: User, partner: Receiver) -> Case:
    """A case whose package is built and is to be sent to the partner."""
    wish = Wish(target=Target.URL, company="Nordic Telecom", url=partner.url)
    return decided(searched(porting=wish), handler)


def transfer_of(case: Case) -> Transfer:
    return Transfer.objects.get(case=case)


def verbs(case: Case) -> list[str]:
    return list(events_of("case", str(case.id)).order_by("id").values_list("verb", flat=True))


def test_a_package_is_sent_once_approved_and_the_person_is_told(
    waiting: Case, dpo: User, partner: Receiver
) -> None:
    assert not push_next(clock=at_once)  # nothing goes before it is approved
    transfer = approve_transfer(case=waiting, by=dpo, at=LATER)
    assert push_next(clock=at_once)
    assert not push_next(clock=at_once)
    (taken,) = partner.taken
    package = Package.objects.get(case=waiting)
    assert package.blob is not None
    assert taken.body == b"".join(open_blob(package.blob))
    digest = base64.b64encode(hashlib.sha256(taken.body).digest()).decode()
    assert taken.path == "/in?key=s3cret"
    assert {name: value for name, value in taken.headers.items() if name != "Host"} == {
        "Content-Type": "application/zip",
        "Content-Length": str(len(taken.body)),
        "Content-Disposition": f'attachment; filename="{waiting.reference}.zip"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "Idempotency-Key": f'"{transfer.pk}"',
        "Case-Reference": waiting.reference,
        "User-Agent": "Apifonica-Privacy",
    }
    transfer.refresh_from_db()
    assert (transfer.status, transfer.answer_status, transfer.finished_at) == (
        Status.DONE,
        201,
        SOON,
    )
    assert transfer.bytes_sent == package.size
    waiting.refresh_from_db()
    assert (waiting.state, waiting.answered_at) == (State.ANSWERED, SOON)
    (mail,) = messages_for(f"case:{waiting.id}:handed-over")
    assert "Nordic" not in mail.text + mail.subject
    letter = Letter.objects.get(case=waiting, kind="answer")
    assert letter.message == mail
    assert "We sent it to Nordic Telecom on 5 March 2026" in str(letter.content)
    own_copy = answer_of(waiting, at=SOON)
    assert own_copy is not None
    assert own_copy.expires_at == SOON + PACKAGE_LIFETIME
    assert verbs(waiting)[-5:] == [
        "package.waits",
        "transfer.approved",
        "case.answer",
        "letter.sent",
        "transfer.done",
    ]


def test_only_the_officer_approves(waiting: Case, handler: User) -> None:
    with pytest.raises(NotTheOfficer):
        approve_transfer(case=waiting, by=handler, at=LATER)
    assert not Transfer.objects.exists()


def test_of_two_approvals_one_counts(waiting: Case, dpo: User) -> None:
    approve_transfer(case=waiting, by=dpo, at=LATER)
    with pytest.raises(CaseMovedOn):
        approve_transfer(case=waiting, by=dpo, at=LATER)
    assert Transfer.objects.count() == 1


def test_nothing_is_approved_before_the_package_is_there_or_for_the_person(
    company: str, handler: User, dpo: User, partner: Receiver
) -> None:
    wish = Wish(target=Target.URL, company="Nordic", url=partner.url)
    early = searched(porting=wish)
    own = decided(searched(), handler)
    for case in (early, own):
        with pytest.raises(CaseMovedOn):
            approve_transfer(case=case, by=dpo, at=LATER)
        with pytest.raises(CaseMovedOn):
            release_code(case=case, by=handler, at=LATER)
        with pytest.raises(CaseMovedOn):
            return_to_person(case=case, reason="x", by=handler, at=LATER)


@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [
        (302, "redirected", Status.FAILED),
        (307, "redirected", Status.FAILED),
        (401, "rejected", Status.FAILED),
        (413, "rejected", Status.FAILED),
        (408, "busy", Status.QUEUED),
        (429, "busy", Status.QUEUED),
        (500, "busy", Status.QUEUED),
        (503, "busy", Status.QUEUED),
    ],
)
def test_anything_but_2xx_leaves_the_person_untold(
    waiting: Case, dpo: User, partner: Receiver, answer: int, code: str, status: Status
) -> None:
    partner.answers = [answer]
    approve_transfer(case=waiting, by=dpo, at=LATER)
    assert push_next(clock=at_once)
    transfer = transfer_of(waiting)
    assert (transfer.status, transfer.error_code, transfer.answer_status) == (status, code, answer)
    assert len(partner.taken) == 1  # no redirect is followed
    waiting.refresh_from_db()
    assert waiting.state == State.FULFILLING
    assert not messages_for(f"case:{waiting.id}:handed-over").exists()
    event = events_of("case", str(waiting.id)).get(verb="transfer.failed")
    assert event.data == {"attempt": 1, "code": code, "status": answer}


def test_it_is_tried_again_with_the_same_key_until_it_is_taken(
    waiting: Case, dpo: User, partner: Receiver
) -> None:
    partner.answers = [503, 500, 204]
    approve_transfer(case=waiting, by=dpo, at=LATER)
    assert push_next(clock=at_once)
    assert not push_next(clock=at_once)  # not before its pause is over
    assert push_next(clock=lambda: SOON + timedelta(minutes=1))
    assert push_next(clock=lambda: SOON + timedelta(minutes=5))
    assert transfer_of(waiting).answer_status == 204
    assert len({one.headers["Idempotency-Key"] for one in partner.taken}) == 1
    assert len({one.body for one in partner.taken}) == 1
    assert len(partner.taken) == 3


def test_it_is_given_up_after_its_last_try_and_can_be_sent_again(
    waiting: Case, dpo: User, handler: User, partner: Receiver
) -> None:
    partner.answers = [503]
    transfer = approve_transfer(case=waiting, by=dpo, at=LATER)
    with pytest.raises(NotFailed):
        retry_transfer(transfer=transfer, by=Actor.staff(handler.pk), at=LATER)
    times = (SOON + timedelta(hours=5 * number) for number in range(200))
    while push_next(clock=lambda: next(times)):
        pass
    transfer.refresh_from_db()
    assert (transfer.status, transfer.attempts) == (Status.FAILED, MAX_ATTEMPTS)
    partner.answers = [200]
    again = SOON + timedelta(days=50)
    retry_transfer(transfer=transfer, by=Actor.staff(handler.pk), at=again)
    assert push_next(clock=lambda: again)
    waiting.refresh_from_db()
    assert waiting.state == State.ANSWERED
    assert "transfer.requeued" in verbs(waiting)


def test_a_worker_that_died_is_followed_by_one_with_the_same_key(
    waiting: Case, dpo: User, partner: Receiver
) -> None:
    transfer = approve_transfer(case=waiting, by=dpo, at=LATER)
    # As a worker leaves it that was killed after the company took everything.
    Transfer.objects.filter(pk=transfer.pk).update(
        status="running", attempts=1, lease_until=SOON - LEASE, lease_token=transfer.pk
    )
    assert push_next(clock=at_once)
    assert [one.headers["Idempotency-Key"] for one in partner.taken] == [f'"{transfer.pk}"']
    assert transfer_of(waiting).status == Status.DONE


def test_a_worker_that_dies_every_time_is_told_to_staff(waiting: Case, dpo: User) -> None:
    transfer = approve_transfer(case=waiting, by=dpo, at=LATER)
    Transfer.objects.filter(pk=transfer.pk).update(attempts=MAX_ATTEMPTS)
    assert push_next(clock=at_once)
    transfer.refresh_from_db()
    assert (transfer.status, transfer.error_code) == (Status.FAILED, "interrupted_here")


def test_a_package_that_cannot_be_read_is_not_lost(
    waiting: Case, dpo: User, partner: Receiver
) -> None:
    blob = Package.objects.get(case=waiting).blob
    assert blob is not None
    blob.chunks.all().delete()  # as damage on the disk would
    approve_transfer(case=waiting, by=dpo, at=LATER)
    assert push_next(clock=at_once)
    transfer = transfer_of(waiting)
    assert (transfer.status, transfer.error_code) == (Status.QUEUED, "internal")
    assert partner.taken == []


def test_a_connection_that_breaks_off_is_tried_again(
    waiting: Case, dpo: User, partner: Receiver
) -> None:
    partner.break_after = 100
    approve_transfer(case=waiting, by=dpo, at=LATER)
    assert push_next(clock=at_once)
    transfer = transfer_of(waiting)
    assert transfer.status == Status.QUEUED
    assert transfer.error_code in {"interrupted", "odd_answer", "unreachable"}
    assert transfer.answer_status is None


def test_a_certificate_that_nobody_vouches_for_is_refused(
    waiting: Case, dpo: User, partner: Receiver, settings: Settings
) -> None:
    settings.TRANSFER_CA_FILE = ""
    approve_transfer(case=waiting, by=dpo, at=LATER)
    assert push_next(clock=at_once)
    transfer = transfer_of(waiting)
    assert (transfer.status, transfer.error_code) == (Status.FAILED, "certificate")
    assert partner.taken == []


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    with receiver(tmp_path, name="other.example") as running:
        trust = Trust(private_hosts=("localhost",), authorities=str(running.authority))
        with pytest.raises(NotAccepted) as refused:
            _push("localhost", running.port, trust=trust)
    assert refused.value.code == "certificate"


def test_without_leave_nothing_goes_to_a_network_of_ours(
    waiting: Case, dpo: User, partner: Receiver, settings: Settings
) -> None:
    settings.TRANSFER_PRIVATE_HOSTS = []
    approve_transfer(case=waiting, by=dpo, at=LATER)
    assert push_next(clock=at_once)
    transfer = transfer_of(waiting)
    assert (transfer.status, transfer.error_code) == (Status.FAILED, "address")
    assert partner.taken == []


# --- the guard ---------------------------------------------------------------------------------
def _push(
    host: str, port: int, *, trust: Trust | None = None, limits: Limits | None = None
) -> list[int]:
    sent: list[int] = []
    push(
        WebAddress(host=host, port=port, path="/in"),
        body=[b"one", b"two"],
        headers={"Content-Length": "6"},
        trust=trust or Trust(),
        tick=sent.append,
        limits=limits or Limits(),
    )
    return sent


def _resolve(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let the name server answer so, in turn; the names asked for are returned."""
    asked: list[str] = []

    def answer(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [
            (
                socket.AF_INET6 if ":" in one else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (one, port, 0, 0) if ":" in one else (one, port),
            )
            for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["10.1.2.3"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["224.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],  # a public one beside it does not help
    ],
)
def test_a_public_name_with_a_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, partner: Receiver, found: list[str]
) -> None:
    _resolve(monkeypatch, found)
    reached: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, place: reached.append(place))
    with pytest.raises(NotAccepted) as refused:
        _push("in.example.com", partner.port)
    assert (refused.value.code, refused.value.may_pass) == ("private_address", False)
    assert reached == []  # not even tried
    assert partner.taken == []


def test_a_name_that_changes_after_it_was_looked_at_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch, partner: Receiver
) -> None:
    asked = _resolve(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    reached: list[Any] = []
    connect = socket.socket.connect

    def rebound(self: socket.socket, place: Any) -> None:
        reached.append(place)
        connect(self, ("127.0.0.1", place[1]))  # whatever was promised, it ends here

    monkeypatch.setattr(socket.socket, "connect", rebound)
    with pytest.raises(NotAccepted) as refused:
        _push("in.example.com", partner.port)
    assert refused.value.code == "private_address"
    assert asked == ["in.example.com"]  # resolved once: there is no second answer to fall for
    assert reached == [("8.8.8.8", partner.port)]
    assert partner.taken == []


def test_a_name_nobody_knows_is_told_so() -> None:
    with pytest.raises(NotAccepted) as refused:
        _push("x" * 70 + ".example", 443)
    assert (refused.value.code, refused.value.may_pass) == ("unknown_host", True)


def test_a_server_that_is_not_there_is_tried_again(partner: Receiver) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(NotAccepted) as refused:
            _push("localhost", port, trust=Trust(private_hosts=("localhost",)))
    assert (refused.value.code, refused.value.may_pass) == ("unreachable", True)


def test_a_server_that_never_answers_is_cut_off(partner: Receiver) -> None:
    partner.pause = 3
    trust = Trust(private_hosts=("localhost",), authorities=str(partner.authority))
    with pytest.raises(NotAccepted) as refused:
        _push("localhost", partner.port, trust=trust, limits=Limits(answer=0.2))
    assert refused.value.may_pass
    assert refused.value.status is None


def test_a_server_that_takes_too_long_is_given_up(partner: Receiver) -> None:
    trust = Trust(private_hosts=("localhost",), authorities=str(partner.authority))
    with pytest.raises(NotAccepted) as refused:
        _push("localhost", partner.port, trust=trust, limits=Limits(body=-1))
    assert refused.value.code == "too_slow"


def test_progress_is_told_piece_by_piece(partner: Receiver) -> None:
    trust = Trust(private_hosts=("localhost",), authorities=str(partner.authority))
    assert _push("localhost", partner.port, trust=trust) == [3, 3]
    assert partner.taken[0].body == b"onetwo"


def test_refusals_hold_no_part_of_the_address(partner: Receiver) -> None:
    with pytest.raises(NotAccepted) as refused:
        _push("localhost", partner.port)
    assert str(refused.value) == "private_address"


# --- given to the person after all --------------------------------------------------------------
def test_what_could_not_be_sent_is_given_to_the_person_with_the_reason(
    waiting: Case, dpo: User, handler: User, partner: Receiver
) -> None:
    partner.answers = [403]
    approve_transfer(case=waiting, by=dpo, at=LATER)
    with pytest.raises(CaseMovedOn):  # it is under way
        return_to_person(case=waiting, reason="x", by=handler, at=LATER)
    assert push_next(clock=at_once)
    return_to_person(case=waiting, reason="They refuse it.", by=handler, at=SOON)
    waiting.refresh_from_db()
    assert waiting.state == State.ANSWERED
    assert answer_of(waiting, at=SOON) is not None
    assert PortingWish.objects.get(case=waiting).returned_by == handler
    letter = Letter.objects.get(case=waiting, kind="answer")
    assert letter.message is not None
    assert letter.message.reference == f"case:{waiting.id}:answer"
    words = str(letter.content)
    assert "They refuse it." in words
    assert "Article 20(2) GDPR" in words
    with pytest.raises(CaseMovedOn):  # it is over
        retry_transfer(transfer=transfer_of(waiting), by=Actor.staff(handler.pk), at=SOON)
