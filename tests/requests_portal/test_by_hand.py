"""A case of which part is kept by hand: it waits for the owner, and goes on when they answered."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from datamap.connectors import AwaitingPerson, connector_for
from datamap.domain.erasing import Scope
from datamap.domain.keys import SubjectKeys
from datamap.models import ManualTask
from datamap.queries import current_map
from datamap.services.waiting import await_person, who_was_asked
from lib.blobs import Blob
from lib.units import Status, claim_next
from requests_portal.domain.rights import Right
from requests_portal.models import Case, CollectionUnit, Correction
from requests_portal.queries import collected_rows
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import LEASE, collect_next, start_collection
from requests_portal.services.corrections import order_corrections, propose
from requests_portal.services.forgetting import forget_findings
from requests_portal.services.identification import case_reference
from requests_portal.services.rectification import correct_next
from retention.domain.treatments import rules_hash
from retention.services.gate import permitted
from tests.datamap import archive
from tests.datamap.archive import CONTRACTS, VISITS, only_task
from tests.datamap.cabinet import answer
from tests.requests_portal.conftest import MAP, NOW, intake

LATER = NOW + timedelta(hours=1)
FILES = {"contracts": CONTRACTS, "visits": VISITS}


def clock() -> datetime:
    return LATER


@pytest.fixture
def owner(company: str, tmp_path: Path) -> User:
    """The company's register and the archive are one map; somebody keeps the archive."""
    assert company
    archive.load(tmp_path, *(path.read_text() for path in sorted(MAP.glob("*.yaml"))))
    return archive.make_owner()


def searching(handler: User, **changes: object) -> Case:
    """Return Ana's case after every source that can be searched now was tried."""
    case = receive_case(intake=intake(**changes), by=Actor.person(), at=NOW)
    start_collection(case=case, by=Actor.staff(handler.pk), at=LATER)
    while collect_next(clock=clock):
        pass
    return case


def units(case: Case) -> list[tuple[str, str, int, str]]:
    return [
        (unit.resource_id, unit.status, unit.attempts, unit.error_code)
        for unit in case.collection_units.all()
    ]


def test_the_search_waits_for_the_owner_and_uses_no_attempts(owner: User, handler: User) -> None:
    case = searching(handler)
    assert units(case) == [
        ("archive", "queued", 0, "awaiting_person"),
        ("company", "queued", 0, "awaiting_person"),
    ]
    task = only_task()
    assert (task.owner, task.reference) == (owner, case_reference(case.id))
    # What the register knows of the person is asked for at once.
    assert task.wanted == {"keys": [["email", "ana@example.com"], ["customer_number", "AP-1"]]}
    assert "collection.failed" not in [one.verb for one in events_of("case", str(case.id))]
    assert not case.collection_units.filter(not_before__lt=LATER + timedelta(days=1)).exists()


def test_the_answer_wakes_the_case(owner: User, handler: User) -> None:
    case = searching(handler)
    answer(only_task(), owner, FILES, at=LATER)
    while collect_next(clock=clock):
        pass
    assert [status for _, status, _, _ in units(case)] == ["done", "done"]
    contracts, visits = case.collection_units.get(resource_id="archive").tables.all()
    assert (contracts.row_count, visits.row_count) == (2, 2)
    assert [row.values["witness"] for row in collected_rows(contracts)] == ["J. K.", None]
    assert next(row.values["at"] for row in collected_rows(visits)) == "2026-01-05T14:00:00+02:00"


def test_what_the_owner_found_is_searched_everywhere(owner: User, handler: User) -> None:
    case = searching(handler)
    second = "3;second@example.com;AP-1;2022-01-01;;\n"
    answer(only_task(), owner, {"contracts": CONTRACTS + second}, at=LATER)
    while collect_next(clock=clock):
        pass
    # A second address was on paper: the owner is asked for what it alone leads to.
    assert only_task().wanted == {"keys": [["email", "second@example.com"]]}
    answer(only_task(), owner, at=LATER)
    while collect_next(clock=clock):
        pass
    assert [status for _, status, _, _ in units(case)] == ["done", "done"]
    unit = case.collection_units.get(resource_id="archive")
    searched = {one["value"] for one in unit.searched_with}
    assert {"ana@example.com", "second@example.com", "AP-1"} <= searched


