"""Which changes of a map widen what is erased."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from datamap.domain.basics import Part
from datamap.domain.changes import (
    DECIDING,
    DESCRIPTIVE,
    DIRECTED,
    HOLDING,
    Change,
    Kind,
    differences,
    document_of,
    widens,
)
from datamap.services.loading import read_map

MAP = Path(__file__).parents[2] / "demo" / "datamap"
DOCUMENT = document_of(read_map(MAP))


def part_of(document: Any, *place: str) -> Any:
    """Return the part of a document that the names lead to."""
    for name in place:
        if isinstance(document, list):
            document = next(one for one in document if name in (one.get("id"), one.get("name")))
        else:
            document = document[name]
    return document


def changed(place: tuple[str, ...], **values: Any) -> tuple[Change, ...]:
    """Return the differences that setting `values` at a place makes; None takes a key out."""
    after = deepcopy(DOCUMENT)
    part = part_of(after, *place)
    for key, value in values.items():
        name = key.rstrip("_")
        if value is None:
            part.pop(name, None)
        else:
            part[name] = value
    return differences(DOCUMENT, after)


PLATFORM = ("resources", "platform")
CUSTOMERS = (*PLATFORM, "tables", "customers")
EMAIL = (*CUSTOMERS, "columns", "email")
INVOICES = (*PLATFORM, "tables", "invoices")


def test_the_same_content_differs_in_nothing() -> None:
    assert differences(DOCUMENT, deepcopy(DOCUMENT)) == ()
    assert not widens(())


@pytest.mark.parametrize("part", DESCRIPTIVE)
def test_every_key_of_the_schema_is_in_one_table(part: type[Part]) -> None:
    keys = {field.alias or name for name, field in part.model_fields.items()} - {"id", "name"}
    if "name" in DESCRIPTIVE[part]:
        keys |= {"name"}
    told = [
        *DESCRIPTIVE[part],
        *DECIDING[part],
        *DIRECTED.get(part, ()),
        *HOLDING.get(part, ()),
    ]
    assert sorted(told) == sorted(keys)


WIDER = [
    (CUSTOMERS, {"erasure": {"on_request": "anonymise", "when_due": "delete"}}),
    (CUSTOMERS, {"category": "uploaded"}),
    (CUSTOMERS, {"retention": {"none": {"en": "x", "pl": "x", "et": "x", "lv": "x"}}}),
    (CUSTOMERS, {"find": [{"key": "email", "column": "email"}, {"key": "ip", "column": "phone"}]}),
    (CUSTOMERS, {"primary_key": ["email"]}),
    (CUSTOMERS, {"identifies": False}),
    (CUSTOMERS, {"time_zone": "Europe/Riga"}),
    (EMAIL, {"erase": "hash"}),
    (EMAIL, {"identifier": "email2"}),
    (EMAIL, {"region": "PL"}),
    (EMAIL, {"mask": "email"}),
    (PLATFORM, {"entity": "PL"}),
    (PLATFORM, {"time_zone": "Europe/Riga"}),
    (PLATFORM, {"connector": {"kind": "sql", "url_env": "SOURCE_OTHER_URL"}}),
]
NOT_WIDER = [
    (CUSTOMERS, {"title": {"en": "x", "pl": "x", "et": "x", "lv": "x"}}),
    (CUSTOMERS, {"purpose": {"en": "x", "pl": "x", "et": "x", "lv": "x"}}),
    (CUSTOMERS, {"find": [{"key": "email", "column": "email"}]}),
    (CUSTOMERS, {"role": "processor"}),
    (EMAIL, {"class": "technical"}),
    (EMAIL, {"identifier": None}),
    (PLATFORM, {"owner": {"name": "X", "email": "x@example.org"}}),
    (PLATFORM, {"order": 101}),
]


@pytest.mark.parametrize(("place", "values"), WIDER)
def test_a_change_that_lets_more_go_widens(place: tuple[str, ...], values: dict[str, Any]) -> None:
    (change,) = changed(place, **values)
    assert change.widens
    assert change.place[-1] == next(iter(values))


@pytest.mark.parametrize(("place", "values"), NOT_WIDER)
def test_a_change_that_lets_nothing_more_go_does_not(
    place: tuple[str, ...], values: dict[str, Any]
) -> None:
    (change,) = changed(place, **values)
    assert not change.widens


def test_a_weaker_erasure_does_not_widen() -> None:
    before = deepcopy(DOCUMENT)
    part_of(before, *CUSTOMERS)["erasure"] = {"on_request": "delete", "when_due": "delete"}
    (change,) = differences(before, DOCUMENT)
    assert (change.where, change.widens) == ("platform.customers.erasure", False)
    (back,) = differences(DOCUMENT, before)
    assert back.widens


def test_a_new_column_widens_only_where_it_is_erased_or_identifies() -> None:
    plain = {"name": "note", "class": "personal", "mask": "all"}
    for extra, wider in (({}, False), ({"erase": "null"}, True), ({"identifier": "x"}, True)):
        after = deepcopy(DOCUMENT)
        part_of(after, *CUSTOMERS)["columns"].append({**plain, **extra})
        (change,) = differences(DOCUMENT, after)
        assert (change.where, change.kind) == ("platform.customers.note", Kind.ADDED)
        assert change.widens is wider
        (gone,) = differences(after, DOCUMENT)
        assert (gone.kind, gone.widens) == (Kind.REMOVED, False)


def test_a_new_table_widens_and_one_that_holds_others_back_widens_by_going() -> None:
    without = deepcopy(DOCUMENT)
    tables = part_of(without, *PLATFORM)["tables"]
    tables.remove(part_of(without, *INVOICES))
    (new,) = differences(without, DOCUMENT)
    assert (new.where, new.kind, new.widens) == ("platform.invoices", Kind.ADDED, True)
    (gone,) = differences(DOCUMENT, without)
    through = any("through" in one for one in part_of(DOCUMENT, *INVOICES)["find"])
    assert through
    assert (gone.kind, gone.widens) == (Kind.REMOVED, True)


def test_a_lost_way_through_a_table_widens() -> None:
    (change,) = changed(INVOICES, find=[{"key": "email", "column": "number"}])
    assert change.widens


def test_a_whole_source_is_told_once() -> None:
    without = deepcopy(DOCUMENT)
    without["resources"].remove(part_of(without, *PLATFORM))
    (new,) = differences(without, DOCUMENT)
    assert (new.where, new.kind, new.widens) == ("platform", Kind.ADDED, True)
    (gone,) = differences(DOCUMENT, without)
    assert (gone.kind, gone.widens) == (Kind.REMOVED, True)
