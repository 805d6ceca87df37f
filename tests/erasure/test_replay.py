"""After a restore, what was erased is erased again, and nothing else; then the system opens."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from audit.domain.actor import Actor
from audit.models import Event
from datamap.domain.keys import SubjectKeys
from erasure.services.replay import NoSuchResource, Problem, Report, replay_erasures
from ledger.domain.entries import Gone, Kind
from ledger.domain.standing import Standing
from ledger.models import Booking
from ledger.services.booking import LedgerBroken, book_erasure, book_purge, standing
from ledger.services.file import ledger_path, reading_ledger
from retention.domain.restricting import Reason
from retention.domain.treatments import rules_hash
from retention.services.restrictions import restrict_person
from tests.erasure.conftest import (
    _CRM,
    _PHONE,
    AFTER,
    BEFORE,
    GIVEN,
    LATER,
    NOW,
    Sources,
    approved,
    work,
)

_DROP = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"


def restore(sources: Sources, *names: str, database: bool = True) -> None:
    """Put sources, and what our own database knows, back to the beginning."""
    for name in names or ("crm", "phone"):
        sources.run(name, _DROP + {"crm": _CRM, "phone": _PHONE}[name])
    if database:
        Booking.objects.all().delete()


def replay(**options: object) -> Report:
    return replay_erasures(**{"clock": lambda: LATER, **options})  # type: ignore[arg-type] # a test's freedom


@pytest.fixture
def erased(sources: Sources, handler: User, dpo: User) -> Sources:
    """Ana is erased."""
    approved(handler, dpo)
    work()
    assert sources.all_ids() == AFTER
    return sources


def test_person_that_a_restore_brought_back_is_erased_again(erased: Sources) -> None:
    restore(erased)
    assert erased.all_ids() == BEFORE
    assert standing() is Standing.BEHIND

    report = replay()

    assert erased.all_ids() == AFTER
    assert erased.run("crm", "SELECT id FROM mails WHERE email = 'ana@example.com'") == []
    assert (report.people, report.people_found, report.is_complete) == (1, 1, True)
    assert standing() is Standing.IN_STEP
    assert Event.objects.filter(verb="ledger.replayed").count() == 1


def test_replay_done_twice_changes_nothing_more(erased: Sources) -> None:
    restore(erased)
    replay()
    Booking.objects.all().delete()  # as if it had been killed before its end

    again = replay()

    assert erased.all_ids() == AFTER
    assert (dict(again.erased), again.is_complete) == ({}, True)


def test_source_that_was_not_restored_is_left_out(erased: Sources) -> None:
    restore(erased, "crm")
    erased.run("phone", "DROP TABLE recordings, calls, surveys")

    report = replay()
    assert not report.is_complete
    assert {one.resource for one in report.problems} == {"phone"}
    assert standing() is Standing.BEHIND

    assert replay(without=["phone"]).is_complete
    assert erased.ids("crm.clients") == AFTER["crm.clients"]
    with reading_ledger() as ledger:
        *_, last = ledger.lines()
    assert (last.entry.kind, last.entry.without) == (Kind.REPLAY, ("phone",))


def test_one_source_restored_by_itself_is_replayed_since_its_backup(erased: Sources) -> None:
    restore(erased, "phone", database=False)
    assert standing() is Standing.IN_STEP

    assert replay(since=LATER + timedelta(seconds=1)).lines == 0
    assert erased.ids("phone.calls") == BEFORE["phone.calls"]
    assert replay(since=NOW).is_complete
    assert erased.all_ids() == AFTER


def test_restriction_keeps_its_rows_and_is_told(erased: Sources) -> None:
    restore(erased)
    keys = SubjectKeys(emails=GIVEN.emails, custom=(("@crm/clients/id", "1"),))
    restrict_person(keys=keys, reason=Reason.ACCURACY, by=Actor.staff(1), at=NOW)

    report = replay()

    assert erased.all_ids() == BEFORE
    assert sum(report.held.values()) == 9
    assert report.is_complete


def test_rows_of_others_stay_whatever_the_ledger_says_of_somebody_unknown(
    sources: Sources,
) -> None:
    book_erasure(
        reference="case:x",
        resource_id="crm",
        tables=[Gone("clients", "delete")],
        who=[("email", "nobody@example.com")],
        rules=rules_hash(),
        at=NOW,
    )
    Booking.objects.all().delete()

    report = replay()

    assert sources.all_ids() == BEFORE
    assert (report.people, report.people_found, report.is_complete) == (1, 0, True)


@pytest.mark.parametrize(
    ("resource", "table", "problem"),
    [("gone", "x", Problem("gone", "not_in_map")), ("crm", "x", Problem("crm", "not_in_map", "x"))],
)
def test_what_the_map_no_longer_has_is_told_and_can_be_left_out(
    sources: Sources, resource: str, table: str, problem: Problem
) -> None:
    book_erasure(
        reference="case:x",
        resource_id=resource,
        tables=[Gone(table, "delete")],
        who=[("email", "ana@example.com")],
        rules=rules_hash(),
        at=NOW,
    )
    Booking.objects.all().delete()

    assert replay().problems == [problem]
    assert standing() is Standing.BEHIND
    assert replay(without=[f"{resource}.{table}"]).is_complete


def test_purge_is_done_again_as_of_its_time_but_for_what_stayed(sources: Sources) -> None:
    book_purge(
        reference="purge:1",
        resource_id="phone",
        gone=Gone("calls", "delete"),
        kept=["recordings"],
        as_of=NOW,
        rules=rules_hash(),
        at=NOW,
    )
    Booking.objects.all().delete()

    report = replay()

    # The calls of 2010 are due; 1 and 4 have recordings, which stayed.
    assert sources.ids("phone.calls") == BEFORE["phone.calls"]
    assert report.is_complete

    sources.run("phone", "DELETE FROM recordings WHERE call_id = 4")
    Booking.objects.all().delete()
    assert dict(replay().erased) == {"phone.calls": 1}
    assert sources.ids("phone.calls") == [1, 2, 3]


def test_unknown_source_to_leave_out_is_refused(sources: Sources) -> None:
    with pytest.raises(NoSuchResource):
        replay(without=["typo"])


def test_replay_of_another_ledger_is_refused(erased: Sources, settings: Settings) -> None:
    Booking.objects.exclude(sequence=1).delete()
    Booking.objects.update(chain="f" * 64)

    with pytest.raises(LedgerBroken):
        replay()
    assert erased.all_ids() == AFTER


# --- the command and the pages ----------------------------------------------------------------
def test_command_says_what_it_did_and_what_is_left(erased: Sources) -> None:
    restore(erased)
    erased.run("phone", "ALTER TABLE calls RENAME TO others")
    out = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("replay_erasures", stdout=out)
    assert ended.value.returncode == 1
    assert "phone" in out.getvalue()

    erased.run("phone", "ALTER TABLE others RENAME TO calls")
    out = StringIO()
    call_command("replay_erasures", stdout=out)
    assert "phone.calls: 1 rows erased again" in out.getvalue()
    assert "The system serves again." in out.getvalue()
    assert "ana" not in out.getvalue()


def test_dry_run_counts_and_changes_nothing(erased: Sources) -> None:
    restore(erased)
    before = ledger_path().read_bytes()
    out = StringIO()
    call_command("replay_erasures", dry_run=True, stdout=out)

    assert "crm.notes: 2 rows would go" in out.getvalue()
    assert "serves again" not in out.getvalue()
    assert erased.all_ids() == BEFORE
    assert ledger_path().read_bytes() == before
    assert standing() is Standing.BEHIND


@pytest.mark.parametrize("page", ["/en/", "/pl/", "/desk/", "/staff/sign-in/"])
def test_nothing_is_served_until_then_but_the_reason(
    erased: Sources, client: Client, page: str
) -> None:
    assert client.get(page).status_code != 503
    assert client.get("/health/").content == b"ok"
    restore(erased)

    assert client.get(page).status_code == 503
    health = client.get("/health/")
    assert health.status_code == 503
    assert health.content.startswith(b"replay_pending: The database was restored")
    replay()
    assert client.get(page).status_code != 503


def test_broken_ledger_closes_too_until_it_is_waived_by_name(
    erased: Sources, client: Client
) -> None:
    ledger_path().unlink()
    assert client.get("/en/").status_code == 503
    assert client.get("/health/").content.startswith(b"ledger_broken")

    call_command("waive_replay", by="Mari Maasikas", reason="The disk was lost.", stdout=StringIO())

    assert client.get("/en/").status_code == 200
