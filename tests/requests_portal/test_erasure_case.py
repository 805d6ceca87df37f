"""An erasure and a correction on a case, from the portal's request to the person's page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.models import Event
from erasure.domain.states import PlanState
from erasure.models import Plan
from erasure.services.work import work_next
from lib.blobs import Blob
from outbox.queries import messages_for
from requests_portal.domain.letters import LetterKind
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case, Decision
from requests_portal.services.cases import close_told, receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decisions import OutcomeContradictsFindings, SearchIncomplete
from requests_portal.services.erasure import approve_erasure, live_plan, plan_erasure
from requests_portal.services.identification import keys_given
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.rectification import correct_next
from requests_portal.services.rulings import answer_nothing_held
from retention.domain.restricting import Reason
from retention.services.restrictions import lift, note_notice_sent, restrict_person
from retention.texts import REASONS
from tests.requests_portal.conftest import NOW, intake, run_sql

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def dpo(db: None) -> User:
    return User.objects.create_user(
        email="dpo@example.org", password="a-long-password", name="Dana", roles=[Role.DPO]
    )


def searched(right: Right, **changes: object) -> Case:
    case = receive_case(intake=intake(right=right, **changes), by=Actor.person(), at=NOW)
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    while collect_next(clock=lambda: LATER):
        pass
    case.refresh_from_db()
    return case


@pytest.fixture
def erasure_case(company: str) -> Case:
    return searched(Right.ERASURE)


def page_of(client: Client, case: Case) -> str:
    return client.get(reverse("desk:case-detail", args=[case.reference])).content.decode()


def do_work() -> None:
    while work_next(clock=timezone.now):
        pass


def own_page(case: Case) -> str:
    """Return the page that the person sees behind the link."""
    client = Client()
    session = client.session
    session["portal_case"] = str(case.id)
    session["portal_case_until"] = (timezone.now() + timedelta(hours=1)).timestamp()
    session.save()
    return client.get("/en/my/").content.decode()


def step(client: Client, name: str, case: Case, data: dict[str, str] | None = None) -> int:
    response = client.post(reverse(f"desk:{name}", args=[case.reference]), data or {})
    return response.status_code


def test_erasure_is_planned_by_one_approved_by_another_and_answered_when_done(
    erasure_case: Case, handler: User, dpo: User, company: str
) -> None:
    case = erasure_case
    first, second = Client(), Client()
    first.force_login(handler)
    second.force_login(dpo)

    assert "Order the plan" in page_of(first, case)
    assert step(first, "erasure-plan", case, {"identity_checked": "on"}) == 302
    do_work()
    plan = Plan.objects.get(state=PlanState.READY)
    assert "Another person has to look through it" in page_of(first, case)
    assert step(first, "erasure-approve", case, {"seen_hash": plan.hash}) == 302
    plan.refresh_from_db()
    assert plan.state == PlanState.READY

    assert "Approve and erase" in page_of(second, case)
    assert step(second, "erasure-approve", case, {"seen_hash": plan.hash}) == 302
    case.refresh_from_db()
    assert case.state == State.FULFILLING
    do_work()

    case.refresh_from_db()
    decision = Decision.objects.get(case=case)
    assert (case.state, decision.outcome) == (State.ANSWERED, Outcome.PARTLY)
    assert decision.decided_by == dpo
    assert [m.reference.rsplit(":", 1)[1] for m in messages_for(f"case:{case.id}:")] == [
        "acknowledgement",
        "done",
    ]
    assert not Blob.objects.filter(kind="collection").exists()
    verbs = set(Event.objects.filter(object_id=str(case.id)).values_list("verb", flat=True))
    assert {"erasure.plan_approved", "erasure.plan_done", "case.answer"} <= verbs
    assert "Carried out" in page_of(first, case)
    letter = case.letters.get(kind=LetterKind.DECISION).content
    summed = next(one for one in letter["passages"] if one["heading"].startswith("What was erased"))
    (billing,) = [row for row in summed["rows"] if row[0].startswith("Customer identity")]
    assert billing[1:] == ["–", "1 kept until 1 January 2028; 2 kept, no end yet"]
    told = own_page(case)
    assert "1 record was erased." in told
    assert "1 record is kept until 1 January 2028." in told
    assert "Legal obligation to keep accounts" in told


def test_approval_needs_the_hash_that_was_seen(
    erasure_case: Case, handler: User, dpo: User
) -> None:
    client = Client()
    client.force_login(dpo)
    plan_erasure(case=erasure_case, claims={}, by=handler, at=LATER)
    do_work()
    assert step(client, "erasure-approve", erasure_case, {"seen_hash": "0" * 64}) == 302
    plan = live_plan(erasure_case)
    assert plan is not None
    assert plan.state == PlanState.READY
    assert "has changed since you saw it" in page_of(client, erasure_case)


def test_claim_needs_a_reason_and_keeps_its_table(
    erasure_case: Case, handler: User, dpo: User
) -> None:
    client = Client()
    client.force_login(handler)
    answers = {"identity_checked": "on", "claims": "company.notes"}
    assert step(client, "erasure-plan", erasure_case, answers) == 422
    assert live_plan(erasure_case) is None
    assert step(client, "erasure-plan", erasure_case, {**answers, "claim_reason": "Court"}) == 302
    do_work()
    plan = live_plan(erasure_case)
    assert plan is not None
    assert plan.claims == {"company.notes": "Court"}
    assert plan.tables.get(table_name="notes").ground == "claim"


def test_plan_is_refused_before_the_search_is_complete(company: str, handler: User) -> None:
    case = receive_case(intake=intake(right=Right.ERASURE), by=Actor.person(), at=NOW)
    with pytest.raises(CaseMovedOn):
        plan_erasure(case=case, claims={}, by=handler, at=LATER)
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    with pytest.raises(SearchIncomplete):
        plan_erasure(case=case, claims={}, by=handler, at=LATER)


def test_changed_data_stops_the_plan_and_a_new_one_finishes_it(
    erasure_case: Case, handler: User, dpo: User, company: str
) -> None:
    client = Client()
    client.force_login(handler)
    plan = plan_erasure(case=erasure_case, claims={}, by=handler, at=LATER)
    do_work()
    plan.refresh_from_db()
    run_sql(
        company,
        "INSERT INTO notes VALUES (77, 'ana@example.com', 'new', NULL, '2026-02-01 08:00+02')",
    )
    approve_erasure(case=erasure_case, plan=plan, seen_hash=plan.hash, by=dpo, at=LATER)
    do_work()
    erasure_case.refresh_from_db()
    assert erasure_case.state == State.FULFILLING
    page = page_of(client, erasure_case)
    assert "Stopped" in page
    assert "Plan anew" in page

    second = plan_erasure(case=erasure_case, claims={}, by=handler, at=LATER)
    do_work()
    second.refresh_from_db()
    approve_erasure(case=erasure_case, plan=second, seen_hash=second.hash, by=dpo, at=LATER)
    do_work()
    erasure_case.refresh_from_db()
    assert erasure_case.state == State.ANSWERED


def test_nothing_held_is_answered_at_once(company: str, handler: User) -> None:
    case = searched(Right.ERASURE, email="nobody@example.com")
    client = Client()
    client.force_login(handler)
    assert "Nothing of ours was found" in page_of(client, case)
    assert step(client, "case-nothing-held", case) == 302
    case.refresh_from_db()
    assert (case.state, case.decisions.get().outcome) == (State.ANSWERED, Outcome.NOTHING_HELD)
    assert "hold no data of ours about you" in own_page(case)


def test_nothing_held_is_refused_where_something_was_found(
    erasure_case: Case, handler: User
) -> None:
    client = Client()
    client.force_login(handler)
    assert step(client, "case-nothing-held", erasure_case) == 302
    erasure_case.refresh_from_db()
    assert erasure_case.state == State.IN_PROGRESS
    with pytest.raises(OutcomeContradictsFindings):
        answer_nothing_held(case=erasure_case, by=handler, at=LATER)


@pytest.mark.parametrize(
    "name", ["erasure-plan", "erasure-approve", "erasure-retry", "case-nothing-held"]
)
def test_auditor_changes_nothing(erasure_case: Case, auditor: User, name: str) -> None:
    client = Client()
    client.force_login(auditor)
    assert step(client, name, erasure_case) == 403


@pytest.mark.parametrize("name", ["erasure-approve", "erasure-retry"])
def test_step_on_a_plan_that_is_not_there_is_not_found(
    erasure_case: Case, handler: User, name: str
) -> None:
    client = Client()
    client.force_login(handler)
    assert step(client, name, erasure_case) == 404


def test_correction_is_answered_when_every_change_is_settled(company: str, handler: User) -> None:
    case = searched(Right.RECTIFICATION, about="My name is Ana Kask-Tamm")
    client = Client()
    client.force_login(handler)
    table = case.collection_units.get().tables.get(table_name="clients")
    row = reverse("desk:correction-row", args=[case.reference, table.pk, 1])
    form = client.get(row).context["form"]
    values = {form[name].html_name: form[name].value() or "" for name in form.fields}
    name_field = next(name for name, value in values.items() if value == "Ana Kask")
    token = client.get(row).context["token"]
    assert (
        client.post(row, {**values, name_field: "Ana Kask-Tamm", "row": token}).status_code == 302
    )
    answer = {"outcome": "granted", "identity_checked": "on", "letter_step": "send"}
    assert step(client, "ruling-decide", case, answer) == 422

    step(client, "correction-apply", case, {"correction": str(case.corrections.get().pk)})
    while correct_next(clock=timezone.now):
        pass
    assert step(client, "ruling-decide", case, answer) == 302
    case.refresh_from_db()
    assert (case.state, case.decisions.get().outcome) == (State.ANSWERED, Outcome.GRANTED)
    told = case.letters.get(kind="decision").content["passages"]
    assert [one["rows"] for one in told if one["heading"].startswith("What was corrected")] == [
        [["Name", "Ana Kask-Tamm", "Ana Kask"]]
    ]
    assert "<del>Ana Kask</del> → <ins>Ana Kask-Tamm</ins>" in own_page(case)


def test_correction_that_leaves_something_needs_ground_reason_and_two_people(
    company: str, handler: User, dpo: User
) -> None:
    case = searched(Right.RECTIFICATION, about="Something")
    client = Client()
    client.force_login(handler)
    answer = {"outcome": "partly", "identity_checked": "on"}
    assert step(client, "ruling-decide", case, answer) == 422
    assert step(client, "ruling-decide", case, {**answer, "outcome": "granted"}) == 200
    granted = {**answer, "outcome": "granted", "letter_step": "send"}
    assert step(client, "ruling-decide", case, granted) == 422  # nothing was corrected
    reasoned = {**answer, "grounds": "accurate", "message": "It is right."}
    assert step(client, "ruling-decide", case, reasoned) == 302
    proposal = case.proposals.get()
    approval = reverse("desk:ruling-approve", args=[case.reference, proposal.pk])
    assert client.post(approval, {"letter_step": "send"}).status_code == 302
    case.refresh_from_db()
    assert case.state == State.IN_PROGRESS  # who proposed it cannot decide it
    client.force_login(dpo)
    assert client.post(approval, {"letter_step": "send"}).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.decisions.get().message) == (State.ANSWERED, "It is right.")
    assert "Article 16 GDPR" in own_page(case)


def test_answered_erasure_is_closed_after_fourteen_days(company: str, handler: User) -> None:
    case = searched(Right.ERASURE, email="nobody@example.com")
    client = Client()
    client.force_login(handler)
    step(client, "case-nothing-held", case)
    case.refresh_from_db()
    assert case.answered_at is not None
    assert close_told(at=case.answered_at + timedelta(days=13)) == 0
    assert close_told(at=case.answered_at + timedelta(days=14)) == 1
    case.refresh_from_db()
    assert case.state == State.CLOSED


def test_restriction_in_force_is_shown_to_staff_and_not_to_the_person(
    erasure_case: Case, handler: User
) -> None:
    desk = Client()
    desk.force_login(handler)
    assert "This person’s data is restricted" not in page_of(desk, erasure_case)
    restriction = restrict_person(
        keys=keys_given(erasure_case),
        reason=Reason.ACCURACY,
        by=Actor.staff(handler.pk),
        at=NOW,
    )

    page = page_of(desk, erasure_case)

    assert "This person’s data is restricted" in page
    assert reverse("retention:restriction-detail", args=[restriction.pk]) in page
    assert f"<dd>{REASONS[Reason.ACCURACY]}</dd>" in page
    assert f"<dd>{handler.name}, " in page
    assert "The rows under it are counted in the plan, but not erased." in page
    assert "restricted" not in own_page(erasure_case)

    note_notice_sent(restriction=restriction, by=Actor.staff(handler.pk), at=LATER)
    restriction.refresh_from_db()
    lift(restriction=restriction, by=Actor.staff(handler.pk), at=LATER)
    assert "This person’s data is restricted" not in page_of(desk, erasure_case)
