"""What only a stranger's number found can be left out, and how a decision is stated."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from lib.blobs import Blob
from lib.units import Status
from outbox.models import Message
from outbox.queries import messages_for
from requests_portal.domain.rights import Outcome
from requests_portal.models import Case, CollectedTable, CollectionUnit, Decision, Package
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import (
    MAX_ATTEMPTS,
    StillSearching,
    collect_next,
    search_only_proven,
    start_collection,
)
from requests_portal.services.decisions import decide
from requests_portal.services.packages import (
    PACKAGE_LIFETIME,
    build_next,
    remove_expired_packages,
)
from tests.requests_portal.conftest import NOW, intake

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def doubtful(company: str, handler: User) -> Case:
    """Ana asks and gives the number of another person."""
    case = receive_case(intake=intake(phone="+48601234567"), by=Actor.person(), at=NOW)
    start_collection(case=case, by=Actor.staff(handler.pk), at=LATER)
    assert collect_next(clock=lambda: LATER)
    case.refresh_from_db()
    return case


def rows_of(case: Case) -> dict[str, int]:
    tables = CollectedTable.objects.filter(unit__case=case)
    return {table.table_name: table.row_count for table in tables}


def test_search_only_proven_drops_what_a_strangers_number_found(
    doubtful: Case, handler: User
) -> None:
    assert rows_of(doubtful) == {"clients": 2, "invoices": 3, "notes": 2, "answers": 2}
    search_only_proven(case=doubtful, by=Actor.staff(handler.pk), at=LATER)
    assert collect_next(clock=lambda: LATER)
    assert rows_of(doubtful) == {"clients": 1, "invoices": 2, "notes": 1, "answers": 1}
    (unit,) = doubtful.collection_units.all()
    assert all(one["proven"] for one in unit.searched_with)
    assert Blob.objects.filter(kind="collection").count() == 3
    assert events_of("case", str(doubtful.id)).filter(verb="collection.narrowed").count() == 1


def test_search_only_proven_waits_for_workers_and_ends_with_the_decision(
    doubtful: Case, handler: User
) -> None:
    by = Actor.staff(handler.pk)
    search_only_proven(case=doubtful, by=by, at=LATER)
    with pytest.raises(StillSearching):
        search_only_proven(case=doubtful, by=by, at=LATER)
    assert collect_next(clock=lambda: LATER)
    decide(
        case=doubtful,
        outcome=Outcome.GRANTED,
        message="",
        identity_checked=True,
        by=handler,
        at=LATER,
    )
    with pytest.raises(StillSearching):
        search_only_proven(case=doubtful, by=by, at=LATER)


def test_desk_offers_to_leave_marked_numbers_out(doubtful: Case, handler: User) -> None:
    client = Client()
    client.force_login(handler)
    address = reverse("desk:case-narrow", args=[doubtful.reference])
    page = client.get(reverse("desk:case-detail", args=[doubtful.reference])).content.decode()
    assert address in page
    client.post(address)
    doubtful.refresh_from_db()
    assert doubtful.only_proven


def test_decision_without_stated_identity_is_refused_by_the_database(
    doubtful: Case, handler: User
) -> None:
    with pytest.raises(IntegrityError):
        decide(
            case=doubtful,
            outcome=Outcome.GRANTED,
            message="",
            identity_checked=False,
            by=handler,
            at=LATER,
        )


def test_decision_event_holds_outcome_and_statement(doubtful: Case, handler: User) -> None:
    decide(
        case=doubtful,
        outcome=Outcome.GRANTED,
        message="",
        identity_checked=True,
        by=handler,
        at=LATER,
    )
    assert Decision.objects.get().identity_checked
    event = events_of("case", str(doubtful.id)).get(verb="case.decide")
    assert event.data == {"outcome": "granted", "identity_checked": True}


def test_search_whose_worker_always_dies_is_shown_as_failed(case: Case, handler: User) -> None:
    start_collection(case=case, by=Actor.staff(handler.pk), at=LATER)
    CollectionUnit.objects.update(attempts=MAX_ATTEMPTS)
    assert collect_next(clock=lambda: LATER)
    unit = CollectionUnit.objects.get()
    assert (unit.status, unit.error_code) == (Status.FAILED, "interrupted")


def test_package_whose_builder_always_dies_is_shown_as_failed(
    doubtful: Case, handler: User
) -> None:
    decide(
        case=doubtful,
        outcome=Outcome.GRANTED,
        message="",
        identity_checked=True,
        by=handler,
        at=LATER,
    )
    Package.objects.update(attempts=MAX_ATTEMPTS)
    assert build_next(clock=lambda: LATER)
    assert Package.objects.get().error_code == "interrupted"


def test_expiry_removes_the_collected_copies_too(doubtful: Case, handler: User) -> None:
    decide(
        case=doubtful,
        outcome=Outcome.GRANTED,
        message="",
        identity_checked=True,
        by=handler,
        at=LATER,
    )
    assert build_next(clock=lambda: LATER)
    assert remove_expired_packages(at=LATER + PACKAGE_LIFETIME) == 1
    assert set(Blob.objects.values_list("kind", flat=True)) == {"letter"}
    assert CollectionUnit.objects.get().searched_with == []
    assert rows_of(doubtful)["invoices"] == 3


def test_mail_that_failed_is_shown_and_can_be_sent_again(case: Case, handler: User) -> None:
    Message.objects.update(status=Status.FAILED, error_code="refused")
    client = Client()
    client.force_login(handler)
    page = client.get(reverse("desk:case-detail", args=[case.reference])).content.decode()
    assert "The person was not reached." in page
    message = messages_for(f"case:{case.id}:").get()
    client.post(reverse("desk:mail-send-again", args=[case.reference, message.pk]))
    message.refresh_from_db()
    assert message.status == Status.QUEUED
    other = receive_case(intake=intake(), by=Actor.person(), at=timezone.now())
    foreign = messages_for(f"case:{other.id}:").get()
    response = client.post(reverse("desk:mail-send-again", args=[case.reference, foreign.pk]))
    assert response.status_code == 404


def test_desk_pages_are_never_stored(case: Case, handler: User) -> None:
    client = Client()
    client.force_login(handler)
    for address in (
        reverse("desk:case-list"),
        reverse("desk:case-detail", args=[case.reference]),
    ):
        assert "no-store" in client.get(address)["Cache-Control"]


def test_case_address_with_a_nul_byte_is_404(case: Case, handler: User) -> None:
    client = Client()
    client.force_login(handler)
    assert client.get("/desk/cases/a%00b/").status_code == 404
