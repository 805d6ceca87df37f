"""The queue: whose day it is, what stands behind each filter, and what is seen at a glance."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.keys import SubjectKeys
from erasure.models import Plan, PlanUnit
from erasure.services.approval import forget_plan
from erasure.services.planning import prepare_plan
from lib.units import Status
from outbox.models import Message
from requests_portal.domain.extending import ExtensionGround
from requests_portal.domain.lifecycle import State
from requests_portal.domain.questions import Kind
from requests_portal.domain.signs import Sign
from requests_portal.models import Case, CollectionUnit, Extension, Package, Question
from requests_portal.services.asking import ask, take_answer
from requests_portal.services.cases import assign, receive_case
from requests_portal.services.collection import start_collection
from requests_portal.services.erasure import erasure_reference
from requests_portal.services.extending import extend, extension_letter, settle_extensions
from requests_portal.services.queue import queue, queue_counts
from requests_portal.services.signs import signs_of
from requests_portal.views.desk.queue import FILTERS
from tests.accounts.factories import make_user
from tests.requests_portal.conftest import NOW, intake


def test_overdue_begins_at_each_companys_own_midnight(company: str, handler: User) -> None:
    tallinn = receive_case(intake=intake(), by=Actor.person(), at=NOW)
    warsaw = receive_case(intake=intake(entity_code="PL"), by=Actor.person(), at=NOW)
    assert tallinn.safe_on == warsaw.safe_on

    def late(at: datetime) -> set[str]:
        return {case.reference for case in queue(name="overdue", user=handler, at=at)}

    assert late(datetime(2026, 4, 5, 20, 59, tzinfo=UTC)) == set()
    assert late(datetime(2026, 4, 5, 21, 0, tzinfo=UTC)) == {tallinn.reference}
    assert late(datetime(2026, 4, 5, 22, 0, tzinfo=UTC)) == {tallinn.reference, warsaw.reference}


def ids(name: str, user: User, at: datetime = NOW) -> set[UUID]:
    """Return the cases behind a filter; their number is what the filter says."""
    found = set(queue(name=name, user=user, at=at).values_list("id", flat=True))
    assert len(found) == getattr(queue_counts(user=user, at=at), name)
    return found


def failed(units: QuerySet[Any]) -> None:
    units.update(
        status=Status.FAILED, error_code="x", error_text="x", finished_at=None, lease_token=None
    )


def searched(case: Case) -> Case:
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    return case


def received() -> Case:
    return receive_case(intake=intake(), by=Actor.person(), at=NOW)


def asked(handler: User) -> Question:
    return ask(
        case=searched(received()),
        kind=Kind.IDENTITY,
        reason="Two people.",
        words="Who?",
        by=handler,
        at=NOW,
    )


def sent(message: Message | None) -> None:
    assert message is not None
    Message.objects.filter(pk=message.pk).update(status=Status.DONE, sent_at=NOW, finished_at=NOW)


def extended(handler: User) -> Extension:
    case, ground = received(), ExtensionGround.NUMBER
    draft = extension_letter(case=case, ground=ground, reasons="Seven requests in a week.")
    return extend(case=case, ground=ground, draft=draft, warning_read=False, by=handler, at=NOW)


# --- the signs -----------------------------------------------------------------------------------
def test_each_failure_is_a_sign_and_a_problem(company: str, handler: User) -> None:
    fine, source, mail, package, step = (searched(received()) for _ in range(5))
    assert signs_of([fine.id]) == {}
    failed(CollectionUnit.objects.filter(case=source))
    failed(Message.objects.filter(reference__startswith=f"case:{mail.id}:"))
    Package.objects.create(case=package)
    failed(Package.objects.filter(case=package))
    failed(PlanUnit.objects.filter(plan=planned(step, handler)))
    every = [one.id for one in (fine, source, mail, package, step)]
    assert signs_of(every) == {
        source.id: [Sign.SEARCH_FAILED],
        mail.id: [Sign.MAIL_FAILED],
        package.id: [Sign.WORK_FAILED],
        step.id: [Sign.WORK_FAILED],
    }
    assert ids("problems", handler) == set(every) - {fine.id}
    forget_plan(reference=erasure_reference(step), by=Actor.staff(handler.pk), at=NOW)
    assert signs_of([step.id]) == {}


def planned(case: Case, handler: User) -> Plan:
    """Return the plan of an erasure whose unit waits for a worker."""
    keys = SubjectKeys(emails=("ana@example.com",))
    return prepare_plan(
        reference=erasure_reference(case),
        keys=keys,
        given=keys,
        claims={},
        tell_when_gone=False,
        by=handler,
        at=NOW,
    )


def test_a_failed_mail_of_one_case_or_to_staff_marks_no_other(company: str, handler: User) -> None:
    one, other = received(), received()
    failed(Message.objects.filter(reference__startswith=f"case:{one.id}:"))
    Message.objects.filter(reference__startswith=f"case:{other.id}:").update(reference="staff:1:x")
    failed(Message.objects.filter(reference="staff:1:x"))
    assert ids("problems", handler) == {one.id}


def test_a_problem_that_ended_with_its_case_is_none(company: str, handler: User) -> None:
    case = received()
    failed(Message.objects.filter(reference__startswith=f"case:{case.id}:"))
    Case.objects.filter(pk=case.pk).update(state=State.CLOSED.value, closed_at=NOW)
    assert ids("problems", handler) == set()


def test_a_question_waits_for_its_mail_and_then_for_the_person(company: str, handler: User) -> None:
    question = asked(handler)
    assert signs_of([question.case_id]) == {question.case_id: [Sign.QUESTION_UNSENT]}
    assert ids("waiting", handler) == {question.case_id}
    sent(question.message)
    assert signs_of([question.case_id]) == {question.case_id: [Sign.QUESTION_SENT]}
    take_answer(case=question.case, answer="Me.", at=NOW)
    assert signs_of([question.case_id]) == {}
    assert ids("waiting", handler) == set()


def test_an_extension_is_told_sent_or_too_late(company: str, handler: User) -> None:
    extension = extended(handler)
    case_id = extension.case_id
    assert signs_of([case_id]) == {case_id: [Sign.EXTENSION_UNSENT]}
    sent(extension.letter.message)
    settle_extensions(at=NOW)
    assert signs_of([case_id]) == {case_id: [Sign.EXTENDED]}
    client = Client()
    client.force_login(handler)
    page = client.get("/desk/").content.decode()
    assert "5 Jun 2026" in page
    assert "6 Apr 2026" not in page
    Extension.objects.update(sent_on=None, came_too_late=True)
    assert signs_of([case_id]) == {case_id: [Sign.EXTENSION_LATE]}


def test_who_left_works_on_nothing(company: str, handler: User) -> None:
    case, other = received(), make_user(Role.HANDLER)
    assert ids("unassigned", handler) == {case.id}
    assign(case=case, to=other, by=Actor.system("test"), at=NOW)
    assert ids("unassigned", handler) == set()
    for change in ({"is_active": False}, {"is_active": True, "roles": [Role.AUDITOR.value]}):
        User.objects.filter(pk=other.pk).update(**change)
        assert ids("unassigned", handler) == {case.id}


@pytest.mark.parametrize(
    ("days_left", "name"), [(11, None), (10, "soon"), (0, "soon"), (-1, "overdue")]
)
def test_soon_and_overdue_do_not_overlap(
    company: str, handler: User, days_left: int, name: str | None
) -> None:
    case = received()
    at = datetime(2026, 4, 5, 9, tzinfo=UTC) - timedelta(days=days_left)
    for each in ("soon", "overdue"):
        assert ids(each, handler, at) == ({case.id} if each == name else set())


def test_the_page_shows_the_signs_in_a_fixed_number_of_queries(company: str, handler: User) -> None:
    client = Client()
    client.force_login(handler)

    def queries_with(times: int) -> int:
        for _ in range(times):
            case = asked(handler).case
            failed(CollectionUnit.objects.filter(case=case))
            failed(Message.objects.filter(reference__startswith=f"case:{case.id}:"))
            extended(handler)
        with CaptureQueriesContext(connection) as counted:
            page = client.get("/desk/").content.decode()
        for sign in ("could not be searched", "did not arrive", "Question not sent yet"):
            assert sign in page
        assert "Extension not sent yet" in page
        return len(counted)

    assert queries_with(1) == queries_with(2)


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_is_a_page(company: str, auditor: User, name: str) -> None:
    searched(received())
    client = Client()
    client.force_login(auditor)
    answer = client.get("/desk/", {"show": name})
    assert (answer.status_code, answer.context["show"]) == (200, name)
