"""Every connector finds, counts and gives out the same rows."""

from datetime import date

import pytest

from datamap.domain.erasing import KeyRange
from datamap.domain.keys import FoundKey, SubjectKeys
from tests.datamap.contract import ANNA, DELETE, JAN, ORDER, Ledger, parts, until


def test_locate_gives_the_further_identifiers(ledger: Ledger) -> None:
    resolved = ledger.connector.locate(ANNA)
    assert set(resolved.found) == {
        FoundKey("customer_number", "C-1", "customers"),
        FoundKey("customer_number", "C-3", "customers"),
    }


def test_identifiers_are_those_by_which_people_are_found(ledger: Ledger) -> None:
    kinds = {"email", "phone"}
    assert set(ledger.connector.identifiers(kinds)) == {
        ("email", "anna@example.pl"),
        ("email", "jan@example.pl"),
        ("phone", "+48601234567"),
        ("phone", "+48602000000"),
    }
    assert ("customer_number", "C-2") in set(ledger.connector.identifiers({"customer_number"}))
    assert list(ledger.connector.identifiers(set())) == []


def test_count_follows_every_way(ledger: Ledger) -> None:
    counts = {table.name: ledger.connector.count(table, ANNA) for table in ledger.resource.tables}
    assert counts == {"customers": 2, "contracts": 2, "calls": 4, "recordings": 3, "notes": 2}


def test_extract_shows_what_may_be_shown(ledger: Ledger) -> None:
    with ledger.connector.extract(ledger.resource.table("calls"), ANNA) as rows:
        shown = [(row.values["id"], row.values["callee"], row.anchor) for row in rows]
    assert shown == [
        (100, "+48•••00", "2016-01-01T12:00:00+00:00"),
        (101, None, "2022-06-30T20:59:00+00:00"),
        (102, "0048601234567", "2022-06-30T21:00:00+00:00"),
        (104, "+48•••00", None),
    ]


@pytest.mark.parametrize("keys", [ANNA, JAN, SubjectKeys(), None])
@pytest.mark.parametrize("day", [None, "2017-01-01", "2022-07-01"])
def test_every_row_is_in_one_part_of_the_survey(
    ledger: Ledger, keys: SubjectKeys | None, day: str | None
) -> None:
    treatment = DELETE if day is None else until(day)
    scope = ledger.scope(keys, **dict.fromkeys(ORDER, treatment))
    for table in ledger.resource.tables:
        survey = ledger.survey(table.name, scope)
        everybody = len(ledger.rows(table.name))
        expected = everybody if keys is None else ledger.connector.count(table, keys)
        assert sum(parts(survey).values()) == expected
        assert sum(survey.kept.values()) == survey.kept_tally.rows


def test_survey_keeps_what_is_not_named(ledger: Ledger) -> None:
    survey = ledger.survey("contracts", ledger.scope())
    assert survey.kept == {date(2015, 5, 1): 1, date(2016, 5, 1): 1}
    assert survey.going.rows == 0


def test_survey_groups_by_the_local_day_of_the_entity(ledger: Ledger) -> None:
    survey = ledger.survey("calls", ledger.scope())
    assert survey.kept == {
        date(2016, 1, 1): 1,
        date(2022, 6, 30): 1,
        date(2022, 7, 1): 1,
        None: 1,
    }


def test_survey_follows_the_anchor_through_a_join(ledger: Ledger) -> None:
    assert ledger.survey("recordings", ledger.scope()).kept == {
        date(2016, 1, 1): 2,
        date(2022, 6, 30): 1,
    }
    # The latest of a customer's contracts counts, and none while one is open.
    assert ledger.survey("customers", ledger.scope(None)).kept == {date(2016, 5, 1): 1, None: 2}


def test_survey_counts_third_parties(ledger: Ledger) -> None:
    survey = ledger.survey("calls", ledger.scope(calls=DELETE))
    assert survey.third_party_rows == 3
    assert ledger.survey("notes", ledger.scope()).third_party_rows == 0


@pytest.mark.parametrize(
    ("day", "going"), [("2022-06-30", 1), ("2022-07-01", 2), ("2022-07-02", 3)]
)
def test_a_row_is_due_when_its_local_day_is_over(ledger: Ledger, day: str, going: int) -> None:
    treatments = dict.fromkeys(("calls", "recordings"), until(day))
    survey = ledger.survey("calls", ledger.scope(**treatments))
    assert parts(survey) == {"going": going, "kept": 4 - going}


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_steps_cover_the_rows_exactly(ledger: Ledger, size: int) -> None:
    scope = ledger.scope(recordings=DELETE)
    table = ledger.resource.table("recordings")
    planned = ledger.survey("recordings", scope).going
    steps = list(ledger.connector.steps(table, scope, size=size))
    assert len(steps) == -(-planned.rows // size)
    done = []
    for step in steps:
        with ledger.writing(scope) as writer:
            done.append(writer.erase(table, step))
    assert all(one.rows <= size for one in done)
    total = done[0]
    for one in done[1:]:
        total += one
    assert total == planned
    assert set(ledger.rows("recordings")) == {(3, 1)}


def test_a_step_ends_where_the_next_begins(ledger: Ledger) -> None:
    steps = ledger.connector.steps(
        ledger.resource.table("recordings"), ledger.scope(recordings=DELETE), size=2
    )
    assert list(steps) == [KeyRange(None, (1, 2)), KeyRange((1, 2), None)]


def test_nothing_to_erase_takes_no_steps(ledger: Ledger) -> None:
    table = ledger.resource.table("calls")
    nobody = ledger.scope(SubjectKeys(emails=("nobody@example.pl",)), calls=DELETE)
    assert list(ledger.connector.steps(table, nobody, size=5)) == []
    assert list(ledger.connector.steps(table, ledger.scope(), size=5)) == []
