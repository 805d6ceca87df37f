"""The whole way of an access request, in services, on real databases."""

import csv
import io
import json
import zipfile
from datetime import datetime, timedelta
from unittest.mock import ANY

import jsonschema
import pytest

from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from lib.blobs import open_blob
from lib.units import Status
from outbox.queries import messages_for
from requests_portal.domain.lifecycle import IllegalTransition, State
from requests_portal.domain.rights import Outcome
from requests_portal.models import Case, CollectedTable, Decision, Letter, Package
from requests_portal.queries import answer_of, collected_page, collected_rows
from requests_portal.services.cases import close_answered, receive_case
from requests_portal.services.collection import collect_next, retry_unit, start_collection
from requests_portal.services.decisions import (
    OutcomeContradictsFindings,
    SearchIncomplete,
    decide,
)
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.package_files import SCHEMA
from requests_portal.services.packages import (
    PACKAGE_LIFETIME,
    build_next,
    count_download,
    remove_expired_packages,
)
from tests.requests_portal.conftest import NOW, intake, run_sql

LATER = NOW + timedelta(hours=1)


def clock() -> datetime:
    return LATER


def searched(case: Case, handler: User) -> Case:
    start_collection(case=case, by=Actor.staff(handler.pk), at=LATER)
    assert collect_next(clock=clock)
    case.refresh_from_db()
    return case


def answered(case: Case, handler: User) -> Case:
    searched(case, handler)
    decide(
        case=case,
        outcome=Outcome.GRANTED,
        message="Dear Ana",
        identity_checked=True,
        by=handler,
        at=LATER,
    )
    assert build_next(clock=clock)
    case.refresh_from_db()
    return case


def verbs(case: Case) -> list[str]:
    return list(events_of("case", str(case.id)).order_by("id").values_list("verb", flat=True))


def archive_of(case: Case) -> zipfile.ZipFile:
    package = answer_of(case, at=LATER)
    assert package is not None
    assert package.blob is not None
    content = b"".join(open_blob(package.blob))
    assert len(content) == package.size
    return zipfile.ZipFile(io.BytesIO(content))


def test_receive_case_starts_the_clock_and_queues_the_acknowledgement(case: Case) -> None:
    assert case.state == State.CONFIRMING
    assert case.received_on.isoformat() == "2026-03-05"
    assert case.safe_on.isoformat() == "2026-04-05"
    assert case.sla_on.isoformat() == "2026-04-04"
    assert case.statutory_on.isoformat() == "2026-04-06"
    assert case.extended_on.isoformat() == "2026-06-05"
    (message,) = messages_for(f"case:{case.id}:")
    assert message.to == "ana@example.com"
    assert case.reference in message.subject
    assert "/en/link/" in message.text
    assert "6 April 2026" in message.text
    assert verbs(case) == ["case.received", "letter.sent"]


def test_collect_searches_every_table_and_says_what_was_not_found(
    case: Case, handler: User
) -> None:
    searched(case, handler)
    tables = CollectedTable.objects.filter(unit__case=case)
    assert {t.table_name: t.row_count for t in tables} == {
        "clients": 1,
        "invoices": 2,
        "notes": 1,
        "answers": 1,
    }
    assert all(t.searched_at == LATER for t in tables)


def test_collect_finds_nothing_for_a_stranger_and_records_that(company: str, handler: User) -> None:
    stranger = receive_case(intake=intake(email="nobody@example.com"), by=Actor.person(), at=NOW)
    searched(stranger, handler)
    tables = CollectedTable.objects.filter(unit__case=stranger)
    assert {t.row_count for t in tables} == {0}
    assert {t.searched_at for t in tables} == {LATER}


def test_collect_keeps_entrusted_rows_out_but_names_their_controller(
    case: Case, handler: User
) -> None:
    searched(case, handler)
    answers = CollectedTable.objects.get(unit__case=case, table_name="answers")
    assert answers.controllers == {"north": 1}
    assert answers.blob is None


def test_collect_computes_until_when_each_row_is_kept(case: Case, handler: User) -> None:
    searched(case, handler)
    invoices = CollectedTable.objects.get(unit__case=case, table_name="invoices")
    assert [row.kept_until for row in collected_rows(invoices)] == [
        "2028-01-01T00:00:00+02:00",
        None,
    ]
    assert invoices.kept_open_ended
    notes = CollectedTable.objects.get(unit__case=case, table_name="notes")
    assert [row.kept_until for row in collected_rows(notes)] == ["2027-03-01T00:00:00+02:00"]


def test_collect_masks_the_other_party(case: Case, handler: User) -> None:
    searched(case, handler)
    notes = CollectedTable.objects.get(unit__case=case, table_name="notes")
    (row,) = collected_page(notes, page=1)
    assert row.values["other_phone"] != "+37255555555"
    assert str(row.values["other_phone"]).startswith("+372")


