"""Corrections reach the real source, once, or say why not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from datamap.domain.keys import SubjectKeys
from lib.units import LeaseLost, NotFailed, Status
from requests_portal.domain.field_values import FieldKind
from requests_portal.domain.rights import Right
from requests_portal.models import Case, CollectedTable, Correction
from requests_portal.queries import collected_page
from requests_portal.services import rectification
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, delete_collected, start_collection
from requests_portal.services.corrections import (
    BeingCorrected,
    NoCorrection,
    NotCorrectableHere,
    NothingToCorrect,
    correctable_fields,
    may_correct,
    order_corrections,
    propose,
    propose_again,
    retry_correction,
    row_hash,
    withdraw,
)
from requests_portal.services.rectification import LEASE, MAX_ATTEMPTS, correct_next
from requests_portal.tasks import apply_corrections
from retention.domain.restricting import Reason
from retention.services.restrictions import restrict_person
from tests.requests_portal.conftest import NOW, intake, rows_of, run_sql

LATER = NOW + timedelta(hours=1)
AFTER = LATER + LEASE + timedelta(hours=1)


class Killed(BaseException):
    """What a worker meets that is killed: nothing catches it."""


@pytest.fixture
def wrong(company: str, handler: User) -> Case:
    """Ana's request to correct her data, searched."""
    case = receive_case(intake=intake(right=Right.RECTIFICATION), by=Actor.person(), at=NOW)
    start_collection(case=case, by=Actor.staff(handler.pk), at=NOW)
    while collect_next(clock=lambda: NOW):
        pass
    case.refresh_from_db()
    return case


def found(case: Case, name: str) -> CollectedTable:
    return CollectedTable.objects.get(unit__case=case, table_name=name)


def values_of(case: Case, name: str) -> dict[str, Any]:
    return collected_page(found(case, name), page=1)[0].values


def proposed(case: Case, table: str, by: User, /, **changes: object) -> Correction:
    """Propose changes of the first row; return the first proposal."""
    made = propose(
        case=case,
        collected=found(case, table),
        values=values_of(case, table),
        changes=changes,
        by=by,
        at=LATER,
    )
    return made[0]


def ordered(case: Case, by: User) -> int:
    ids = [one.pk for one in case.corrections.all()]
    return order_corrections(case=case, chosen=ids, by=by, at=LATER)


def work(at: datetime = LATER) -> int:
    done = 0
    while correct_next(clock=lambda: at):
        done += 1
    return done


def outcome(correction: Correction) -> tuple[str, bool, object]:
    correction.refresh_from_db()
    return correction.status, correction.has_conflict, correction.present_value


def clock_that(act: Callable[[], object], *, at_reading: int) -> Callable[[], datetime]:
    readings = iter(range(1, 1000))

    def read() -> datetime:
        if next(readings) == at_reading:
            act()
        return LATER

    return read


# --- proposing --------------------------------------------------------------------------------
def test_fields_about_the_person_can_be_corrected_and_no_others(wrong: Case) -> None:
    def names(table: str) -> list[tuple[str, FieldKind]]:
        fields = correctable_fields(found(wrong, table), values_of(wrong, table))
        return [(one.name, one.kind) for one in fields]

    assert names("clients") == [
        ("number", FieldKind.TEXT),
        ("name", FieldKind.TEXT),
        ("email", FieldKind.TEXT),
        ("phone", FieldKind.TEXT),
    ]
    assert [name for name, _ in names("notes")] == ["email", "body", "at"]
    assert [name for name, _ in names("invoices")] == ["issued_on", "contract_ended_on"]


def test_entrusted_data_and_rows_without_their_key_are_not_corrected_here(wrong: Case) -> None:
    values = values_of(wrong, "clients")
    clients = found(wrong, "clients")
    without_key = {name: value for name, value in values.items() if name != "id"}

    assert correctable_fields(clients, without_key) == []
    clients.is_ours = False
    assert correctable_fields(clients, values) == []


