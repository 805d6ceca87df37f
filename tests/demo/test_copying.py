"""Rows as PostgreSQL's COPY reads them, streamed."""

import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg2

from demo.copying import READ_SIZE, Row, encode, row_file
from demo.rows_customers import Plan
from demo.rows_traffic import call_rows
from demo.seeding import driver_address


def test_encode_writes_null_and_escapes_what_would_end_a_field_or_row() -> None:
    line = encode((1, None, "a\tb\nc\\d\re", Decimal("1.50"), date(2026, 1, 2)))
    assert line == "1\t\\N\ta\\tb\\nc\\\\d\\re\t1.50\t2026-01-02\n"


def test_encode_is_read_back_by_postgresql_as_it_was(platform_url: str) -> None:
    awkward = 'tab\there\nline \\N "quoted" Łódź – \u00a0end'
    instant = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    with (
        closing(psycopg2.connect(driver_address(platform_url))) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE TABLE probe (a text, b timestamptz, c text)")
        cursor.copy_expert("COPY probe FROM STDIN", row_file([(awkward, instant, None)]))
        cursor.execute("SELECT a, b, c FROM probe")
        assert cursor.fetchall() == [(awkward, instant, None)]


def test_row_file_asks_for_rows_only_as_far_as_it_is_read() -> None:
    asked = 0

    def rows() -> Iterator[Row]:
        nonlocal asked
        for number in range(10_000_000):
            asked = number
            yield (number, "x" * 90)

    file = row_file(rows())
    file.read(1000)

    assert asked < 2 * READ_SIZE // 90


def test_row_file_gives_every_byte_whatever_the_size_of_a_read() -> None:
    rows = [(number, "õ" * number) for number in range(60)]
    whole = "".join(map(encode, rows)).encode()
    file = row_file(rows)

    pieces = []
    while piece := file.read(7):
        pieces.append(piece)

    assert b"".join(pieces) == whole


def test_streaming_calls_takes_the_same_memory_for_ten_times_the_rows() -> None:
    def peak(calls: int) -> int:
        file = row_file(
            call_rows(Plan(customers=50, calls=calls, seed=1, today=date(2026, 11, 23)))
        )
        file.read(READ_SIZE)  # the people who are called are invented at the start
        tracemalloc.start()
        while file.read(READ_SIZE):
            pass
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(60_000) < peak(6_000) + 4 * READ_SIZE
