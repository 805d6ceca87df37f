"""Booking: on disk before anybody goes on, once, and never while ledger and database differ."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from ledger.domain.entries import Entry, Gone, Kind, Line
from ledger.domain.standing import Standing
from ledger.models import Booking
from ledger.services.booking import (
    Booked,
    LedgerBroken,
    LedgerUnwritable,
    NotBooked,
    ReplayPending,
    book,
    book_erasure,
    book_purge,
    hash_of,
    require_booked,
    require_in_step,
    standing,
)
from ledger.services.file import ledger_path, reading_ledger

AT = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
ANA = [("email", "ana@example.com"), ("phone", "+37255555555")]
pytestmark = pytest.mark.django_db


def erasure(reference: str = "case:1", who: list[tuple[str, str]] = ANA) -> Booked:
    return book_erasure(
        reference=reference,
        resource_id="crm",
        tables=[Gone("clients", "delete")],
        who=who,
        rules="0" * 64,
        at=AT,
    )


def purge(reference: str = "purge:1") -> Booked:
    return book_purge(
        reference=reference,
        resource_id="crm",
        gone=Gone("notes", "delete"),
        as_of=AT,
        rules="0" * 64,
        at=AT,
    )


def lines() -> list[Line]:
    with reading_ledger() as ledger:
        return list(ledger.lines())


def restore_to(sequence: int) -> None:
    """Leave the database as a backup of that moment has it."""
    Booking.objects.filter(sequence__gt=sequence).delete()


def test_erasure_is_booked_by_keyed_hashes_alone() -> None:
    assert erasure() == Booked("case:1", "crm")

    [line] = lines()
    assert line.entry.who == tuple(sorted(hash_of(*pair) for pair in ANA))
    text = ledger_path().read_text()
    assert "ana" not in text
    assert "5555" not in text
    assert ledger_path().stat().st_mode & 0o777 == 0o600


def test_purge_is_booked_with_its_time_and_rules() -> None:
    purge()

    [line] = lines()
    assert (line.entry.as_of, line.entry.rules, line.entry.who) == (AT, "0" * 64, ())


def test_same_thing_is_booked_once() -> None:
    for _ in range(2):
        erasure()
        purge()
    erasure("case:2")

    assert [line.entry.reference for line in lines()] == ["case:1", "purge:1", "case:2"]
    assert standing() is Standing.IN_STEP


def test_many_identifiers_go_into_several_lines() -> None:
    many = [("@crm/clients/id", str(number)) for number in range(1_200)]

    erasure(who=many)

    booked = lines()
    assert [len(line.entry.who) for line in booked] == [500, 500, 200]
    assert len({one for line in booked for one in line.entry.who}) == 1_200


def test_database_that_was_restored_is_behind() -> None:
    erasure()
    purge()
    restore_to(1)

    assert standing() is Standing.BEHIND
    with pytest.raises(ReplayPending):
        require_in_step()
    with pytest.raises(ReplayPending):
        erasure("case:2")
    assert len(lines()) == 2


@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_damaged_ledger_is_noticed_and_takes_nothing(damage: str) -> None:
    erasure()
    purge()
    text = ledger_path().read_bytes()
    first, second = text.splitlines(keepends=True)
    if damage == "gone":
        ledger_path().unlink()
    else:
        ledger_path().write_bytes(
            first if damage == "cut" else first + second.replace(b"notes", b"mails")
        )

    assert standing() is Standing.BROKEN
    with pytest.raises(LedgerBroken):
        erasure("case:2")


def test_line_torn_by_a_full_disk_is_passed_over() -> None:
    erasure()
    with ledger_path().open("ab") as file:
        file.write(b'{"seq":2,"ki')

    assert standing() is Standing.IN_STEP
    purge()

    assert [line.sequence for line in lines()] == [1, 2]
    assert standing() is Standing.IN_STEP


def test_unwritable_ledger_books_nothing(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.ERASURE_LEDGER = str(tmp_path / "file" / "erasures.jsonl")  # no folder

    with pytest.raises((LedgerUnwritable, LedgerBroken)):
        erasure()
    assert not Booking.objects.exists()


def test_full_disk_books_nothing_and_the_next_one_goes_on(settings: Settings) -> None:
    path = settings.ERASURE_LEDGER
    settings.ERASURE_LEDGER = "/dev/full"  # every write fails: no space left

    with pytest.raises(LedgerUnwritable):
        erasure()
    assert not Booking.objects.filter(is_written=True).exists()

    settings.ERASURE_LEDGER = path
    assert standing() is Standing.IN_STEP
    purge()
    assert [line.entry.kind for line in lines()] == [Kind.PURGE]
    assert Booking.objects.get().is_written


def test_worker_that_died_after_its_line_is_confirmed() -> None:
    erasure()
    Booking.objects.update(is_written=False)

    assert standing() is Standing.IN_STEP
    purge()

    assert set(Booking.objects.values_list("sequence", "is_written")) == {(1, True), (2, True)}


def test_gate_asks_for_a_booking_of_the_resource() -> None:
    booked = erasure()

    require_booked(booked, resource_id="crm")
    for wrong in (None, Booked("case:1", "phone")):
        with pytest.raises(NotBooked):
            require_booked(wrong, resource_id="crm")


@pytest.mark.django_db(transaction=True)
def test_nothing_is_booked_within_a_transaction_that_may_be_undone() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        erasure()
    assert lines() == []


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_book_one_chain() -> None:
    def work(worker: int) -> None:
        try:
            for number in range(5):
                book(Entry(kind=Kind.PURGE, at=AT, reference=f"{worker}.{number}", resource="crm"))
                require_in_step()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert [line.sequence for line in lines()] == list(range(1, 21))
    assert Booking.objects.filter(is_written=True).count() == 20