def test_proposal_keeps_old_and_new_and_changes_nothing(
    wrong: Case, handler: User, company: str
) -> None:
    correction = proposed(wrong, "clients", handler, name="Ana Käsk")

    correction.refresh_from_db()
    assert (correction.old_value, correction.new_value) == ("Ana Kask", "Ana Käsk")
    assert correction.row_key == {"id": 1}
    assert bytes(correction.row_hash) == row_hash(
        found(wrong, "clients"), values_of(wrong, "clients")
    )
    assert (correction.is_proposal, correction.proposed_by, correction.proposed_at) == (
        True,
        handler,
        LATER,
    )
    assert correction.keys.emails == ("ana@example.com",)
    assert str(correction) == f"clients.name of {wrong.pk}"
    assert work() == 0
    assert rows_of(company, "SELECT name FROM clients WHERE id = 1") == [("Ana Kask",)]
    event = events_of("case", str(wrong.pk)).get(verb="correction.proposed")
    assert event.data == {"resource": "company", "table": "clients", "column": "name"}


def test_second_proposal_of_a_field_replaces_the_first(wrong: Case, handler: User) -> None:
    proposed(wrong, "clients", handler, name="A")
    proposed(wrong, "clients", handler, name="B", phone=None)

    assert [(one.column, one.new_value) for one in wrong.corrections.all()] == [
        ("name", "B"),
        ("phone", None),
    ]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"id": 9}, NotCorrectableHere),
        ({"moon": 9}, NotCorrectableHere),
        ({}, NothingToCorrect),
        ({"name": "Ana Kask"}, NothingToCorrect),
    ],
)
def test_proposal_that_changes_nothing_or_a_key_is_refused(
    wrong: Case, handler: User, changes: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        proposed(wrong, "clients", handler, **changes)
    assert not wrong.corrections.exists()


def test_masked_field_of_somebody_else_is_never_written(wrong: Case, handler: User) -> None:
    with pytest.raises(NotCorrectableHere):
        proposed(wrong, "notes", handler, other_phone="+37251")


@pytest.mark.parametrize("changes", [{"right": Right.ACCESS}, {"state": "received"}])
def test_only_a_correction_that_is_worked_on_takes_proposals(
    wrong: Case, handler: User, changes: dict[str, object]
) -> None:
    assert may_correct(wrong)
    if "state" in changes:
        changes["started_at"] = None
    Case.objects.filter(pk=wrong.pk).update(**changes)
    with pytest.raises(NoCorrection):
        proposed(wrong, "clients", handler, name="B")


def test_withdrawn_proposal_is_gone_and_on_record(wrong: Case, handler: User) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    withdraw(correction=correction, by=handler, at=LATER)

    assert not wrong.corrections.exists()
    assert events_of("case", str(wrong.pk)).filter(verb="correction.withdrawn").count() == 1


def test_only_what_was_looked_at_is_ordered(wrong: Case, handler: User) -> None:
    first = proposed(wrong, "clients", handler, name="B")
    second = proposed(wrong, "clients", handler, phone="+3725")

    assert order_corrections(case=wrong, chosen=[first.pk], by=handler, at=LATER) == 1
    second.refresh_from_db()
    assert second.is_proposal
    with pytest.raises(NothingToCorrect):
        order_corrections(case=wrong, chosen=[first.pk], by=handler, at=LATER)
    with pytest.raises(BeingCorrected):
        withdraw(correction=first, by=handler, at=LATER)
    with pytest.raises(BeingCorrected):
        proposed(wrong, "clients", handler, name="C")


# --- applying ---------------------------------------------------------------------------------
def test_correction_is_written_and_nothing_else(wrong: Case, handler: User, company: str) -> None:
    before = rows_of(company, "SELECT * FROM clients WHERE id <> 1")
    correction = proposed(wrong, "clients", handler, name="Ana Käsk")
    assert ordered(wrong, handler) == 1
    assert work() == 1

    assert outcome(correction) == (Status.DONE, False, None)
    assert rows_of(company, "SELECT name, email, number FROM clients WHERE id = 1") == [
        ("Ana Käsk", "Ana@Example.com", "AP-1")
    ]
    assert rows_of(company, "SELECT * FROM clients WHERE id <> 1") == before
    applied = events_of("case", str(wrong.pk)).get(verb="correction.applied")
    assert applied.data == {
        "resource": "company",
        "table": "clients",
        "column": "name",
        "attempt": 1,
    }
    assert work() == 0


@pytest.mark.parametrize(
    ("name", "changes", "query", "expected"),
    [
        ("clients", {"phone": None}, "SELECT phone FROM clients WHERE id = 1", None),
        (
            "notes",
            {"at": "2025-02-11T09:00:00+02:00"},
            "SELECT at = '2025-02-11 07:00Z' FROM notes WHERE id = 1",
            True,
        ),
        (
            "invoices",
            {"issued_on": "2020-02-29"},
            "SELECT issued_on::text FROM invoices WHERE id = 1",
            "2020-02-29",
        ),
    ],
)
def test_values_of_each_type_are_written(
    wrong: Case,
    handler: User,
    company: str,
    name: str,
    changes: dict[str, object],
    query: str,
    expected: object,
) -> None:
    correction = proposed(wrong, name, handler, **changes)
    ordered(wrong, handler)
    work()

    assert outcome(correction) == (Status.DONE, False, None)
    assert rows_of(company, query) == [(expected,)]


def test_whoever_gets_a_new_address_is_found_by_it_for_the_other_fields(
    wrong: Case, handler: User, company: str
) -> None:
    proposed(wrong, "notes", handler, email="New@Example.com", body="as I said")
    ordered(wrong, handler)
    assert work() == 2

    assert {outcome(one) for one in wrong.corrections.all()} == {(Status.DONE, False, None)}
    assert rows_of(company, "SELECT email, body FROM notes WHERE id = 1") == [
        ("New@Example.com", "as I said")
    ]


@pytest.mark.parametrize("column", ["phone", "number", "email"])
def test_new_identifier_that_is_none_is_written_all_the_same(
    wrong: Case, handler: User, company: str, column: str
) -> None:
    correction = proposed(wrong, "clients", handler, **{column: "none"})
    ordered(wrong, handler)
    work()

    assert outcome(correction) == (Status.DONE, False, None)
    assert rows_of(company, f"SELECT {column} FROM clients WHERE id = 1") == [("none",)]  # noqa: S608


def test_correction_needs_no_search_any_more(wrong: Case, handler: User, company: str) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    ordered(wrong, handler)
    delete_collected(wrong)
    work()

    assert outcome(correction) == (Status.DONE, False, None)


def test_restricted_data_can_be_corrected(wrong: Case, handler: User, company: str) -> None:
    keys = SubjectKeys(emails=("ana@example.com",))
    restrict_person(keys=keys, reason=Reason.ACCURACY, by=Actor.system("x"), at=NOW)
    correction = proposed(wrong, "clients", handler, name="B")
    ordered(wrong, handler)
    work()

    assert outcome(correction) == (Status.DONE, False, None)


def test_value_that_changed_meanwhile_is_a_conflict_and_stays(
    wrong: Case, handler: User, company: str
) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    ordered(wrong, handler)
    run_sql(company, "UPDATE clients SET name = 'Someone was first' WHERE id = 1")
    work()

    assert outcome(correction) == (Status.DONE, True, "Someone was first")
    assert rows_of(company, "SELECT name FROM clients WHERE id = 1") == [("Someone was first",)]
    assert events_of("case", str(wrong.pk)).filter(verb="correction.conflicted").count() == 1

    again = propose_again(correction=correction, by=handler, at=LATER)
    assert (again.old_value, again.new_value, again.is_proposal) == ("Someone was first", "B", True)
    ordered(wrong, handler)
    work()
    assert outcome(again) == (Status.DONE, False, None)
    assert rows_of(company, "SELECT name FROM clients WHERE id = 1") == [("B",)]


def test_row_that_is_gone_is_told(wrong: Case, handler: User, company: str) -> None:
    correction = proposed(wrong, "notes", handler, body="B")
    ordered(wrong, handler)
    run_sql(company, "DELETE FROM notes WHERE id = 1")
    work()

    assert outcome(correction) == (Status.DONE, True, None)
    assert correction.row_is_gone
    with pytest.raises(NotCorrectableHere):
        propose_again(correction=correction, by=handler, at=LATER)


def test_row_that_is_somebody_elses_by_now_is_not_touched(
    wrong: Case, handler: User, company: str
) -> None:
    correction = proposed(wrong, "notes", handler, body="B")
    ordered(wrong, handler)
    run_sql(company, "UPDATE notes SET email = 'other@example.com' WHERE id = 1")
    work()

    assert outcome(correction) == (Status.DONE, True, None)
    assert rows_of(company, "SELECT body FROM notes WHERE id = 1") == [("=1+1 said Ana",)]


def test_what_is_no_conflict_is_not_proposed_again(wrong: Case, handler: User) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    with pytest.raises(NotCorrectableHere):
        propose_again(correction=correction, by=handler, at=LATER)


# --- what goes wrong --------------------------------------------------------------------------
def test_source_that_is_down_is_tried_again(
    wrong: Case, handler: User, company: str, settings: Settings
) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    ordered(wrong, handler)
    settings.SOURCE_URLS = {"SOURCE_COMPANY_URL": "postgresql+psycopg2://u:p@127.0.0.1:9/x"}
    assert work() == 1

    correction.refresh_from_db()
    assert (correction.status, correction.error_code) == (Status.QUEUED, "unavailable")
    settings.SOURCE_URLS = {"SOURCE_COMPANY_URL": company}
    assert work(AFTER) == 1
    assert outcome(correction) == (Status.DONE, False, None)


_REFUSING = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no: %', OLD.name; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON clients FOR EACH ROW EXECUTE FUNCTION refuse();
"""


@pytest.mark.parametrize(
    ("rule", "column", "value"),
    [
        (_REFUSING, "name", "B"),
        ("ALTER TABLE clients ALTER phone SET NOT NULL", "phone", None),
        ("ALTER TABLE clients ADD UNIQUE (number)", "number", "AP-2"),
    ],
)
def test_source_that_refuses_is_shown_without_a_value_and_finished_later(
    wrong: Case, handler: User, company: str, rule: str, column: str, value: object
) -> None:
    correction = proposed(wrong, "clients", handler, **{column: value})
    ordered(wrong, handler)
    before = rows_of(company, "SELECT * FROM clients ORDER BY id")
    run_sql(company, rule)
    work()

    correction.refresh_from_db()
    assert (correction.status, correction.error_code) == (Status.QUEUED, "constraint")
    assert "Ana" not in correction.error_text
    assert "a rule of the database" in correction.error_text
    assert rows_of(company, "SELECT * FROM clients ORDER BY id") == before
    assert events_of("case", str(wrong.pk)).filter(verb="correction.failed").count() == 1


def test_source_that_keeps_refusing_waits_for_staff(
    wrong: Case, handler: User, company: str
) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    ordered(wrong, handler)
    run_sql(company, _REFUSING)
    for attempt in range(MAX_ATTEMPTS):
        assert work(LATER + timedelta(days=attempt)) == 1
    correction.refresh_from_db()
    assert correction.status == Status.FAILED
    assert work(LATER + timedelta(days=99)) == 0

    run_sql(company, "DROP TRIGGER refuse ON clients")
    retry_correction(correction=correction, by=handler, at=AFTER)
    with pytest.raises(NotFailed):
        retry_correction(correction=correction, by=handler, at=AFTER)
    assert work(AFTER) == 1
    assert outcome(correction) == (Status.DONE, False, None)


def test_value_that_does_not_fit_the_source_waits_for_staff_at_once(
    wrong: Case, handler: User, company: str
) -> None:
    correction = proposed(wrong, "invoices", handler, issued_on="soon")
    ordered(wrong, handler)
    assert work() == 1

    correction.refresh_from_db()
    assert (correction.status, correction.error_code) == (
        Status.FAILED,
        "not_correctable_value",
    )
    withdraw(correction=correction, by=handler, at=LATER)
    assert not wrong.corrections.exists()


def test_unknown_fault_is_kept_and_logs_no_data(
    wrong: Case, handler: User, caplog: pytest.LogCaptureFixture
) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    ordered(wrong, handler)

    def fault() -> None:
        raise ValueError(wrong.email)

    assert correct_next(clock=clock_that(fault, at_reading=2))
    correction.refresh_from_db()
    assert (correction.status, correction.error_code) == (Status.QUEUED, "internal")
    assert "ValueError" in caplog.text
    assert "ana@example.com" not in caplog.text


def test_unit_whose_workers_all_died_is_given_up(wrong: Case, handler: User) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    ordered(wrong, handler)
    Correction.objects.update(attempts=MAX_ATTEMPTS)
    work()

    correction.refresh_from_db()
    assert (correction.status, correction.error_code) == (Status.FAILED, "interrupted")


@pytest.mark.parametrize("reading", [2, 3])
def test_worker_that_is_killed_is_followed_by_the_next(
    wrong: Case, handler: User, company: str, reading: int
) -> None:
    """At the third reading the source has committed already: the next one finds it done."""
    correction = proposed(wrong, "clients", handler, name="B")
    ordered(wrong, handler)

    def kill() -> None:
        raise Killed

    with pytest.raises(Killed):
        correct_next(clock=clock_that(kill, at_reading=reading))
    written = rows_of(company, "SELECT name FROM clients WHERE id = 1") == [("B",)]
    assert written is (reading == 3)
    assert work(AFTER) == 1
    assert outcome(correction) == (Status.DONE, False, None)
    assert rows_of(company, "SELECT name FROM clients WHERE id = 1") == [("B",)]


@pytest.mark.parametrize("reading", [2, 3])
def test_worker_that_loses_its_lease_leaves_it_to_the_next(
    wrong: Case, handler: User, company: str, reading: int
) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    ordered(wrong, handler)

    def steal() -> None:
        Correction.objects.filter(status=Status.RUNNING).update(lease_token=uuid4())

    assert correct_next(clock=clock_that(steal, at_reading=reading))
    work(AFTER)
    assert outcome(correction) == (Status.DONE, False, None)


def test_failure_under_a_lost_lease_is_left_to_the_next(wrong: Case, handler: User) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    ordered(wrong, handler)
    correction.lease_token = uuid4()

    rectification._give_back(correction, code="internal", text="", at=LATER)  # noqa: SLF001

    correction.refresh_from_db()
    assert (correction.status, correction.error_code) == (Status.QUEUED, "")
    with pytest.raises(LeaseLost):
        rectification._settle(correction, None, at=LATER)  # noqa: SLF001


def test_task_applies_what_is_ordered(wrong: Case, handler: User) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    ordered(wrong, handler)
    apply_corrections()

    assert outcome(correction) == (Status.DONE, False, None)


@pytest.mark.parametrize(
    "broken",
    [
        {"ordered_at": NOW},
        {"has_conflict": True},
        {"row_is_gone": True},
        {"status": Status.DONE, "finished_at": NOW},
    ],
)
def test_row_whose_fields_do_not_go_together_is_refused(
    wrong: Case, handler: User, broken: dict[str, object]
) -> None:
    proposed(wrong, "clients", handler, name="B")
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.update(**broken)
