"""The pages of purges: what a run did, what waits for a person, and how it is steered."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.domain.roles import Role
from retention.domain.purge_stages import RunState
from retention.models import PurgeRun, PurgeStop
from retention.services.purge_runs import start_run
from tests.accounts.factories import make_user
from tests.retention.conftest import NOW, Sources
from tests.retention.test_purge_runs import BY, due_notes, filled, run_of, table, work

LIST = "/staff/purges/"


def client_of(*roles: Role) -> Client:
    client = Client()
    client.force_login(make_user(*roles))
    return client


@pytest.fixture
def asking(sources: Sources) -> PurgeRun:
    """A run in which a table waits: most of it is due."""
    filled(sources, rows=600)
    sources.run("crm", "DELETE FROM notes WHERE at > '2024-03-01'")
    return run_of()


def page_of(run: PurgeRun) -> str:
    return f"{LIST}{run.pk}/"


def test_the_officer_sees_why_a_table_waits_and_lets_it_go(
    sources: Sources, asking: PurgeRun
) -> None:
    client = client_of(Role.DPO)
    listed = client.get(LIST).content.decode()
    assert "waits for a person" in listed
    page = client.get(page_of(asking)).content.decode()
    assert "A large part of the table is due." in page
    assert "Erase 300 rows all the same" in page

    allow = reverse("purges:table-allow", args=[asking.pk, table(asking, "notes").pk])
    assert client.post(allow).headers["Location"] == page_of(asking)
    work()

    asking.refresh_from_db()
    assert (asking.state, due_notes(sources)) == (RunState.DONE, 0)
    assert "done, nothing due is left" in client.get(page_of(asking)).content.decode()
    assert "Allowed by" in client.get(page_of(asking)).content.decode()
    assert "already moved this on" in client.post(allow, follow=True).content.decode()


def test_an_engineer_steers_but_does_not_allow(asking: PurgeRun) -> None:
    client = client_of(Role.ENGINEER)
    page = client.get(page_of(asking)).content.decode()
    assert "The data protection officer has to look at it." in page
    allow = reverse("purges:table-allow", args=[asking.pk, table(asking, "notes").pk])
    assert client.post(allow).status_code == 403
    client.post(f"{page_of(asking)}pause/")
    asking.refresh_from_db()
    assert asking.state == RunState.PAUSED
    client.post(f"{page_of(asking)}resume/")
    client.post(f"{page_of(asking)}end/")
    asking.refresh_from_db()
    assert asking.state == RunState.ENDED


def test_a_run_is_begun_and_all_are_stopped_on_the_page(sources: Sources) -> None:
    client = client_of(Role.DPO)
    begun = client.post(f"{LIST}start/")
    run = PurgeRun.objects.get()
    assert begun.headers["Location"] == page_of(run)
    assert "under way already" in client.post(f"{LIST}start/", follow=True).content.decode()
    refused = client.post(f"{LIST}stop/", {"reason": " "})
    assert refused.status_code == 422
    assert "Say why purges are stopped." in refused.content.decode()
    client.post(f"{LIST}stop/", {"reason": "A backup is restored"})
    assert "A backup is restored" in client.get(LIST).content.decode()
    assert work(timezone.now()) == 0
    stop = PurgeStop.objects.get()
    client.post(f"{LIST}stop/{stop.pk}/release/")
    assert work(timezone.now()) > 0
    assert (
        "released already"
        in client.post(f"{LIST}stop/{stop.pk}/release/", follow=True).content.decode()
    )


def test_a_failed_source_is_told_with_what_to_do(sources: Sources) -> None:
    run = start_run(by=BY, at=NOW)
    run.tables.filter(table_name="calls").update(
        status="failed", error_code="unreachable", error_text="x"
    )
    page = client_of(Role.AUDITOR).get(page_of(run)).content.decode()
    assert "failed" in page
    assert "Phone" in page


def test_an_auditor_reads_and_changes_nothing(asking: PurgeRun) -> None:
    client = client_of(Role.AUDITOR)
    assert client.get(LIST).status_code == 200
    page = client.get(page_of(asking)).content.decode()
    assert "all the same" not in page
    assert "Pause" not in page
    for step in ("pause/", "resume/", "end/"):
        assert client.post(f"{page_of(asking)}{step}").status_code == 403
    for step in ("start/", "stop/"):
        assert client.post(f"{LIST}{step}", {"reason": "x"}).status_code == 403
    asking.refresh_from_db()
    assert asking.state == RunState.RUNNING


@pytest.mark.parametrize("role", [Role.HANDLER, Role.SECURITY])
def test_others_see_no_purges(asking: PurgeRun, role: Role) -> None:
    client = client_of(role)
    assert client.get(LIST).status_code == 403
    assert client.get(page_of(asking)).status_code == 403


def test_strangers_are_sent_to_the_sign_in(asking: PurgeRun) -> None:
    assert Client().get(page_of(asking)).status_code == 302
