"""The demonstration company's own schema becomes the draft of a map, in each kind of database."""

import re
from pathlib import Path

import pytest

from datamap.services import check_sources
from datamap.services.discovery import discover
from tests.datamap.conftest import Source
from tests.datamap.drafts import map_of_draft

_SCHEMAS = Path(__file__).parents[2] / "demo" / "schema"
#: What only PostgreSQL has a word for.
_ELSEWHERE = (
    (r"--[^\n]*", ""),
    (r"timestamptz", "datetime"),
    (r"\binet\b", "varchar(45)"),
    (r"\btext\b", "varchar(190)"),
    (r"\) PARTITION BY [^;]*", ")"),
)


@pytest.fixture(scope="module")
def company(source: Source) -> Source:
    for name in ("platform", "voice"):
        text = (_SCHEMAS / f"{name}.sql").read_text("utf-8")
        for ours, theirs in () if source.is_postgres else _ELSEWHERE:
            text = re.sub(ours, theirs, text)
        source.run(*filter(str.strip, text.split(";")))
    return source


def test_it_loads_and_fits_once_decided(company: Source) -> None:
    found = discover(source="SOURCE_TEST_URL", urls={"SOURCE_TEST_URL": company.url})
    data_map = map_of_draft(found.text)
    differences = [str(one) for one in check_sources(data_map)]
    assert [one for one in differences if "has no index" not in one] == []
    resource = data_map.resource("test")
    assert {table.name for table in resource.plain_tables} == {"dpas", "tariffs"}
    assert (found.tables, found.plain_tables) == (14, 2)


def test_it_is_close_to_what_people_wrote(company: Source) -> None:
    found = discover(source="SOURCE_TEST_URL", urls={"SOURCE_TEST_URL": company.url})
    tables = {table.name: table for table in map_of_draft(found.text).resource("test").tables}
    assert [one.identifies for one in tables.values()].count(True) == 3
    assert {name for name, one in tables.items() if one.identifies} == {
        "contacts",
        "customers",
        "marketing_subscribers",
    }
    anchor = tables["customers"].retention.anchor
    assert anchor is not None
    assert (anchor.through, anchor.on, anchor.column) == (
        "contracts",
        {"id": "customer_id"},
        "ended_on",
    )
    third_party = [
        f"{name}.{column.name}"
        for name, table in tables.items()
        for column in table.columns
        if column.column_class.value == "third_party"
    ]
    assert third_party == [
        "calls.caller_number",
        "calls.callee_number",
        "recordings.caller_number",
        "recordings.callee_number",
        "sms.sender_number",
        "sms.recipient_number",
    ]
