"""Catching up with the ledger: what is to be done again, and who may let it be."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from audit.models import Event
from ledger.domain.entries import Entry, Kind, Line
from ledger.domain.standing import Standing
from ledger.models import Booking
from ledger.services.booking import LedgerBroken, book, standing
from ledger.services.catching_up import (
    NoReason,
    NothingToWaive,
    book_replay,
    lines_to_replay,
    waive_replay,
)
from ledger.services.file import ledger_path, reading_ledger

AT = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def booked(number: int) -> None:
    for hour in range(number):
        at = AT + timedelta(hours=hour)
        book(Entry(kind=Kind.PURGE, at=at, reference=f"purge:{hour}", resource="crm"))


def restore_to(sequence: int) -> None:
    Booking.objects.filter(sequence__gt=sequence).delete()


def sequences(lines: list[Line]) -> list[int]:
    return [line.sequence for line in lines]


def written() -> list[Line]:
    with reading_ledger() as ledger:
        return list(ledger.lines())


def test_what_came_after_the_backup_is_to_be_done_again() -> None:
    booked(4)
    assert lines_to_replay() == []
    restore_to(2)

    assert sequences(lines_to_replay()) == [3, 4]
    assert sequences(lines_to_replay(since=AT + timedelta(hours=1))) == [2, 3, 4]


def test_line_that_was_not_confirmed_is_done_again() -> None:
    booked(3)
    restore_to(2)
    Booking.objects.filter(sequence=2).update(is_written=False)

    assert sequences(lines_to_replay()) == [2, 3]


def test_what_was_given_up_is_not_done_again() -> None:
    booked(3)
    book(Entry(kind=Kind.DROPPED, at=AT, reference="purge:1", resource="crm"))
    restore_to(0)

    assert sequences(lines_to_replay()) == [1, 3]


def test_replay_that_is_booked_is_not_asked_for_again_but_after_the_next_restore() -> None:
    booked(3)
    restore_to(1)
    book_replay(lines=lines_to_replay(), without=["phone"], at=AT)

    assert standing() is Standing.IN_STEP
    assert lines_to_replay() == []
    assert Event.objects.get(verb="ledger.replayed").data == {"lines": 2, "without": ["phone"]}
    restore_to(1)
    assert sequences(lines_to_replay()) == [2, 3]


@pytest.mark.parametrize("line", [0, 1, 2])
def test_line_changed_anywhere_is_noticed(line: int) -> None:
    booked(3)
    restore_to(1)
    texts = ledger_path().read_bytes().splitlines(keepends=True)
    texts[line] = texts[line].replace(b'"crm"', b'"CRM"')
    ledger_path().write_bytes(b"".join(texts))

    if line == 2:  # like a line that was torn: the one before is the last
        assert sequences(lines_to_replay()) == [2]
    else:
        with pytest.raises(LedgerBroken):
            lines_to_replay()


def test_ledger_that_is_gone_is_not_taken_for_an_empty_one() -> None:
    booked(2)
    ledger_path().unlink()

    with pytest.raises(LedgerBroken):
        lines_to_replay()


# --- waivers ----------------------------------------------------------------------------------
def test_waiver_opens_and_names_who_answers_for_it() -> None:
    booked(3)
    restore_to(1)

    assert waive_replay(name=" Mari Maasikas ", reason="Test data.", at=AT) == 4

    assert standing() is Standing.IN_STEP
    last = written()[-1].entry
    assert (last.kind, last.by, last.reason) == (Kind.WAIVER, "Mari Maasikas", "Test data.")
    event = Event.objects.get(verb="ledger.replay_waived")
    assert event.data == {"standing": "behind"}
    assert event.object_id == "4"


def test_waiver_of_a_broken_ledger_puts_it_aside_and_begins_anew() -> None:
    booked(3)
    texts = ledger_path().read_bytes().splitlines(keepends=True)
    ledger_path().write_bytes(b"".join(texts[:2]))
    assert standing() is Standing.BROKEN

    assert waive_replay(name="Mari", reason="The disk was full.", at=AT) == 4

    assert standing() is Standing.IN_STEP
    assert [(line.sequence, line.entry.kind) for line in written()] == [(4, Kind.WAIVER)]
    [aside] = ledger_path().parent.glob("*.broken-*")
    assert aside.read_bytes() == b"".join(texts[:2])
    booked(1)
    assert sequences(written()) == [4, 5]


@pytest.mark.parametrize(("name", "reason"), [("", "why"), ("Mari", "  ")])
def test_waiver_without_name_or_reason_is_refused(name: str, reason: str) -> None:
    booked(1)
    restore_to(0)

    with pytest.raises(NoReason):
        waive_replay(name=name, reason=reason, at=AT)
    assert standing() is Standing.BEHIND


def test_nothing_is_waived_that_is_not_asked_for() -> None:
    booked(1)

    with pytest.raises(NothingToWaive):
        waive_replay(name="Mari", reason="why", at=AT)
    with pytest.raises(CommandError, match="nothing to waive"):
        call_command("waive_replay", by="Mari", reason="why", stdout=StringIO())
    assert len(written()) == 1