def test_the_case_page_says_who_was_asked_until_when(
    owner: User, handler: User, client: Client
) -> None:
    case = searching(handler)
    client.force_login(handler)
    page = client.get(reverse("desk:case-detail", args=[case.reference])).content.decode()
    assert "Waiting for a person" in page
    assert "Paper archive is kept by hand. Archive was asked and has until" in page
    assert "could not be searched" not in page
    assert owner.name not in page
    answer(only_task(), owner, at=LATER)
    assert who_was_asked(case_reference(case.id)) == ""


def test_an_answer_between_asking_and_waiting_is_not_missed(owner: User, handler: User) -> None:
    case = searching(handler)
    with pytest.raises(AwaitingPerson) as waiting:
        connector_for(current_map().resource("archive"), reference=case_reference(case.id)).count(
            current_map().resource("archive").table("contracts"),
            SubjectKeys(emails=("ana@example.com",)),
        )
    CollectionUnit.objects.update(not_before=LATER)
    unit = claim_next(case.collection_units.all(), at=LATER, lease=LEASE)
    assert unit is not None
    answer(only_task(), owner, at=LATER)
    await_person(unit, waiting.value, at=LATER)
    unit.refresh_from_db()
    assert (unit.status, unit.not_before) == (Status.QUEUED, LATER)
    await_person(unit, waiting.value, at=LATER)  # in other hands by now: nothing happens


@pytest.mark.usefixtures("owner")
def test_the_gate_asks_although_its_transaction_is_undone() -> None:
    resource = current_map().resource("archive")
    keys = SubjectKeys(emails=("ana@example.com",))
    with (
        pytest.raises(AwaitingPerson),
        permitted(resource=resource, scope=Scope(keys, {}), rules_hash=rules_hash()) as permit,
        connector_for(resource, reference="test:1").writing(permit) as writer,
    ):
        writer.restrict(resource.table("contracts"), restricted=True)
    assert only_task().wanted == {"keys": [["email", "ana@example.com"]]}


def test_a_correction_waits_until_it_is_made_on_paper(owner: User, handler: User) -> None:
    case = searching(handler, right=Right.RECTIFICATION)
    answer(only_task(), owner, FILES, at=LATER)
    while collect_next(clock=clock):
        pass
    contracts = case.collection_units.get(resource_id="archive").tables.first()
    assert contracts is not None
    row = next(iter(collected_rows(contracts)))
    case.refresh_from_db()
    (proposed,) = propose(
        case=case,
        collected=contracts,
        values=row.values,
        changes={"signed_on": "2020-02-01"},
        by=handler,
        at=LATER,
    )
    order_corrections(case=case, chosen=[proposed.pk], by=handler, at=LATER)
    while correct_next(clock=clock):
        pass
    correction = Correction.objects.get()
    assert (correction.status, correction.attempts, correction.error_code) == (
        "queued",
        0,
        "awaiting_person",
    )
    task = only_task()
    assert [(one["column"], one["new"]) for one in task.wanted["instructions"]] == [
        ("signed_on", "2020-02-01")
    ]
    answer(task, owner, at=LATER)
    while correct_next(clock=clock):
        pass
    correction.refresh_from_db()
    assert (correction.status, correction.has_conflict) == ("done", False)
    assert not ManualTask.objects.filter(state="open").exists()


def test_nothing_is_kept_of_a_case_that_is_over(owner: User, handler: User) -> None:
    case = searching(handler)
    answer(only_task(), owner, FILES, at=LATER)
    while collect_next(clock=clock):
        pass
    forget_findings(case, by=Actor.system("test"), at=LATER)
    assert not Blob.objects.exists()
    assert [one.wanted for one in ManualTask.objects.all()] == [{}]