def test_collect_marks_a_number_that_no_record_joins_to_the_address(
    company: str, handler: User
) -> None:
    case = receive_case(intake=intake(phone="+48601234567"), by=Actor.person(), at=NOW)
    searched(case, handler)
    (unit,) = case.collection_units.all()
    proven = {item["value"]: item["proven"] for item in unit.searched_with}
    assert proven["ana@example.com"] is True
    assert proven["+48601234567"] is False


def test_a_source_that_fails_is_shown_retried_and_blocks_the_decision(
    case: Case, handler: User, company: str
) -> None:
    run_sql(company, "ALTER TABLE notes RENAME TO notes_away")
    start_collection(case=case, by=Actor.staff(handler.pk), at=LATER)
    assert collect_next(clock=clock)
    (unit,) = case.collection_units.all()
    assert (unit.status, unit.error_code) == (Status.QUEUED, "mismatch")
    assert not collect_next(clock=clock)
    with pytest.raises(SearchIncomplete):
        decide(
            case=case,
            outcome=Outcome.GRANTED,
            message="",
            identity_checked=True,
            by=handler,
            at=LATER,
        )
    case.refresh_from_db()
    assert case.state == State.IN_PROGRESS
    run_sql(company, "ALTER TABLE notes_away RENAME TO notes")
    assert collect_next(clock=lambda: LATER + timedelta(minutes=5))
    unit.refresh_from_db()
    assert unit.status == Status.DONE
    assert CollectedTable.objects.get(unit=unit, table_name="notes").row_count == 1


def test_a_source_that_failed_for_good_can_be_ordered_again(
    case: Case, handler: User, company: str
) -> None:
    run_sql(company, "ALTER TABLE notes RENAME TO notes_away")
    start_collection(case=case, by=Actor.staff(handler.pk), at=LATER)
    attempts = (LATER + timedelta(hours=5 * n) for n in range(100))
    while collect_next(clock=lambda: next(attempts)):
        pass
    at = LATER + timedelta(days=30)
    (unit,) = case.collection_units.all()
    assert unit.status == Status.FAILED
    run_sql(company, "ALTER TABLE notes_away RENAME TO notes")
    retry_unit(unit=unit, by=Actor.staff(handler.pk), at=at)
    assert collect_next(clock=lambda: at)
    unit.refresh_from_db()
    assert unit.status == Status.DONE
    assert "collection.requeued" in verbs(case)


def test_an_interrupted_search_is_begun_again_without_doubling(case: Case, handler: User) -> None:
    searched(case, handler)
    (unit,) = case.collection_units.all()
    # As a worker leaves it that was killed in the middle of a table.
    CollectedTable.objects.filter(unit=unit, table_name="notes").update(
        searched_at=None, row_count=0
    )
    type(unit).objects.filter(pk=unit.pk).update(
        status="running", lease_until=LATER, lease_token=unit.pk and "0" * 32, finished_at=None
    )
    assert collect_next(clock=lambda: LATER + timedelta(minutes=1))
    notes = CollectedTable.objects.get(unit=unit, table_name="notes")
    assert notes.row_count == 1
    assert len(list(collected_rows(notes))) == 1


def test_decide_refuses_what_the_findings_contradict(case: Case, handler: User) -> None:
    searched(case, handler)
    with pytest.raises(OutcomeContradictsFindings):
        decide(
            case=case,
            outcome=Outcome.NOTHING_HELD,
            message="",
            identity_checked=True,
            by=handler,
            at=LATER,
        )
    assert not Decision.objects.exists()


def test_decide_twice_is_refused(case: Case, handler: User) -> None:
    searched(case, handler)
    stale = Case.objects.get(id=case.id)
    decide(
        case=case, outcome=Outcome.GRANTED, message="", identity_checked=True, by=handler, at=LATER
    )
    with pytest.raises(CaseMovedOn):
        decide(
            case=stale,
            outcome=Outcome.GRANTED,
            message="",
            identity_checked=True,
            by=handler,
            at=LATER,
        )
    with pytest.raises(IllegalTransition):
        decide(
            case=case,
            outcome=Outcome.GRANTED,
            message="",
            identity_checked=True,
            by=handler,
            at=LATER,
        )


