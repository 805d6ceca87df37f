"""Identifiers are corrected before a decision, and what was found under others is thrown away."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Channel
from requests_portal.models import Case, CollectedTable
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.identification import NothingToSearchBy
from requests_portal.services.identifiers import (
    Identifiers,
    NothingCorrected,
    correct_identifiers,
)
from requests_portal.services.merging import duplicates_of
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.withdrawing import withdraw_request
from tests.accounts.factories import make_user
from tests.requests_portal.conftest import NOW, intake

LATER = NOW + timedelta(days=1)
TO = Identifiers(phone="+37251234567", customer_number="AP-1", postal_address="")


def correct(case: Case, by: User, to: Identifiers = TO) -> Case:
    return correct_identifiers(case=case, to=to, reason="Said so by phone.", by=by, at=LATER)


def search(case: Case) -> None:
    start_collection(case=case, by=Actor.system("test"), at=NOW)
    finish_search()
    case.refresh_from_db()


def finish_search() -> None:
    while collect_next(clock=lambda: LATER):
        pass


def test_before_the_search_they_are_replaced_and_the_reason_kept(case: Case, handler: User) -> None:
    correct(case, handler)
    case.refresh_from_db()
    assert (case.phone, case.customer_number, case.state) == ("+37251234567", "AP-1", "confirming")
    [change] = case.identifier_changes.all()
    assert (change.reason, change.changed_by) == ("Said so by phone.", handler)
    event = events_of("case", str(case.id)).get(verb="identifiers.corrected")
    assert event.data == {"fields": ["customer_number", "phone"]}
    assert not case.collection_units.exists()


def test_what_was_found_is_thrown_away_and_searched_anew(case: Case, handler: User) -> None:
    search(case)
    before = set(case.collection_units.values_list("pk", flat=True))
    rows = sum(CollectedTable.objects.values_list("row_count", flat=True))

    correct(case, handler)
    after = set(case.collection_units.values_list("pk", flat=True))
    finish_search()

    assert before.isdisjoint(after)
    assert len(before) == len(after)
    known = {one["value"] for unit in case.collection_units.all() for one in unit.searched_with}
    assert "AP-1" in known
    assert sum(CollectedTable.objects.values_list("row_count", flat=True)) >= rows
    assert Case.objects.get(pk=case.pk).state == State.IN_PROGRESS


def test_duplicates_are_found_by_what_was_corrected(case: Case, handler: User) -> None:
    given = {"channel": Channel.PHONE, "email": "ana@work.example", "customer_number": "AP-1"}
    other = receive_case(intake=intake(**given), by=Actor.system("test"), at=NOW)
    assert duplicates_of(case) == []
    correct(case, handler)
    case.refresh_from_db()
    assert duplicates_of(case) == [other]
    assert duplicates_of(other) == [case]


@pytest.mark.parametrize("changes", [{"name": "Bo Kask"}, {"customer_number": "AP-2"}])
def test_one_number_of_two_names_is_no_duplicate(
    case: Case, handler: User, changes: dict[str, Any]
) -> None:
    given = {"channel": Channel.PHONE, "email": "bo@example.com", "customer_number": "AP-1"}
    receive_case(intake=intake(**{**given, **changes}), by=Actor.system("test"), at=NOW)
    correct(case, handler)
    case.refresh_from_db()
    assert duplicates_of(case) == []


def test_nothing_corrected_and_too_late_change_nothing(case: Case, handler: User) -> None:
    same = Identifiers(phone="", customer_number="", postal_address="")
    with pytest.raises(NothingCorrected):
        correct(case, handler, same)
    withdraw_request(case=case, at=NOW)
    with pytest.raises(CaseMovedOn):
        correct(case, handler)
    case.refresh_from_db()
    assert case.phone == ""
    assert not case.identifier_changes.exists()


def test_the_last_identifier_stays_while_sources_are_searched(company: str, handler: User) -> None:
    by_post = {"channel": Channel.LETTER, "email": "", "postal_address": "Kopli 1"}
    given = intake(**by_post, customer_number="AP-1")
    case = receive_case(intake=given, by=Actor.system("test"), at=NOW)
    search(case)
    units = set(case.collection_units.values_list("pk", flat=True))
    nothing = replace(TO, phone="", customer_number="", postal_address="Kopli 1")
    with pytest.raises(NothingToSearchBy):
        correct(case, handler, nothing)
    case.refresh_from_db()
    assert case.customer_number == "AP-1"
    assert set(case.collection_units.values_list("pk", flat=True)) == units


# --- the page ----------------------------------------------------------------------------------
def desk(*roles: Role) -> Client:
    client = Client()
    client.force_login(make_user(*roles))
    return client


def filled(**changes: str) -> dict[str, str]:
    given = {
        "phone": "5123 4567",
        "customer_number": "ap-1",
        "postal_address": "",
        "reason": "Said.",
    }
    return {**given, **changes}


def test_a_handler_corrects_them_on_their_page(case: Case) -> None:
    client, address = desk(Role.HANDLER), f"/desk/cases/{case.reference}/identifiers/"
    assert address in client.get(f"/desk/cases/{case.reference}/").content.decode()
    assert "Correct the identifiers" in client.get(address).content.decode()
    done = client.post(address, filled())
    assert done.headers["Location"] == f"/desk/cases/{case.reference}/"
    case.refresh_from_db()
    assert (case.phone, case.customer_number) == ("+37251234567", "AP-1")
    assert "Said." in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": " "}, "Say why it is corrected."),
        ({"phone": "12"}, "Enter the number with its country code"),
        ({"phone": "", "customer_number": ""}, "Nothing was changed"),
    ],
)
def test_what_does_not_hold_is_refused_in_a_sentence(
    case: Case, changes: dict[str, str], sentence: str
) -> None:
    answer = desk(Role.DPO).post(f"/desk/cases/{case.reference}/identifiers/", filled(**changes))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not case.identifier_changes.exists()


def test_an_auditor_corrects_nothing(case: Case) -> None:
    client, address = desk(Role.AUDITOR), f"/desk/cases/{case.reference}/identifiers/"
    assert address not in client.get(f"/desk/cases/{case.reference}/").content.decode()
    assert client.get(address).status_code == 403
    assert client.post(address, filled()).status_code == 403


def test_a_case_past_it_leads_back(case: Case) -> None:
    withdraw_request(case=case, at=NOW)
    answer = desk(Role.HANDLER).get(f"/desk/cases/{case.reference}/identifiers/")
    assert answer.headers["Location"] == f"/desk/cases/{case.reference}/"
