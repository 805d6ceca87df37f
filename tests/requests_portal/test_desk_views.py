"""The desk as staff see it: each page and each step beside its denial."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from lib.units import Status
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Right
from requests_portal.models import Case, CollectedTable, CollectionUnit, Package
from requests_portal.services.cases import assign, receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.packages import build_next
from tests.requests_portal.conftest import NOW, intake, run_sql


def url(name: str, case: Case, *more: object) -> str:
    return reverse(f"desk:{name}", args=[case.reference, *more])


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def desk(handler: User) -> Client:
    return client_of(handler)


def searched(case: Case, handler: User) -> Case:
    start_collection(case=case, by=Actor.staff(handler.pk), at=timezone.now())
    assert collect_next(clock=timezone.now)
    case.refresh_from_db()
    return case


READS = ["case-detail", "case-progress", "answer-letter"]
STEPS = ["case-assign", "case-start", "case-decide", "case-close", "package-retry"]


@pytest.mark.parametrize("name", READS + STEPS)
def test_strangers_are_sent_to_the_sign_in(client: Client, case: Case, name: str) -> None:
    response = client.post(url(name, case)) if name in STEPS else client.get(url(name, case))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SECURITY, Role.ENGINEER])
def test_only_handlers_and_the_dpo_work_on_cases(case: Case, name: str, role: Role) -> None:
    user = User.objects.create_user(email="x@example.org", name="X", roles=[role])
    assert client_of(user).post(url(name, case)).status_code == 403
    case.refresh_from_db()
    assert (case.state, case.assignee) == (State.CONFIRMING, None)


@pytest.mark.parametrize("role", [Role.SECURITY, Role.ENGINEER])
def test_other_roles_see_no_cases(case: Case, role: Role) -> None:
    user = User.objects.create_user(email="x@example.org", name="X", roles=[role])
    client = client_of(user)
    assert client.get(reverse("desk:case-list")).status_code == 403
    assert client.get(url("case-detail", case)).status_code == 403


@pytest.mark.parametrize("name", STEPS)
def test_steps_refuse_get(desk: Client, case: Case, name: str) -> None:
    assert desk.get(url(name, case)).status_code == 405


def test_auditor_reads_the_case_but_not_the_rows(case: Case, handler: User, auditor: User) -> None:
    searched(case, handler)
    table = CollectedTable.objects.get(table_name="clients")
    client = client_of(auditor)
    assert client.get(url("case-detail", case)).status_code == 200
    assert client.get(url("table-rows", case, table.pk)).status_code == 403


def test_unknown_reference_is_404(desk: Client, company: str) -> None:
    assert desk.get("/desk/cases/AP-2222-2222/").status_code == 404


def test_queue_orders_by_the_safe_date_and_counts_every_filter(
    desk: Client, handler: User, company: str
) -> None:
    late = receive_case(intake=intake(), by=Actor.person(), at=NOW)
    now = timezone.now()
    fresh = receive_case(intake=intake(received_at=now), by=Actor.person(), at=now)
    assign(case=fresh, to=handler, by=Actor.staff(handler.pk), at=now)
    page = desk.get(reverse("desk:case-list")).content.decode()
    assert page.index(late.reference) < page.index(fresh.reference)
    mine = desk.get(reverse("desk:case-list"), {"show": "mine"})
    assert fresh.reference in mine.content.decode()
    assert late.reference not in mine.content.decode()
    assert {key: count for key, _label, count in mine.context["filters"]} == {
        "open": 2,
        "mine": 1,
        "unassigned": 1,
        "soon": 0,
        "overdue": 1,
        "waiting": 0,
        "problems": 0,
        "messages": 0,
        "outside": 0,
        "post": 0,
        "closed": 0,
    }


def test_queue_is_narrowed_to_a_right_and_a_company_with_its_counts(
    desk: Client, company: str
) -> None:
    def received(right: Right, code: str) -> str:
        given = intake(right=right, entity_code=code)
        return receive_case(intake=given, by=Actor.person(), at=NOW).reference

    wanted = received(Right.ERASURE, "LV")
    others = [received(Right.ERASURE, "EE"), received(Right.ACCESS, "LV")]
    page = desk.get("/desk/", {"show": "open", "right": "erasure", "entity_code": "LV"})
    text = page.content.decode()
    assert wanted in text
    assert not any(other in text for other in others)
    assert page.context["filters"][0][2] == 1
    assert 'href="?show=mine&amp;right=erasure&amp;entity_code=LV"' in text
    all_of_them = desk.get("/desk/", {"right": "everything", "entity_code": "DE"})
    assert all_of_them.context["filters"][0][2] == 3


def test_queue_finds_a_reference_however_it_is_typed(desk: Client, case: Case) -> None:
    typed = case.reference.lower().replace("-", " ")
    response = desk.get(reverse("desk:case-list"), {"q": typed})
    assert response["Location"] == url("case-detail", case)
    missing = desk.get(reverse("desk:case-list"), {"q": "AP-2222-2222"})
    assert "No case has the reference" in missing.content.decode()


def test_queue_query_count_does_not_grow_with_cases(desk: Client, company: str) -> None:
    def queries_with(cases: int) -> int:
        for _ in range(cases):
            receive_case(intake=intake(), by=Actor.person(), at=NOW)
        with CaptureQueriesContext(connection) as counted:
            desk.get(reverse("desk:case-list"))
        return len(counted)

    assert queries_with(1) == queries_with(2)


def test_take_the_case(desk: Client, case: Case, handler: User) -> None:
    desk.post(url("case-assign", case))
    case.refresh_from_db()
    assert case.assignee == handler


def test_start_search_shows_progress_then_findings(desk: Client, case: Case, handler: User) -> None:
    response = desk.post(url("case-start", case), follow=True)
    assert "The search has begun" in response.content.decode()
    polled = desk.get(url("case-progress", case))
    assert polled.status_code == 200
    assert "hx-trigger" in polled.content.decode()
    assert collect_next(clock=timezone.now)
    polled = desk.get(url("case-progress", case))
    assert polled.status_code == 286
    page = polled.content.decode()
    assert "hx-trigger" not in page
    assert "Invoices" in page
    assert "North AS" in page


def test_start_twice_tells_the_second(desk: Client, case: Case) -> None:
    desk.post(url("case-start", case))
    response = desk.post(url("case-start", case), follow=True)
    assert "Somebody has already moved this on." in response.content.decode()
    assert CollectionUnit.objects.count() == 1


def test_failed_source_says_what_to_do_and_can_be_retried(
    desk: Client, case: Case, company: str, handler: User
) -> None:
    run_sql(company, "ALTER TABLE notes RENAME TO notes_away")
    desk.post(url("case-start", case))
    assert collect_next(clock=timezone.now)
    page = desk.get(url("case-detail", case)).content.decode()
    assert "This source could not be searched (mismatch, attempt 1)" in page
    assert "manage.py datamap check" in page
    CollectionUnit.objects.update(status=Status.FAILED)
    unit = CollectionUnit.objects.get()
    assert "Try again now" in desk.get(url("case-detail", case)).content.decode()
    desk.post(url("unit-retry", case, unit.pk))
    unit.refresh_from_db()
    assert unit.status == Status.QUEUED


def test_retry_of_another_cases_unit_is_404(desk: Client, case: Case, handler: User) -> None:
    other = receive_case(intake=intake(), by=Actor.person(), at=NOW)
    searched(other, handler)
    unit = other.collection_units.get()
    assert desk.post(url("unit-retry", case, unit.pk)).status_code == 404


def test_rows_are_paged_and_each_look_is_on_record(
    desk: Client, case: Case, handler: User, company: str
) -> None:
    run_sql(
        company,
        "INSERT INTO notes SELECT n, 'ANA@example.com', 'note ' || n, NULL, now() "
        "FROM generate_series(10, 1209) n",
    )
    searched(case, handler)
    table = CollectedTable.objects.get(table_name="notes")
    assert table.row_count == 1201
    first = desk.get(url("table-rows", case, table.pk))
    assert [row.values["id"] for _values, row, _until in first.context["page"].rows] == [
        1,
        *range(10, 59),
    ]
    eleventh = desk.get(url("table-rows", case, table.pk), {"page": 11})
    assert [row.values["id"] for _values, row, _until in eleventh.context["page"].rows] == list(
        range(509, 559)
    )
    last = desk.get(url("table-rows", case, table.pk), {"page": 999})
    assert [row.values["id"] for _values, row, _until in last.context["page"].rows] == [1209]
    looks = events_of("case", str(case.id)).filter(verb="data.viewed").order_by("id")
    assert [event.actor_ref for event in looks] == [str(handler.pk)] * 3


def test_rows_of_another_case_are_404(desk: Client, case: Case, handler: User) -> None:
    other = receive_case(intake=intake(), by=Actor.person(), at=NOW)
    searched(other, handler)
    table = CollectedTable.objects.filter(unit__case=other, is_ours=True).first()
    assert table is not None
    assert desk.get(url("table-rows", case, table.pk)).status_code == 404


def test_decide_with_name_and_time_then_letter_and_close(
    desk: Client, case: Case, handler: User
) -> None:
    searched(case, handler)
    response = desk.post(
        url("case-decide", case),
        {"outcome": "granted", "message": "Dear Ana", "identity_checked": "on"},
        follow=True,
    )
    assert "Your decision is recorded." in response.content.decode()
    assert build_next(clock=timezone.now)
    page = desk.get(url("case-detail", case)).content.decode()
    assert "Decided by Hanna" in page
    letter = desk.get(url("answer-letter", case))
    assert b"".join(letter.streaming_content)[:5] == b"%PDF-"  # type: ignore[attr-defined]
    desk.post(url("case-close", case))
    case.refresh_from_db()
    assert case.state == State.CLOSED


def test_letter_before_the_answer_is_404(desk: Client, case: Case) -> None:
    assert desk.get(url("answer-letter", case)).status_code == 404


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"outcome": "granted"}, "Confirm that you have checked whose data this is"),
        ({"identity_checked": "on"}, "Choose a decision."),
        (
            {"outcome": "nothing_held", "identity_checked": "on"},
            "This does not fit what was found.",
        ),
    ],
)
def test_decide_refuses_what_is_incomplete_and_changes_nothing(
    desk: Client, case: Case, handler: User, answers: dict[str, str], sentence: str
) -> None:
    searched(case, handler)
    response = desk.post(url("case-decide", case), answers)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    case.refresh_from_db()
    assert case.state == State.IN_PROGRESS


def test_decide_before_every_source_was_searched_is_refused(
    desk: Client, case: Case, handler: User
) -> None:
    start_collection(case=case, by=Actor.staff(handler.pk), at=timezone.now())
    response = desk.post(url("case-decide", case), {"outcome": "granted", "identity_checked": "on"})
    assert response.status_code == 422
    assert "Not every source has been searched yet." in response.content.decode()


def test_failed_package_is_shown_and_can_be_ordered_again(
    desk: Client, case: Case, handler: User
) -> None:
    searched(case, handler)
    desk.post(url("case-decide", case), {"outcome": "granted", "identity_checked": "on"})
    Package.objects.update(status=Status.FAILED, error_code="internal", attempts=8)
    page = desk.get(url("case-detail", case)).content.decode()
    assert "The package could not be built (attempt 8)" in page
    desk.post(url("package-retry", case))
    assert Package.objects.get().status == Status.QUEUED
    assert build_next(clock=lambda: timezone.now() + timedelta(minutes=1))
    case.refresh_from_db()
    assert case.state == State.ANSWERED
