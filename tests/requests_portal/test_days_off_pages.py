"""The pages of the public holidays: the DPO changes, handlers and auditors read."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.domain.roles import Role
from requests_portal.domain.calendars import SATURDAY, calendar_for, next_working_day
from requests_portal.models import DayOff
from requests_portal.services.days_off import add_day_off
from requests_portal.tasks import count_calendars
from tests.accounts.factories import make_user

pytestmark = pytest.mark.django_db
LIST, NEW = "/staff/days-off/", "/staff/days-off/new/"


def client_of(*roles: Role) -> Client:
    client = Client()
    client.force_login(make_user(*roles))
    return client


def working_day() -> date:
    """Return the first day from a month on that is a working day in Estonia."""
    return next_working_day(timezone.localdate() + timedelta(days=30), calendar_for("EE"))


def singing_day() -> DayOff:
    return add_day_off(
        entity_code="EE",
        on=date(2026, 4, 6),
        name="Singing day",
        reason="Government order 12",
        by=make_user(Role.DPO),
        at=datetime(2026, 3, 8, 8, tzinfo=UTC),
    )


def entered(**changes: object) -> dict[str, object]:
    day = {"entity_code": "EE", "on": working_day().isoformat(), "name": "Free day"}
    return day | {"reason": "Order 12"} | changes


def test_the_officer_adds_a_day_and_takes_it_out() -> None:
    officer = client_of(Role.DPO)
    assert officer.get(NEW).status_code == 200
    assert officer.post(NEW, entered()).headers["Location"] == LIST
    day_off = DayOff.objects.get()
    assert (day_off.on, day_off.name, day_off.reason) == (working_day(), "Free day", "Order 12")
    page = officer.get(LIST).content.decode()
    for shown in ("Free day", "Order 12", "are being counted anew", "Take out"):
        assert shown in page
    count_calendars()
    assert "are being counted anew" not in officer.get(LIST).content.decode()
    remove = f"{LIST}{day_off.pk}/remove/"
    assert "is a working day then" in officer.get(remove).content.decode()
    refused = officer.post(remove, {"reason": " "})
    assert (refused.status_code, DayOff.objects.get().removed_at) == (422, None)
    assert "Say why the day is taken out." in refused.content.decode()
    assert officer.post(remove, {"reason": "Annulled by order 13"}).headers["Location"] == LIST
    page = officer.get(LIST).content.decode()
    assert "Annulled by order 13" in page
    assert "None was added." in page
    assert officer.post(remove, {"reason": "again"}).status_code == 404


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "Enter the name of the day."),
        ({"reason": ""}, "Say where it is declared."),
        ({"on": "soon"}, "Enter the day as 2026-01-31."),
        ({"on": "2262-04-06"}, "Check the year: the day is too far from today."),
        ({"entity_code": "DE"}, "DE"),
    ],
)
def test_bad_input_adds_nothing_and_loses_nothing(change: dict[str, str], sentence: str) -> None:
    answer = client_of(Role.DPO).post(NEW, entered() | {"reason": "my long words"} | change)
    page = answer.content.decode()
    assert (answer.status_code, DayOff.objects.count()) == (422, 0)
    assert sentence in page
    assert "my long words" in page or "reason" in change


def test_a_free_day_is_refused_by_its_name() -> None:
    officer = client_of(Role.DPO)
    officer.post(NEW, entered())
    again = officer.post(NEW, entered()).content.decode()
    assert "That is a public holiday already: Free day." in again
    saturday = working_day()
    while saturday.weekday() != SATURDAY or calendar_for("EE").holiday_name(saturday):
        saturday += timedelta(days=1)
    refused = officer.post(NEW, entered(on=saturday)).content.decode()
    assert "That is a Saturday or Sunday: no date is moved by it." in refused
    assert DayOff.objects.count() == 1


@pytest.mark.parametrize("role", [Role.HANDLER, Role.AUDITOR])
def test_others_read_the_calendar_and_change_nothing(role: Role) -> None:
    day_off, client = singing_day(), client_of(role)
    page = client.get(LIST)
    assert page.status_code == 200
    assert "Singing day" in page.content.decode()
    assert NEW not in page.content.decode()
    assert "/remove/" not in page.content.decode()
    for path in (NEW, f"{LIST}{day_off.pk}/remove/"):
        assert client.get(path).status_code == 403
        assert client.post(path, entered()).status_code == 403
    assert DayOff.objects.get().removed_at is None


@pytest.mark.parametrize("role", [Role.SECURITY, Role.ENGINEER])
def test_who_sees_no_cases_sees_no_calendar(role: Role) -> None:
    assert client_of(role).get(LIST).status_code == 403


def test_the_list_shows_the_holidays_of_each_country_and_marks_the_added() -> None:
    client_of(Role.DPO).post(NEW, entered())
    answer = client_of(Role.HANDLER).get(LIST)
    companies = {one.code: days for one, days in answer.context["companies"]}
    assert list(companies) == ["EE", "LV", "PL"]
    assert [day.name for day in companies["EE"] if day.is_one_off] == ["Free day"]
    assert not any(day.is_one_off for day in companies["LV"] + companies["PL"])
    assert "Independence Day" in {day.name for day in companies["EE"]}