def test_package_holds_everything_found_in_every_form(case: Case, handler: User) -> None:
    archive = archive_of(answered(case, handler))
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == [
        "data.json",
        "data.schema.json",
        "index.html",
        "letter.pdf",
        "tables/company-clients.csv",
        "tables/company-invoices.csv",
        "tables/company-notes.csv",
    ]
    data = json.loads(archive.read("data.json"))
    jsonschema.validate(
        data,
        json.loads(SCHEMA.read_bytes()),
        format_checker=jsonschema.FormatChecker(),
    )
    (resource,) = data["resources"]
    assert resource["location"] == {"place": "Tallinn", "country": "EE"}
    clients, invoices, notes = resource["tables"]
    assert clients["rows"] == [
        {
            "values": {
                "id": 1,
                "number": "AP-1",
                "name": "Ana Kask",
                "email": "Ana@Example.com",
                "phone": "+372 5123 4567",
            },
            "kept_until": None,
        }
    ]
    assert clients["recipients"] == [{"name": "Cloud Ltd", "role": "hosting", "country": "FI"}]
    assert notes["recipients"] == []
    assert invoices["retention"] == {
        "rule": ANY,
        "earliest_end": "2028-01-01T00:00:00+02:00",
        "latest_end": "2028-01-01T00:00:00+02:00",
        "some_without_end_yet": True,
    }
    assert data["entrusted"] == [
        {"controller": "North AS", "contact": "privacy@north.example", "data": ["Answers"]}
    ]
    assert "secret of other" not in archive.read("data.json").decode()


def test_package_csv_is_readable_and_never_a_formula(case: Case, handler: User) -> None:
    archive = archive_of(answered(case, handler))
    text = archive.read("tables/company-notes.csv").decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(text))
    assert header == ["id", "email", "body", "other_phone", "at", "kept_until"]
    assert row[2] == "'=1+1 said Ana"


def test_package_page_shows_the_data_and_needs_no_network(case: Case, handler: User) -> None:
    page = archive_of(answered(case, handler)).read("index.html").decode()
    assert "Ana@Example.com" in page
    assert "North AS" in page
    assert "http://" not in page
    assert "src=" not in page


def test_answer_is_told_once_with_letter_and_state_in_one_step(case: Case, handler: User) -> None:
    answered(case, handler)
    assert case.state == State.ANSWERED
    assert [m.reference for m in messages_for(f"case:{case.id}:answer")] == [
        f"case:{case.id}:answer"
    ]
    assert Letter.objects.get(case=case, kind="answer").kind == "answer"
    package = Package.objects.get(case=case)
    assert package.rows_done == package.rows_total == 2 * 4
    assert package.expires_at == LATER + PACKAGE_LIFETIME
    assert verbs(case) == [
        "case.received",
        "letter.sent",
        "case.start",
        "collection.started",
        "collection.done",
        "case.decide",
        "case.fulfil",
        "case.answer",
        "letter.sent",
    ]


def test_nothing_held_is_an_answer_too(company: str, handler: User) -> None:
    stranger = receive_case(intake=intake(email="nobody@example.com"), by=Actor.person(), at=NOW)
    searched(stranger, handler)
    decide(
        case=stranger,
        outcome=Outcome.NOTHING_HELD,
        message="",
        identity_checked=True,
        by=handler,
        at=LATER,
    )
    assert build_next(clock=clock)
    stranger.refresh_from_db()
    assert stranger.state == State.ANSWERED
    data = json.loads(archive_of(stranger).read("data.json"))
    assert data["resources"][0]["searched_nothing_found"] == [
        "Clients",
        "Invoices",
        "Notes",
        "Answers",
    ]


def test_first_download_closes_the_case_and_all_are_counted(case: Case, handler: User) -> None:
    answered(case, handler)
    package = Package.objects.get(case=case)
    count_download(package=package, at=LATER)
    count_download(package=package, at=LATER + timedelta(hours=1))
    package.refresh_from_db()
    case.refresh_from_db()
    assert (package.download_count, package.first_downloaded_at) == (2, LATER)
    assert case.state == State.CLOSED


def test_package_expires_and_its_case_is_closed(case: Case, handler: User) -> None:
    answered(case, handler)
    after = LATER + PACKAGE_LIFETIME
    assert answer_of(case, at=after) is None
    assert remove_expired_packages(at=after) == 1
    assert remove_expired_packages(at=after) == 0
    case.refresh_from_db()
    assert case.state == State.CLOSED
    assert Package.objects.get(case=case).blob is None
    assert Letter.objects.filter(case=case).exists()


def test_package_that_cannot_be_built_leaves_the_person_untold(
    case: Case, handler: User, settings: object
) -> None:
    searched(case, handler)
    decide(
        case=case, outcome=Outcome.GRANTED, message="", identity_checked=True, by=handler, at=LATER
    )
    notes = CollectedTable.objects.get(unit__case=case, table_name="notes")
    assert notes.blob is not None
    notes.blob.chunks.all().delete()  # as damage on the disk would
    assert build_next(clock=clock)
    package = Package.objects.get(case=case)
    assert (package.status, package.error_code) == (Status.QUEUED, "internal")
    assert not messages_for(f"case:{case.id}:answer").exists()
    case.refresh_from_db()
    assert case.state == State.FULFILLING


def test_close_answered_by_staff(case: Case, handler: User) -> None:
    answered(case, handler)
    close_answered(case=case, by=Actor.staff(handler.pk), at=LATER)
    assert Case.objects.get(id=case.id).closed_at == LATER
