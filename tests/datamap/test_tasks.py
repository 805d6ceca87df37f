"""When owners are reminded, and by which identifiers they search."""

from datetime import date

import pytest

from datamap.domain.keys import SubjectKeys
from datamap.domain.tasks import Reminder, keys_searched, reminder_due
from tests.datamap.maps import CALLS, CONTRACTS, CUSTOMERS, shop

DUE = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("today", "reminded_on", "expected"),
    [
        (date(2026, 3, 5), None, Reminder.ASKED),
        (date(2026, 3, 12), None, Reminder.ASKED),
        (date(2026, 3, 5), date(2026, 3, 5), None),
        (date(2026, 3, 7), date(2026, 3, 5), None),
        (date(2026, 3, 8), date(2026, 3, 5), Reminder.SOON),
        (date(2026, 3, 8), date(2026, 3, 8), None),
        (date(2026, 3, 9), date(2026, 3, 5), Reminder.SOON),
        (date(2026, 3, 9), date(2026, 3, 8), None),
        (date(2026, 3, 10), date(2026, 3, 8), Reminder.TODAY),
        (date(2026, 3, 10), date(2026, 3, 10), None),
        (date(2026, 3, 11), date(2026, 3, 10), Reminder.OVERDUE),
        (date(2026, 3, 11), date(2026, 3, 5), Reminder.OVERDUE),
        (date(2026, 3, 12), date(2026, 3, 11), Reminder.OVERDUE),
    ],
)
def test_reminder_due(today: date, reminded_on: date | None, expected: Reminder | None) -> None:
    assert reminder_due(due_on=DUE, reminded_on=reminded_on, today=today) is expected


def test_only_identifiers_of_the_map_are_searched() -> None:
    keys = SubjectKeys(
        emails=("a@example.com",),
        phones=("+37251234567",),
        ips=("192.0.2.1",),
        custom=(("x", "1"),),
    )
    resource = shop(CUSTOMERS, CONTRACTS, CALLS)
    assert list(keys_searched(resource, keys)) == [
        ("email", "a@example.com"),
        ("phone", "+37251234567"),
    ]
