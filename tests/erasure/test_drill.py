"""The drill: back up, erase and purge, restore, replay; a search then finds nothing."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from audit.domain.actor import Actor
from datamap.connectors import connector_for
from datamap.domain.keys import SubjectKeys
from datamap.queries import current_map
from erasure.models import Plan
from ledger.services.booking import ReplayPending
from ledger.tasks import back_up
from retention.services.purge_runs import start_run
from retention.services.purge_work import purge_next
from retention.tasks import begin_purge
from tests.erasure.conftest import (
    _CRM,
    _PHONE,
    ANA,
    BEFORE,
    NOW,
    Sources,
    approved,
    work,
)


def found(keys: SubjectKeys) -> dict[str, int]:
    """Search every source for a person."""
    return {
        f"{resource.id}.{table.name}": rows
        for resource in current_map().resources
        for table in resource.tables
        if (rows := connector_for(resource).count(table, keys))
    }


@pytest.mark.django_db(transaction=True)
def test_what_was_erased_and_purged_is_gone_after_a_restore(
    sources: Sources,
    handler: User,
    dpo: User,
    client: Client,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.BACKUP_DIR = str(tmp_path)
    out = StringIO()
    call_command("backup", stdout=out)

    approved(handler, dpo)
    work()
    run = start_run(by=Actor.staff(dpo.pk), at=NOW)
    while purge_next(clock=lambda: NOW):
        pass
    gone = sources.all_ids()
    assert gone != BEFORE
    assert gone["crm.notes"] == []
    assert run.tables.get(table_name="notes").erased == 1
    left = found(ANA)

    # The disk is lost; all of it comes from the backups of the night before.
    call_command("restore", out.getvalue().strip(), replace=True, stdout=StringIO())
    for name, filling in (("crm", _CRM), ("phone", _PHONE)):
        sources.run(name, "DROP SCHEMA public CASCADE; CREATE SCHEMA public;" + filling)
    assert sources.all_ids() == BEFORE
    assert not Plan.objects.exists()

    # Nobody is served, nothing is worked on, nothing is purged.
    assert client.get("/en/").status_code == 503
    assert client.get("/desk/").status_code == 503
    assert client.get("/health/").status_code == 503
    with pytest.raises(CommandError, match="replay_erasures"):
        call_command("purge", stdout=StringIO())
    with pytest.raises(ReplayPending):
        purge_next(clock=lambda: NOW)
    settings.BACKUP_AT = settings.PURGE_AT = "00:00"
    for task in (back_up, begin_purge):
        task()
    assert len(list(tmp_path.glob("*.backup"))) == 1

    call_command("replay_erasures", stdout=StringIO())

    assert sources.all_ids() == gone
    assert found(ANA) == left
    assert left == {"phone.calls": 2, "phone.surveys": 1}  # kept to a date, and entrusted
    assert client.get("/en/").status_code == 200
    assert client.get("/health/").content == b"ok"
    call_command("purge", stdout=StringIO())
