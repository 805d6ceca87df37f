"""A person takes a request back until it is decided; nothing of it is left."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from erasure.models import Plan
from erasure.services.work import work_next
from lib.blobs import Blob
from outbox.queries import messages_for
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case, CollectionUnit
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decisions import decide
from requests_portal.services.erasure import plan_erasure
from requests_portal.services.links import issue_link
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.withdrawing import may_withdraw, withdraw_request
from tests.accounts.factories import make_user
from tests.requests_portal.conftest import NOW, intake

LATER = NOW + timedelta(days=1)


def searched(case: Case) -> Case:
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    while collect_next(clock=lambda: NOW):
        pass
    case.refresh_from_db()
    return case


def test_a_request_that_was_just_received_is_withdrawn(case: Case) -> None:
    assert may_withdraw(case)
    withdrawn = withdraw_request(case=case, at=LATER)
    case.refresh_from_db()
    assert (case.state, case.withdrawn_at, case.started_at) == (State.WITHDRAWN, LATER, None)
    assert (withdrawn.is_open, may_withdraw(case)) == (False, False)
    event = events_of("case", str(case.id)).get(verb="case.withdraw")
    assert (event.actor_kind, event.at) == ("person", LATER)
    mail = messages_for(f"case:{case.id}:").order_by("-id")[0]
    assert mail.subject == f"Your request {case.reference} is withdrawn"
    with pytest.raises(CaseMovedOn):
        withdraw_request(case=case, at=LATER)


def test_what_was_found_is_deleted(case: Case) -> None:
    searched(case)
    assert Blob.objects.filter(kind="collection").exists()
    withdraw_request(case=case, at=LATER)
    assert not Blob.objects.filter(kind="collection").exists()
    assert not CollectionUnit.objects.filter(case=case).exists()
    assert not collect_next(clock=lambda: LATER)


def test_a_search_under_way_finds_nothing_to_do_any_more(case: Case) -> None:
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    withdraw_request(case=case, at=LATER)
    assert not collect_next(clock=lambda: LATER)


def test_a_decided_request_is_carried_out(case: Case, handler: User) -> None:
    searched(case)
    decide(
        case=case,
        outcome=Outcome.GRANTED,
        message="",
        identity_checked=True,
        by=handler,
        at=LATER,
    )
    with pytest.raises(CaseMovedOn):
        withdraw_request(case=case, at=LATER)
    case.refresh_from_db()
    assert case.state == State.DECIDED


def test_the_plan_of_an_erasure_goes_with_its_identifiers(company: str, handler: User) -> None:
    case = searched(receive_case(intake=intake(right=Right.ERASURE), by=Actor.person(), at=NOW))
    plan_erasure(case=case, claims={}, by=handler, at=NOW)
    assert work_next(clock=lambda: NOW)
    withdraw_request(case=case, at=LATER)
    assert not Plan.objects.exists()
    assert events_of("case", str(case.id)).filter(verb="erasure.plan_discarded").count() == 1
    assert not work_next(clock=lambda: LATER)


def test_the_database_ties_the_state_to_its_time(case: Case) -> None:
    for wrong in ({"state": "withdrawn"}, {"withdrawn_at": LATER}):
        with pytest.raises(IntegrityError, match="case_withdrawn"), transaction.atomic():
            Case.objects.filter(id=case.id).update(**wrong)


# --- the pages ---------------------------------------------------------------------------------
@pytest.fixture
def visitor(client: Client, company: str) -> tuple[Client, Case]:
    """Return a browser at the status page of a request received now."""
    now = timezone.now()
    case = receive_case(intake=intake(received_at=now), by=Actor.person(), at=now)
    client.post(issue_link(case=case, at=now).replace("http://localhost:8000", ""))
    return client, case


def test_the_person_is_asked_once_more_and_told(visitor: tuple[Client, Case]) -> None:
    client, case = visitor
    assert "/en/my/withdraw/" in client.get("/en/my/").content.decode()
    asked = client.get("/en/my/withdraw/").content.decode()
    assert "Withdraw your request?" in asked
    case.refresh_from_db()
    assert case.state == State.RECEIVED  # looking at the page changes nothing
    assert client.post("/en/my/withdraw/").headers["Location"] == "/en/my/"
    status = client.get("/en/my/").content.decode()
    assert "You withdrew your request" in status
    assert "Withdrawn on" in status
    assert "/en/my/withdraw/" not in status
    assert client.get("/en/my/withdraw/").headers["Location"] == "/en/my/"


def test_without_the_link_nothing_is_withdrawn(client: Client, case: Case) -> None:
    assert client.post("/en/my/withdraw/").headers["Location"] == "/en/link/new/"
    case.refresh_from_db()
    assert case.state == State.CONFIRMING


def test_the_desk_shows_that_there_is_nothing_to_do(client: Client, case: Case) -> None:
    withdraw_request(case=case, at=LATER)
    client.force_login(make_user(Role.HANDLER))
    page = client.get(f"/desk/cases/{case.reference}/").content.decode()
    assert "Withdrawn by the person" in page
    assert f"/desk/cases/{case.reference}/start/" not in page
    assert case.reference not in client.get("/desk/").content.decode()
    assert case.reference in client.get("/desk/?show=closed").content.decode()
