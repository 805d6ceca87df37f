"""What a purge does to each table, and when it asks a person: rules alone, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datamap.domain.erasing import Survey, Tally, Treatment
from datamap.domain.schema import Controller, DataMap, Resource
from datamap.domain.vocabulary import Category, Erasing, Role
from retention.domain.purging import (
    EARLIEST_ANCHOR,
    Accepted,
    Alarm,
    Limits,
    Outlook,
    alarms_of,
    levels_of,
    outlook_of,
    purge_treatments,
)
from tests.datamap.maps import shop, table

ENTRUSTED = {"category": Category.ENTRUSTED, "role": Role.PROCESSOR}
NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
_COLUMNS = "columns: {id: technical, email: personal, at: personal, whose: technical}"
_FOUND = f"""
    primary_key: [id]
    find: [{{key: email, column: email}}]
    {_COLUMNS}
"""


def treatment(**keys: Any) -> Treatment:
    controllers = keys.pop("controllers", ())
    made = shop(table("things", _FOUND + "    retention: {anchor: at}"))
    changed = made.tables[0].model_copy(update=keys)
    resource: Resource = made.model_copy(update={"tables": (changed,)})
    data_map = DataMap(controllers=controllers, resources=(resource,))
    return purge_treatments(resource, data_map=data_map, now=NOW)["things"]


def ended(
    months: int = 6, on: date | None = date(2025, 9, 1), key: str | None = "42"
) -> Controller:
    return Controller.model_validate(
        {
            "id": "acme",
            "name": "Acme",
            "contact_email": "a@acme.example",
            "dpa_months": months,
            "dpa_ended_on": on,
            "source_key": key,
        }
    )


def test_rows_before_the_rule_s_day_and_after_1990_go() -> None:
    # communications: two years after the end of the month
    assert treatment() == Treatment(Erasing.DELETE, date(2024, 3, 1), EARLIEST_ANCHOR)


def test_a_table_without_an_anchor_stays() -> None:
    made = shop(table("things", _FOUND + "    retention: {none: {en: x, pl: x, et: x, lv: x}}"))
    found = purge_treatments(made, data_map=DataMap(resources=(made,)), now=NOW)
    assert found == {"things": Treatment(Erasing.KEEP)}


@pytest.mark.parametrize(
    ("controller", "goes"),
    [
        (ended(months=6, on=date(2025, 9, 4)), True),  # over on 5 March 2026, Tallinn
        (ended(months=6, on=date(2025, 9, 5)), False),
        (ended(months=12), False),
        (ended(on=None), False),
    ],
)
def test_data_of_a_controller_goes_when_the_time_of_its_agreement_is_over(
    controller: Controller, *, goes: bool
) -> None:
    entrusted = {
        "category": Category.ENTRUSTED,
        "role": Role.PROCESSOR,
        "controllers": (controller,),
    }
    whole = treatment(**entrusted, controller="acme")
    shared = treatment(**entrusted, controller_column="whose")
    assert whole == Treatment(Erasing.DELETE if goes else Erasing.KEEP)
    keys = frozenset({"42"})
    assert shared == (
        Treatment(Erasing.DELETE, controllers=keys) if goes else Treatment(Erasing.KEEP)
    )


def test_a_controller_without_a_key_of_its_own_loses_nothing_in_a_shared_table() -> None:
    entrusted = {
        "category": Category.ENTRUSTED,
        "role": Role.PROCESSOR,
        "controller_column": "whose",
    }
    assert treatment(**entrusted, controllers=(ended(key=None),)) == Treatment(Erasing.KEEP)


def test_an_outlook_tells_what_has_no_date_or_an_impossible_one() -> None:
    survey = Survey(
        going=Tally(5),
        kept={
            None: 2,
            date(1989, 12, 31): 3,
            date(1990, 1, 1): 4,
            date(2026, 3, 6): 8,
            date(2026, 3, 7): 16,
        },
        needed=Tally(32),
        held=Tally(64),
        done=Tally(128),
        oldest=date(2020, 1, 2),
    )
    seen = outlook_of(survey, by=treatment(), today=date(2026, 3, 5))
    assert seen == Outlook(
        rows=262,
        due=5,
        held=64,
        needed=32,
        no_anchor=2,
        early=3,
        future=16,
        oldest=date(2020, 1, 2),
    )


def test_dates_that_decide_nothing_are_not_missing() -> None:
    survey = Survey(kept={None: 2})
    seen = outlook_of(survey, by=Treatment(Erasing.KEEP), today=date(2026, 3, 5))
    assert (seen.rows, seen.no_anchor) == (2, 0)


CALM = Outlook(rows=1000, due=100, held=0, needed=0, no_anchor=0, early=0, future=0, oldest=None)


@pytest.mark.parametrize(
    ("changes", "before", "alarms"),
    [
        ({}, (), ()),
        ({"due": 500}, (), ()),
        ({"due": 501}, (), (Alarm.SHARE,)),
        ({"rows": 100, "due": 99}, (), ()),  # a small table may go
        ({"rows": 9_000, "due": 2_001}, (), (Alarm.NUMBER,)),
        ({"rows": 9_000, "due": 1_500}, (150,), ()),
        ({"rows": 9_000, "due": 1_501}, (3, 150), (Alarm.JUMP,)),
        ({"rows": 9_000, "due": 999}, (0,), ()),
        ({"rows": 9_000, "due": 1_000}, (0, 0), (Alarm.JUMP,)),
        ({"no_anchor": 1}, (), (Alarm.NO_ANCHOR,)),
        ({"future": 1, "early": 1}, (), (Alarm.FUTURE_ANCHOR, Alarm.EARLY_ANCHOR)),
        ({"due": 0, "no_anchor": 1, "future": 1}, (), ()),  # nothing goes: nothing to ask
    ],
)
def test_a_person_is_asked_before_the_unusual(
    changes: dict[str, int], before: tuple[int, ...], alarms: tuple[Alarm, ...]
) -> None:
    limits = Limits(number=2_000)
    seen = replace(CALM, **changes)  # type: ignore[arg-type] # numbers alone
    assert alarms_of(seen, before=before, accepted=Accepted(), limits=limits) == alarms


def test_what_was_accepted_is_not_asked_again_until_it_grows() -> None:
    accepted = Accepted(no_anchor=7, early=2, future=1)
    seen = replace(CALM, no_anchor=7, early=2, future=1)
    assert alarms_of(seen, before=(), accepted=accepted, limits=Limits()) == ()
    more = replace(seen, no_anchor=8)
    assert alarms_of(more, before=(), accepted=accepted, limits=Limits()) == (Alarm.NO_ANCHOR,)


def test_children_go_in_an_earlier_round_than_their_parents() -> None:
    names = ("customers", "contracts", "calls", "recordings", "notes")
    resource = shop(*(table(name, _FOUND + "    retention: {anchor: at}") for name in names))
    children = {
        "customers": frozenset({"contracts", "calls"}),
        "contracts": frozenset({"customers"}),  # a circle: each hangs on the other
        "calls": frozenset({"recordings"}),
    }
    levels = levels_of(resource, children)
    assert levels["recordings"] < levels["calls"] < levels["customers"]
    assert levels["notes"] == 0


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.frozensets(st.sampled_from("abcdef")), max_size=6)
)
def test_every_circle_of_tables_has_rounds(children: dict[str, frozenset[str]]) -> None:
    columns = _FOUND + "    retention: {anchor: at}"
    resource = shop(*(table(name, columns) for name in "abcdef"))
    levels = levels_of(resource, children)
    assert set(levels) == set("abcdef")
    for parent, below in children.items():
        if not below - {parent}:
            assert levels[parent] == 0
