"""Reviews of holds are mailed once each, and holds learn under what their people are known."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.domain.roles import Role
from audit.queries import events_of
from datamap.domain.keys import SubjectKeys
from outbox.models import Message
from retention.domain.holding import review_reminder_due
from retention.models import LegalHold
from retention.queries import holds_on
from retention.services.hold_people import widen_holds
from retention.services.hold_reviews import remind_of_reviews
from tests.accounts.factories import make_user
from tests.retention.conftest import ANA, BEN, NOW, Sources
from tests.retention.test_holds import AP_1, ORDER, place, purge, released

REVIEW = ORDER.review_on  # 5 June 2026


@pytest.mark.parametrize(
    ("today", "reminded", "due"),
    [
        ("2026-05-21", None, False),
        ("2026-05-22", None, True),
        ("2026-05-23", "2026-05-22", False),
        ("2026-06-04", "2026-05-22", False),
        ("2026-06-03", None, True),
        ("2026-06-05", "2026-05-22", True),
        ("2026-06-05", "2026-06-05", False),
        ("2026-06-06", "2026-05-22", True),
        ("2026-06-11", "2026-06-05", False),
        ("2026-06-12", "2026-06-05", True),
        ("2026-06-18", "2026-06-12", False),
        ("2026-06-19", "2026-06-12", True),
    ],
)
def test_reminders_fall_two_weeks_before_on_the_day_and_weekly(
    today: str, reminded: str | None, *, due: bool
) -> None:
    found = review_reminder_due(
        review_on=REVIEW,
        reminded_on=date.fromisoformat(reminded) if reminded else None,
        today=date.fromisoformat(today),
    )
    assert found is due


def on(day: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(f"{day}T09:00"))


def test_each_officer_is_mailed_once(db: None) -> None:
    officer = make_user(Role.DPO)
    make_user(Role.HANDLER)
    hold = place(keys=ANA)

    assert remind_of_reviews(at=on("2026-05-01")) == 0
    assert remind_of_reviews(at=on("2026-05-22")) == 1
    assert remind_of_reviews(at=on("2026-05-22")) == 0
    mail = Message.objects.get()
    assert mail.to == officer.email
    assert str(hold.pk) in mail.text
    assert "ana@" not in mail.text
    assert "Harju" not in mail.text
    assert remind_of_reviews(at=on("2026-06-05")) == 1
    assert events_of("hold", str(hold.pk)).filter(verb="hold.review_reminded").count() == 2


def test_reminder_waits_for_somebody_to_read_it(db: None) -> None:
    place(keys=ANA)
    assert remind_of_reviews(at=on("2026-06-05")) == 0

    make_user(Role.DPO)
    assert remind_of_reviews(at=on("2026-06-06")) == 1


def test_released_hold_is_not_mailed(db: None) -> None:
    make_user(Role.DPO)
    released(place(keys=ANA))

    assert remind_of_reviews(at=on("2026-07-01")) == 0
    assert not Message.objects.exists()


def test_hold_learns_under_what_a_person_is_known(sources: Sources) -> None:
    hold = place(keys=ANA)
    assert holds_on(AP_1) == []

    assert widen_holds(at=NOW) == 1
    assert widen_holds(at=NOW + timedelta(hours=1)) == 0
    hold.refresh_from_db()
    assert hold.keys == SubjectKeys(emails=ANA.emails, customer_numbers=("AP-1",))
    assert holds_on(AP_1) == [hold]
    assert purge("phone", "calls") == 1
    assert sources.rows("phone", "SELECT number FROM calls") == [("AP-1",)]


def test_released_hold_learns_nothing(sources: Sources) -> None:
    hold = released(place(keys=BEN))

    assert widen_holds(at=NOW) == 0
    assert LegalHold.objects.get(pk=hold.pk).keys == BEN
