"""Two requests of one person become one; nothing is lost and no clock moves."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from outbox.queries import messages_for
from requests_portal.domain.lifecycle import State
from requests_portal.domain.merging import (
    AnotherRight,
    EarlierClock,
    Mergeable,
    NotTheSamePerson,
    SameRequest,
    check_merge,
)
from requests_portal.domain.porting import Target, Wish
from requests_portal.domain.rights import Channel, Right
from requests_portal.models import Case, PortingWish
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.merging import duplicates_of, merge
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.restricting import restrictions_of
from requests_portal.services.withdrawing import withdraw_request
from tests.requests_portal.conftest import NOW, intake
from tests.requests_portal.test_restricting import notes_rest_on

LATER = NOW + timedelta(days=2)
OLD = Mergeable(
    reference="AP-1",
    person=frozenset({b"ana"}),
    right=Right.ACCESS,
    entity_code="EE",
    safe_on=date(2026, 4, 5),
)
NEW = replace(OLD, reference="AP-2", safe_on=date(2026, 4, 7))


@given(days=st.integers(-50, 50), same=st.booleans(), covers=st.booleans(), right=st.booleans())
def test_a_merge_never_takes_away_an_earlier_date(
    days: int, *, same: bool, covers: bool, right: bool
) -> None:
    ending = replace(
        OLD,
        reference="AP-2",
        person=frozenset({b"ana", b"her number"}) if same else frozenset({b"bo"}),
        right=Right.ACCESS if right else Right.ERASURE,
        safe_on=OLD.safe_on + timedelta(days=days),
    )
    try:
        check_merge(ending, OLD, covers_both=covers)
    except NotTheSamePerson:
        assert not same
    except EarlierClock:
        assert days < 0
    except AnotherRight:
        assert not right
        assert not covers
    else:
        assert same
        assert ending.safe_on >= OLD.safe_on
        assert right or covers


def test_a_request_is_not_merged_into_itself() -> None:
    with pytest.raises(SameRequest):
        check_merge(OLD, OLD, covers_both=True)


def filed(at: timedelta, **changes: object) -> Case:
    moment = NOW + at
    return receive_case(intake=intake(received_at=moment, **changes), by=Actor.person(), at=moment)


@pytest.fixture
def twins(company: str) -> tuple[Case, Case]:
    return filed(timedelta()), filed(timedelta(days=1))


def test_the_older_goes_on_with_its_dates_and_the_person_is_told(
    twins: tuple[Case, Case], handler: User
) -> None:
    older, newer = twins
    start_collection(case=newer, by=Actor.staff(handler.pk), at=LATER)
    while collect_next(clock=lambda: LATER):
        pass
    dates = (older.received_on, older.safe_on, older.statutory_on)
    assert list(duplicates_of(newer)) == [older]
    merge(case=newer, into=older, covers_both=False, by=handler, at=LATER)
    newer.refresh_from_db()
    older.refresh_from_db()
    assert (newer.state, newer.merged_into) == (State.CLOSED, older)
    assert (older.received_on, older.safe_on, older.statutory_on) == dates
    assert older.state == State.CONFIRMING
    assert not newer.collection_units.exists()
    mail = messages_for(f"case:{newer.id}:merged").get()
    assert older.reference in mail.text
    assert list(duplicates_of(older)) == []


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"email": "other@example.com"}, NotTheSamePerson),
        ({"right": Right.ERASURE}, AnotherRight),
        ({"entity_code": "LV"}, AnotherRight),
    ],
)
def test_what_is_not_the_same_is_refused_and_nothing_changes(
    company: str, handler: User, changes: dict[str, object], refusal: type[Exception]
) -> None:
    older, newer = filed(timedelta()), filed(timedelta(days=1), **changes)
    with pytest.raises(refusal):
        merge(case=newer, into=older, covers_both=False, by=handler, at=LATER)
    newer.refresh_from_db()
    assert (newer.state, newer.merged_into_id) == (State.CONFIRMING, None)


def test_the_older_is_never_merged_into_the_newer(twins: tuple[Case, Case], handler: User) -> None:
    older, newer = twins
    with pytest.raises(EarlierClock):
        merge(case=older, into=newer, covers_both=False, by=handler, at=LATER)


def test_what_has_ended_is_not_merged(twins: tuple[Case, Case], handler: User) -> None:
    older, newer = twins
    withdraw_request(case=older, at=LATER)
    with pytest.raises(CaseMovedOn):
        merge(case=newer, into=older, covers_both=False, by=handler, at=LATER)


def test_desk_offers_duplicates_and_merges(
    twins: tuple[Case, Case], handler: User, auditor: User
) -> None:
    older, newer = twins
    client = Client()
    client.force_login(handler)
    page = client.get(reverse("desk:case-detail", args=[newer.reference])).content.decode()
    assert f"Merge this request into {older.reference}" in page
    there = client.get(reverse("desk:case-detail", args=[older.reference])).content.decode()
    assert newer.reference in there
    assert "Merge this request into" not in there
    step = reverse("desk:case-merge", args=[newer.reference])
    assert client.post(step, {"into": "AP-2222-2222"}).status_code == 404
    reader = Client()
    reader.force_login(auditor)
    assert reader.post(step, {"into": older.reference}).status_code == 403
    assert client.post(step, {"into": older.reference}).status_code == 302
    newer.refresh_from_db()
    assert newer.merged_into == older
    page = client.get(reverse("desk:case-detail", args=[newer.reference])).content.decode()
    assert "This request goes on as" in page
    assert "Open this request again" not in page


def test_what_was_stopped_stays_stopped_and_belongs_to_the_one_that_goes_on(
    company: str, tmp_path: Path, handler: User
) -> None:
    notes_rest_on("legitimate_interest", tmp_path)
    older = filed(timedelta(), right=Right.ERASURE)
    by_phone = {"right": Right.OBJECTION, "choice": "marketing", "channel": Channel.PHONE}
    newer = filed(timedelta(days=1), **by_phone)
    (held,) = restrictions_of(newer)

    merge(case=newer, into=older, covers_both=True, by=handler, at=LATER)

    (kept,) = restrictions_of(older)
    assert (kept.pk, kept.lifted_at, kept.tables) == (held.pk, None, held.tables)
    assert restrictions_of(newer) == []
    event = events_of("restriction", str(held.pk)).get(verb="restriction.passed_on")
    assert event.data == {"reference": f"case:{older.id}"}


def test_where_data_is_to_go_is_taken_over(company: str, handler: User) -> None:
    wish = Wish(target=Target.CODE, company="Nordic Telecom")
    older = filed(timedelta(), right=Right.PORTABILITY)
    newer = filed(timedelta(days=1), right=Right.PORTABILITY, porting=wish)
    merge(case=newer, into=older, covers_both=False, by=handler, at=LATER)
    taken = PortingWish.objects.get(case=older)
    assert (taken.target, taken.company) == ("code", "Nordic Telecom")


def test_where_data_is_to_go_is_not_overwritten(company: str, handler: User) -> None:
    first, second = (Wish(target=Target.CODE, company=name) for name in ("Elisa", "Tele2"))
    older = filed(timedelta(), right=Right.PORTABILITY, porting=first)
    newer = filed(timedelta(days=1), right=Right.PORTABILITY, porting=second)
    merge(case=newer, into=older, covers_both=False, by=handler, at=LATER)
    assert PortingWish.objects.get(case=older).company == "Elisa"
