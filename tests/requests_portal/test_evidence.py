"""What an open request needs as evidence is kept from purges, and only as long as it is open."""

from datetime import timedelta

from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.erasing import Exclusion
from datamap.domain.keys import SubjectKeys
from requests_portal.models import Case
from requests_portal.services.cases import close_answered
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.evidence import settle_evidence
from requests_portal.services.identification import case_reference, keys_from, keys_given
from requests_portal.services.identifiers import Identifiers, correct_identifiers
from requests_portal.services.reopening import reopen
from requests_portal.services.withdrawing import withdraw_request
from retention.models import EvidenceFreeze
from retention.queries import exclusions_for
from tests.requests_portal.conftest import NOW
from tests.requests_portal.test_reopening import answered

LATER = NOW + timedelta(hours=1)


def kept(case: Case) -> SubjectKeys | None:
    freeze = EvidenceFreeze.objects.filter(reference=case_reference(case.id)).first()
    return None if freeze is None else freeze.keys


def test_request_keeps_what_the_person_is_known_by_from_its_receipt(case: Case) -> None:
    assert kept(case) == keys_given(case)
    (exclusion,) = exclusions_for("anything", of_everybody=True)
    assert exclusion == Exclusion("evidence", keys=keys_given(case))
    assert exclusions_for("anything") == ()


def test_search_adds_under_what_the_person_was_found(case: Case, handler: User) -> None:
    start_collection(case=case, by=Actor.staff(handler.pk), at=LATER)
    while collect_next(clock=lambda: LATER):
        pass

    searched = {
        pair for unit in case.collection_units.all() for pair in keys_from(unit.searched_with)
    }
    assert searched > set(keys_given(case))
    assert set(kept(case) or ()) == searched


def test_correction_forgets_what_was_another_persons(case: Case, handler: User) -> None:
    to = Identifiers(phone="", customer_number="AP-77", postal_address=case.postal_address)
    correct_identifiers(case=case, to=to, reason="misread", by=handler, at=LATER)

    case.refresh_from_db()
    assert kept(case) == keys_given(case)
    assert "AP-77" in keys_given(case).customer_numbers


def test_answered_request_is_kept_until_it_is_closed_and_again_once_reopened(
    case: Case, handler: User
) -> None:
    answered(case, handler)
    assert kept(case) is not None
    close_answered(case=case, by=Actor.staff(handler.pk), at=LATER)
    assert kept(case) is None
    reopen(case=case, words="once more", by=handler, at=LATER)
    assert set(kept(case) or ()) >= set(keys_given(case))


def test_withdrawn_request_keeps_nothing(case: Case) -> None:
    withdraw_request(case=case, at=LATER)

    assert kept(case) is None


def test_what_differs_is_set_right(case: Case) -> None:
    EvidenceFreeze.objects.all().delete()
    EvidenceFreeze.objects.create(reference="case:gone", sealed_keys=[], since=NOW)

    assert settle_evidence(at=LATER) == 1
    assert kept(case) == keys_given(case)
    assert settle_evidence(at=LATER) == 0
    Case.objects.update(state="withdrawn", withdrawn_at=LATER)
    assert settle_evidence(at=LATER) == 1
    assert kept(case) is None
