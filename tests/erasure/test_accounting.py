"""What a plan is bound to, and how what is there differs from it."""

import dataclasses
from datetime import date

import pytest

from datamap.domain.erasing import Survey, Tally, Treatment
from datamap.domain.vocabulary import Erasing
from erasure.domain.accounting import (
    Difference,
    PlannedRows,
    applied,
    days_as_json,
    days_from_json,
    differences,
    only_arrivals,
    plan_hash,
)
from erasure.domain.ordering import TableId

NOTES = TableId("crm", "notes")
ONE, TWO, THREE = (Tally(number, (number * 7, number * 11)) for number in (1, 2, 3))
DAY, NEXT = date(2026, 1, 1), date(2026, 1, 2)
PLANNED = PlannedRows(
    table=NOTES,
    treatment=Treatment(Erasing.DELETE, DAY),
    going=TWO,
    kept=ONE,
    needed=Tally(),
    held=Tally(),
    kept_days=[["2026-01-01", 1]],
)


def digest(**changes: object) -> str:
    values: dict[str, object] = {
        "map_hash": "m",
        "rules_hash": "r",
        "exclusions": {"crm": "e"},
        "tables": [PLANNED],
    }
    return plan_hash(**(values | changes))  # type: ignore[arg-type] # a factory's freedom


@pytest.mark.parametrize(
    "changes",
    [
        {"map_hash": "n"},
        {"rules_hash": "s"},
        {"exclusions": {"crm": "f"}},
        {"exclusions": {"phone": "e"}},
        {"tables": []},
        *(
            {"tables": [changed]}
            for changed in (
                dataclasses.replace(PLANNED, going=THREE),
                dataclasses.replace(PLANNED, kept=THREE),
                dataclasses.replace(PLANNED, needed=THREE),
                dataclasses.replace(PLANNED, held=THREE),
            )
        ),
        {"tables": [dataclasses.replace(PLANNED, going=Tally(2, (0, 0)))]},
        {"tables": [dataclasses.replace(PLANNED, table=TableId("crm", "mails"))]},
        {"tables": [dataclasses.replace(PLANNED, treatment=Treatment(Erasing.DELETE))]},
        {"tables": [dataclasses.replace(PLANNED, treatment=Treatment(Erasing.KEEP, DAY))]},
    ],
)
def test_hash_changes_with_everything_a_plan_rests_on(changes: dict[str, object]) -> None:
    assert digest(**changes) != digest()
    assert digest() == digest()


@pytest.mark.parametrize(
    ("pending", "present", "gone"),
    [
        (None, THREE, Tally()),
        (ONE, THREE, Tally()),
        (ONE, THREE - ONE, ONE),
        (THREE, Tally(), THREE),
        (None, THREE - ONE, None),  # somebody else took a row
        (ONE, THREE - TWO, None),
        (ONE, Tally(2, (0, 0)), None),  # as many rows, but not those
        (ONE, THREE + ONE, None),
    ],
)
def test_what_an_interrupted_step_did_is_told_from_what_is_left(
    pending: Tally | None, present: Tally, gone: Tally | None
) -> None:
    assert applied(left=THREE, pending=pending, present=present) == gone


def test_no_difference() -> None:
    survey = Survey(going=TWO, kept={DAY: 1}, kept_tally=ONE, done=THREE, third_party_rows=3)

    assert differences(PLANNED, survey) == []


def test_every_part_may_differ() -> None:
    survey = Survey(going=ONE, kept={DAY: 1}, kept_tally=Tally(1, (0, 0)), needed=TWO, held=THREE)

    assert differences(PLANNED, survey) == [
        Difference(NOTES, "going", 2, 1),
        Difference(NOTES, "kept", 1, 1),
        Difference(NOTES, "needed", 0, 2),
        Difference(NOTES, "held", 0, 3),
    ]
    assert Difference(NOTES, "going", 2, 1).as_json() == {
        "resource": "crm",
        "table": "notes",
        "part": "going",
        "planned": 2,
        "present": 1,
    }


@pytest.mark.parametrize(
    ("survey", "expected"),
    [
        (Survey(going=TWO, kept={DAY: 1, NEXT: 1}, kept_tally=TWO), True),
        (Survey(going=TWO, kept={DAY: 2}, kept_tally=TWO), True),
        (Survey(going=TWO, kept={NEXT: 2}, kept_tally=TWO), False),  # the planned one is missing
        (Survey(going=TWO, kept={None: 2}, kept_tally=TWO), False),
        (Survey(going=TWO), False),
        (Survey(going=ONE, kept={DAY: 2}, kept_tally=TWO), False),
        (Survey(going=TWO, kept={DAY: 1}, kept_tally=ONE), False),  # no difference at all
    ],
)
def test_only_further_kept_rows_are_arrivals(survey: Survey, expected: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    assert only_arrivals(PLANNED, differences(PLANNED, survey), survey) is expected


def test_days_are_stored_in_order_with_those_without_a_day_last() -> None:
    stored = days_as_json({None: 3, NEXT: 2, DAY: 1})

    assert stored == [["2026-01-01", 1], ["2026-01-02", 2], [None, 3]]
    assert list(days_from_json(stored)) == [(DAY, 1), (NEXT, 2), (None, 3)]
