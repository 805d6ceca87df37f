"""The lines of the ledger: what they say, and that none can be taken out or changed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ledger.domain.entries import GENESIS, BrokenChain, Entry, Gone, Kind, read, sealed, whole

KEY = b"k" * 32
AT = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
ENTRY = Entry(
    kind=Kind.ERASURE,
    at=AT,
    reference="case:1",
    resource="crm",
    tables=(Gone("clients", "delete"), Gone("notes", "delete", date(2024, 1, 1))),
    who=("ab", "cd"),
    rules="0" * 64,
)


def texts(*entries: Entry, first: int = 1) -> list[bytes]:
    prev, written = GENESIS, []
    for sequence, entry in enumerate(entries, first):
        line, text = sealed(entry, sequence=sequence, prev=prev, key=KEY)
        prev = line.chain
        written.append(text)
    return written


def sequences(lines: Sequence[bytes]) -> list[int]:
    return [line.sequence for line in whole(lines, key=KEY)]


def test_line_says_what_was_booked() -> None:
    purge = replace(ENTRY, kind=Kind.PURGE, who=(), as_of=AT)

    read_again = [line.entry for line in whole(texts(ENTRY, purge), key=KEY)]

    assert read_again == [ENTRY, purge]


def test_line_that_was_torn_is_no_line_and_the_next_one_follows() -> None:
    first, second = texts(ENTRY, ENTRY)

    assert sequences([first, first[:40] + b"\n", second]) == [1, 2]


@pytest.mark.parametrize(
    ("old", "new"), [(b"clients", b"notes__"), (b'"seq":2', b'"seq":9'), (b"ab", b"ef")]
)
def test_line_that_was_changed_breaks_the_chain(old: bytes, new: bytes) -> None:
    first, second, third = texts(ENTRY, ENTRY, ENTRY)
    assert old in second

    with pytest.raises(BrokenChain) as broken:
        sequences([first, second.replace(old, new), third])

    assert broken.value.after == 1


def test_line_that_was_taken_out_breaks_the_chain() -> None:
    first, _second, third = texts(ENTRY, ENTRY, ENTRY)

    with pytest.raises(BrokenChain):
        sequences([first, third])


def test_line_sealed_with_another_key_is_no_line() -> None:
    [text] = texts(ENTRY)

    assert read(text, key=b"other") is None


def test_ledger_begins_with_its_first_line_or_a_waiver() -> None:
    waiver = Entry(kind=Kind.WAIVER, at=AT, by="Ana", reason="lost")

    assert sequences(texts(waiver, ENTRY, first=8)) == [8, 9]
    with pytest.raises(BrokenChain):
        sequences(texts(ENTRY, first=8))


def test_content_is_that_of_the_same_thing_whenever_it_is_booked() -> None:
    later = replace(ENTRY, at=datetime(2026, 3, 6, tzinfo=UTC))

    assert later.content == ENTRY.content
    assert replace(ENTRY, who=("ab",)).content != ENTRY.content
