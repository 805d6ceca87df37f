"""Rows of a large table: read page by page and all in a row, from chunks of any size."""

from datetime import date, timedelta
from itertools import islice

import pytest

from accounts.models import User
from lib.blobs import BlobChunk
from requests_portal.models import Case, CollectedTable
from requests_portal.queries import CHUNK_BYTES, CHUNK_ROWS, collected_page, collected_rows
from tests.requests_portal.conftest import run_sql
from tests.requests_portal.test_access_flow import searched

ROWS = 12_000


@pytest.fixture
def notes(case: Case, handler: User, company: str) -> CollectedTable:
    run_sql(
        company,
        f"""INSERT INTO notes SELECT 10 + g, 'ana@example.com', repeat('text ', 20) || g, NULL,
            timestamptz '2020-01-01 00:00+00' + g * interval '1 hour'
            FROM generate_series(1, {ROWS}) g""",  # noqa: S608 (a number)
    )
    searched(case, handler)
    return CollectedTable.objects.get(unit__case=case, table_name="notes")


def test_rows_lie_in_several_chunks_and_come_back_in_order(notes: CollectedTable) -> None:
    chunks = list(BlobChunk.objects.filter(blob=notes.blob).order_by("seq").values_list("items"))
    assert len(chunks) == 3
    assert sum(items for (items,) in chunks) == notes.row_count == ROWS + 1
    assert all(items <= CHUNK_ROWS for (items,) in chunks)
    assert notes.blob is not None
    assert notes.blob.size > 2 * CHUNK_BYTES
    assert [row.values["id"] for row in collected_rows(notes)] == [1, *range(11, ROWS + 11)]


def test_every_page_is_found_without_the_others(notes: CollectedTable) -> None:
    everything = list(collected_rows(notes))
    for page in (1, 2, 79, 80, 81, 82, 160, 161, 162, 240, 241):
        assert collected_page(notes, page=page) == everything[(page - 1) * 50 : page * 50]
    assert collected_page(notes, page=242) == []


def test_each_row_has_its_own_end_date(notes: CollectedTable) -> None:
    """Two years after the end of the month in which it was, by the clocks of Estonia."""
    rows = list(islice(collected_rows(notes), 1, None))
    ends = [row.kept_until for row in rows]
    assert ends[0] == "2022-02-01T00:00:00+02:00"
    # 21:00 UTC is midnight in Tallinn's summer.
    crossing = next(place for place, row in enumerate(rows) if row.values["at"] >= "2020-03-31T21")
    assert rows[crossing].values["at"] == "2020-03-31T21:00:00+00:00"
    assert ends[crossing - 1 : crossing + 1] == [
        "2022-04-01T00:00:00+03:00",
        "2022-05-01T00:00:00+03:00",
    ]
    assert notes.kept_from is not None
    assert notes.kept_from.isoformat() == "2022-01-31T22:00:00+00:00"
    last = date(2020, 1, 1) + timedelta(hours=ROWS)
    assert ends[-1] is not None
    assert ends[-1][:4] == str(last.year + 2)
