"""The mails to owners: when, to whom, and nothing in them that says whom it is about."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from accounts.models import User
from audit.queries import events_of
from datamap.connectors import AwaitingPerson, connector_for
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource
from datamap.models import ManualTask
from datamap.services.manual_reminders import remind_owners
from datamap.tasks import remind_owners as sweep
from outbox.models import Message
from tests.datamap import archive
from tests.datamap.archive import OWNER, only_task
from tests.datamap.cabinet import answer

pytestmark = pytest.mark.django_db
KEYS = SubjectKeys(emails=("ana@example.com",), customer_numbers=("AP-1",))


@pytest.fixture
def resource(db: None, tmp_path: Path) -> Resource:
    return archive.load(tmp_path)


def ask(resource: Resource) -> ManualTask:
    with pytest.raises(AwaitingPerson):
        connector_for(resource, reference="test:1").count(resource.table("contracts"), KEYS)
    return only_task()


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), ZoneInfo("Europe/Tallinn"))


def sent() -> list[tuple[str, str]]:
    """Return to whom and on which occasion mails were queued since the last call."""
    found = [(one.to, one.reference.rpartition(":")[2]) for one in Message.objects.order_by("pk")]
    Message.objects.all().delete()
    return found


def test_the_owner_is_reminded_and_late_the_officer_too(resource: Resource) -> None:
    archive.make_owner()
    due = ask(resource).due_on
    seen = {}
    for days in range(-5, 3):
        at = noon(due + timedelta(days=days))
        remind_owners(at=at)
        remind_owners(at=at + timedelta(hours=1))
        seen[days] = sent()
    assert seen == {
        -5: [(OWNER, "asked")],
        -4: [],
        -3: [],
        -2: [(OWNER, "soon")],
        -1: [],
        0: [(OWNER, "today")],
        1: [(OWNER, "overdue"), (settings.DPO_EMAIL, "overdue")],
        2: [(OWNER, "overdue"), (settings.DPO_EMAIL, "overdue")],
    }


def test_the_day_is_that_of_the_entity(resource: Resource) -> None:
    archive.make_owner()
    due = ask(resource).due_on
    remind_owners(at=noon(due - timedelta(days=5)))
    sent()
    evening = datetime.combine(due - timedelta(days=3), time(22, 30), UTC)  # past midnight there
    assert remind_owners(at=evening) == 1


def test_a_mail_says_what_and_until_when_and_nothing_of_the_person(resource: Resource) -> None:
    owner = archive.make_owner(language="et")
    task = ask(resource)
    sweep()
    mail = Message.objects.get()
    assert (mail.to, mail.language) == (owner.email, "et")
    assert "Paberarhiiv" in mail.subject
    address = f"{settings.PUBLIC_URL}/staff/tasks/{task.pk}/"
    for part in (mail.text, mail.html):
        assert address in part
        assert "Kaur Tamm" in part
    for part in (mail.subject, mail.text, mail.html, mail.reference):
        assert "ana@" not in part
        assert "AP-1" not in part


def test_without_an_account_the_officer_is_asked_until_there_is_one(resource: Resource) -> None:
    task = ask(resource)
    today = noon(task.due_on - timedelta(days=5))
    remind_owners(at=today)
    mail = Message.objects.get()
    assert (mail.to, "Archive has no account here" in mail.text) == (settings.DPO_EMAIL, True)
    sent()
    owner = archive.make_owner()
    remind_owners(at=noon(task.due_on - timedelta(days=2)))
    task.refresh_from_db()
    assert (task.owner, sent()) == (owner, [(OWNER, "soon")])
    assert [one.verb for one in events_of("manual_task", str(task.pk))][
        -1
    ] == "manual_task.assigned"


def test_an_owner_who_left_is_none(resource: Resource) -> None:
    owner = archive.make_owner()
    task = ask(resource)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    remind_owners(at=noon(task.due_on))
    task.refresh_from_db()
    assert (task.owner, sent()) == (None, [(settings.DPO_EMAIL, "asked")])


def test_who_has_answered_is_reminded_no_more(resource: Resource) -> None:
    task = ask(resource)
    answer(task, archive.make_owner())
    assert remind_owners(at=noon(task.due_on)) == 0
    assert sent() == []
