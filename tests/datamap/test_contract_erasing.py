"""Every connector erases what it surveyed, and nothing else to the byte."""

import re
from dataclasses import replace
from datetime import date

import pytest

from datamap.domain.erasing import (
    Exclusion,
    NotPermitted,
    Permit,
    Survey,
    Tally,
)
from datamap.domain.keys import SubjectKeys
from tests.datamap.contract import (
    ANNA,
    ANONYMISE,
    DELETE,
    JAN,
    ORDER,
    Ledger,
    parts,
    until,
)

EVERYTHING = dict.fromkeys(ORDER, DELETE)


def gone(
    before: dict[str, dict[object, tuple[object, ...]]], ledger: Ledger
) -> dict[str, set[object]]:
    """Return the keys of the rows that went; all others are the same to the byte."""
    after = ledger.everything()
    for name, rows in after.items():
        assert rows.items() <= before[name].items()
    went = {name: set(before[name]) - set(after[name]) for name in before}
    return {name: keys for name, keys in went.items() if keys}


def test_a_person_is_erased_and_nobody_else(ledger: Ledger) -> None:
    scope, before = ledger.scope(**EVERYTHING), ledger.everything()
    planned = {name: ledger.survey(name, scope).going for name in ORDER}
    assert ledger.erase(scope) == planned
    assert gone(before, ledger) == {
        "recordings": {(1, 1), (1, 2), (2, 1)},
        "calls": {100, 101, 102, 104},
        "contracts": {10, 11},
        "customers": {1, 3},
        "notes": {"a", "b"},
    }
    assert all(ledger.survey(name, scope) == Survey() for name in ORDER)


def test_a_second_run_finds_nothing(ledger: Ledger) -> None:
    scope = ledger.scope(**EVERYTHING)
    ledger.erase(scope)
    assert set(ledger.erase(scope).values()) == {Tally()}


def test_without_a_treatment_nothing_goes(ledger: Ledger) -> None:
    before = ledger.everything()
    assert set(ledger.erase(ledger.scope(), *ORDER).values()) == {Tally()}
    assert gone(before, ledger) == {}


def test_the_tally_of_a_set_is_the_sum_of_its_parts(ledger: Ledger) -> None:
    both = SubjectKeys(emails=(*ANNA.emails, *JAN.emails), phones=ANNA.phones)
    [anna, jan, all_] = [
        ledger.survey("recordings", ledger.scope(keys, recordings=DELETE)).going
        for keys in (ANNA, JAN, both)
    ]
    assert anna + jan == all_
    assert (anna.rows, jan.rows) == (3, 1)
    assert len({anna.digest[0], anna.digest[1], jan.digest[0], jan.digest[1]}) == 4


def test_only_what_is_due_goes(ledger: Ledger) -> None:
    scope, before = ledger.scope(**dict.fromkeys(ORDER, until("2022-07-01"))), ledger.everything()
    planned = {name: ledger.survey(name, scope).going for name in ORDER}
    assert ledger.erase(scope) == planned
    # Call 102 is due on the day after, 104 has no anchor: customers 1 and 3 stay for them alone.
    assert gone(before, ledger) == {
        "recordings": {(1, 1), (1, 2), (2, 1)},
        "calls": {100, 101},
        "notes": {"a", "b"},
    }


def test_a_customer_goes_with_the_contracts_it_counts_from(ledger: Ledger) -> None:
    ledger.source.run("DELETE FROM recordings", "DELETE FROM calls")
    scope = ledger.scope(contracts=until("2017-01-01"), customers=until("2017-01-01"))
    assert parts(ledger.survey("contracts", scope)) == {"going": 2}
    assert parts(ledger.survey("customers", scope)) == {"going": 1, "kept": 1}
    done = ledger.erase(scope)
    assert (done["contracts"].rows, done["customers"].rows) == (2, 1)
    assert set(ledger.rows("customers")) == {2, 3}


def test_a_contract_stays_while_its_customer_counts_from_it(ledger: Ledger) -> None:
    # 10 is due and 11 is not: the customer stays, and so does what it counts from.
    scope = ledger.scope(contracts=until("2016-01-01"), customers=until("2016-01-01"))
    assert parts(ledger.survey("contracts", scope)) == {"needed": 1, "kept": 1}
    assert ledger.erase(scope)["contracts"] == Tally()


def test_a_row_stays_while_a_row_hangs_on_it_that_stays(ledger: Ledger) -> None:
    before = ledger.everything()
    # Recordings are kept: so are their calls, and the customer of these.
    scope = ledger.scope(calls=DELETE, customers=DELETE, contracts=DELETE)
    assert parts(ledger.survey("calls", scope)) == {"going": 2, "needed": 2}
    assert parts(ledger.survey("customers", scope)) == {"going": 1, "needed": 1}
    planned = {name: ledger.survey(name, scope).going for name in scope.treatments}
    assert ledger.erase(scope) == planned
    # The customer's contracts stay too: its retention counts from them.
    assert gone(before, ledger) == {"calls": {102, 104}, "customers": {3}}


@pytest.mark.parametrize(
    "exclusion",
    [
        Exclusion("hold"),
        Exclusion("hold", resources=frozenset({"shop"})),
        Exclusion("restriction", ANNA),
        Exclusion(
            "hold", SubjectKeys(customer_numbers=("C-1", "C-2")), tables=frozenset({"shop.calls"})
        ),
    ],
)
def test_what_is_excluded_is_held(ledger: Ledger, exclusion: Exclusion) -> None:
    scope, before = ledger.scope(ANNA, [exclusion], calls=DELETE), ledger.everything()
    assert parts(ledger.survey("calls", scope))["held"] == 4
    assert ledger.erase(scope) == {"calls": Tally()}
    assert gone(before, ledger) == {}


@pytest.mark.parametrize(
    "exclusion",
    [
        Exclusion("hold", resources=frozenset({"other"})),
        Exclusion("hold", tables=frozenset({"shop.customers"})),
        Exclusion("hold", categories=frozenset({"traffic"})),
        Exclusion("restriction", SubjectKeys(emails=("nobody@example.pl",))),
        Exclusion("restriction", SubjectKeys()),
    ],
)
def test_what_an_exclusion_does_not_speak_of_goes(ledger: Ledger, exclusion: Exclusion) -> None:
    treatments = dict.fromkeys(("calls", "recordings"), DELETE)
    scope = ledger.scope(ANNA, [exclusion], **treatments)
    assert parts(ledger.survey("calls", scope)) == {"going": 4}


@pytest.mark.parametrize(
    ("first", "last", "held"),
    [
        (None, None, {100, 101, 102, 104}),
        ("2016-01-01", "2016-01-01", {100, 104}),
        ("2016-01-02", None, {101, 102, 104}),
        (None, "2022-06-30", {100, 101, 104}),
        ("2022-07-01", None, {102, 104}),  # midnight in Tallinn, still June in Greenwich
        ("2023-01-01", "2024-01-01", {104}),
        (None, "1980-01-01", {104}),
    ],
)
def test_rows_of_the_days_of_an_exclusion_are_held_and_those_without_a_day(
    ledger: Ledger, first: str | None, last: str | None, held: set[object]
) -> None:
    hold = Exclusion(
        "hold",
        anchored_from=date.fromisoformat(first) if first else None,
        anchored_until=date.fromisoformat(last) if last else None,
    )
    ledger.erase(ledger.scope(ANNA, [hold], recordings=DELETE, calls=DELETE))
    assert set(ledger.rows("calls")) == held | {103}


def test_days_are_those_of_the_anchor_wherever_it_stands(ledger: Ledger) -> None:
    hold = Exclusion("hold", anchored_from=date(2022, 1, 1), anchored_until=date(2022, 12, 31))
    scope = ledger.scope(ANNA, [hold], recordings=DELETE)
    assert ledger.survey("recordings", scope).held.rows == 1
    # The latest of several contracts counts; a customer without any has no day.
    of_2016 = Exclusion("hold", anchored_from=date(2016, 5, 1), anchored_until=date(2016, 5, 1))
    of_2015 = Exclusion("hold", anchored_from=date(2015, 5, 1), anchored_until=date(2015, 5, 1))
    for hold, held in ((of_2016, 2), (of_2015, 1)):
        survey = ledger.survey("customers", ledger.scope(ANNA, [hold], customers=DELETE))
        assert survey.held.rows == held


@pytest.mark.parametrize(
    ("exclusion", "held"),
    [
        (Exclusion("hold", controllers=frozenset({"a"})), {101}),
        (
            Exclusion(
                "hold",
                controllers=frozenset({"a"}),
                controller_keys=frozenset({"+48602000000", "x"}),
            ),
            {100, 101, 104},
        ),
        (
            Exclusion(
                "hold",
                keys=ANNA,
                controllers=frozenset({"a"}),
                controller_keys=frozenset({"0048601234567"}),
                anchored_until=date(2022, 6, 30),
            ),
            {101},
        ),
    ],
)
def test_rows_of_a_controller_are_held_and_those_that_name_none(
    ledger: Ledger, exclusion: Exclusion, held: set[object]
) -> None:
    calls = ledger.resource.table("calls").model_copy(update={"controller_column": "callee"})
    tables = tuple(calls if one.name == "calls" else one for one in ledger.resource.tables)
    shared = replace(ledger, resource=ledger.resource.model_copy(update={"tables": tables}))
    shared.erase(shared.scope(ANNA, [exclusion], recordings=DELETE, calls=DELETE))
    assert set(shared.rows("calls")) == held | {103}


def test_a_table_of_one_controller_is_held_with_it(ledger: Ledger) -> None:
    calls = ledger.resource.table("calls").model_copy(update={"controller": "a"})
    tables = tuple(calls if one.name == "calls" else one for one in ledger.resource.tables)
    owned = replace(ledger, resource=ledger.resource.model_copy(update={"tables": tables}))
    found = {}
    for name in ("a", "b"):
        hold = Exclusion("hold", controllers=frozenset({name}))
        found[name] = owned.survey("calls", owned.scope(ANNA, [hold], calls=DELETE)).held.rows
    assert found == {"a": 4, "b": 0}


def test_an_excluded_persons_rows_are_held_through_their_joins(ledger: Ledger) -> None:
    # Jan is restricted: his call is found by Anna's number, and stays; so does nothing of hers.
    jan = Exclusion("restriction", JAN)
    scope = ledger.scope(ANNA, [jan], **EVERYTHING)
    assert parts(ledger.survey("calls", scope)) == {"going": 3, "held": 1}
    before = ledger.everything()
    ledger.erase(scope)
    assert gone(before, ledger)["calls"] == {100, 101, 104}


def test_what_is_excluded_keeps_what_it_hangs_on(ledger: Ledger) -> None:
    hold = Exclusion("hold", ANNA, tables=frozenset({"shop.recordings"}))
    scope, before = ledger.scope(ANNA, [hold], **EVERYTHING), ledger.everything()
    planned = {name: ledger.survey(name, scope).going for name in ORDER}
    assert parts(ledger.survey("customers", scope)) == {"going": 1, "needed": 1}
    assert ledger.erase(scope) == planned
    assert gone(before, ledger)["calls"] == {102, 104}
    assert set(ledger.rows("customers")) == {1, 2}


def test_rows_of_everybody(ledger: Ledger) -> None:
    scope, before = (
        ledger.scope(None, recordings=DELETE, calls=until("2017-01-01")),
        ledger.everything(),
    )
    assert {name: one.rows for name, one in ledger.erase(scope).items()} == {
        "recordings": 4,
        "calls": 2,
    }
    assert gone(before, ledger)["calls"] == {100, 103}


def test_anonymising_replaces_every_column_named(ledger: Ledger) -> None:
    scope, before = ledger.scope(notes=ANONYMISE), ledger.rows("notes")
    planned = ledger.survey("notes", scope)
    assert parts(planned) == {"going": 1, "done": 1}  # `b` is empty already
    assert ledger.erase(scope) == {"notes": planned.going}
    after = ledger.rows("notes")
    assert (after["b"], after["c"]) == (before["b"], before["c"])
    key, email, writer, *masked, pages, made_on = after["a"]
    assert (key, email, pages, made_on) == (*before["a"][:2], None, before["a"][-1])
    assert masked == ["A. N.", "a•••@example.pl", "+48•••67", "(erased)", "•••"]
    assert re.fullmatch(r"erased:[0-9a-f]{24}", str(writer))
    assert "anna" not in str(writer)


def test_anonymising_twice_changes_nothing(ledger: Ledger) -> None:
    scope = ledger.scope(None, notes=ANONYMISE)
    assert ledger.erase(scope)["notes"].rows == 2
    after = ledger.rows("notes")
    assert parts(ledger.survey("notes", scope)) == {"done": 3}
    assert ledger.erase(scope) == {"notes": Tally()}
    assert ledger.rows("notes") == after


def test_the_hash_of_a_value_differs_from_run_to_run(ledger: Ledger) -> None:
    scope = ledger.scope(notes=ANONYMISE)
    ledger.erase(scope)
    first = ledger.rows("notes")["a"][2]
    ledger.source.run("UPDATE notes SET writer = 'anna' WHERE id = 'a'")
    ledger.erase(scope)
    assert ledger.rows("notes")["a"][2] not in (first, "anna")


def test_rows_that_are_anonymised_may_be_deleted_later(ledger: Ledger) -> None:
    ledger.erase(ledger.scope(notes=ANONYMISE))
    assert parts(ledger.survey("notes", ledger.scope(notes=DELETE))) == {"going": 2}


def test_anonymising_waits_for_its_day(ledger: Ledger) -> None:
    treatment = until("2020-06-01", ANONYMISE.action)
    assert parts(ledger.survey("notes", ledger.scope(notes=treatment))) == {"going": 1, "done": 1}
    treatment = until("2020-01-01", ANONYMISE.action)
    assert parts(ledger.survey("notes", ledger.scope(notes=treatment))) == {"kept": 1, "done": 1}


def test_an_exception_takes_everything_back(ledger: Ledger) -> None:
    before = ledger.everything()
    scope = ledger.scope(**EVERYTHING)

    def fail() -> None:
        with ledger.writing(scope) as writer:
            for name in ORDER:
                writer.erase(ledger.resource.table(name))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert gone(before, ledger) == {}
    assert ledger.survey("customers", scope).going.rows == 2


def test_a_writer_sees_what_it_has_done(ledger: Ledger) -> None:
    scope = ledger.scope(recordings=DELETE)
    table = ledger.resource.table("recordings")
    with ledger.writing(scope) as writer:
        writer.erase(table)
        assert writer.count(table, ANNA) == 0
        assert writer.survey(table, scope) == Survey()


def test_purge_takes_stretch_after_stretch(ledger: Ledger) -> None:
    scope = ledger.scope(None, recordings=DELETE)
    gone = ledger.purge(scope, "recordings", size=3)
    assert sum(gone) == 4
    assert ledger.rows("recordings") == {}
    assert gone == ([4] if ledger.source.backend == "postgresql" else [3, 1])


def test_purge_of_what_is_kept_takes_nothing(ledger: Ledger) -> None:
    before = ledger.everything()
    assert sum(ledger.purge(ledger.scope(None), "calls")) == 0
    assert gone(before, ledger) == {}


def test_purge_takes_a_customer_with_the_contracts_it_counts_from(ledger: Ledger) -> None:
    ledger.source.run(
        "DELETE FROM recordings",
        "DELETE FROM calls",
        "INSERT INTO contracts VALUES (14, NULL, '2015-01-01')",
    )
    scope = ledger.scope(None, contracts=until("2017-01-01"), customers=until("2017-01-01"))

    def purge(name: str) -> int:
        return sum(ledger.purge(scope, name))

    # Contracts go with their customer, or by themselves where they have none.
    assert (purge("contracts"), set(ledger.rows("contracts"))) == (1, {10, 11, 12, 13})
    assert (purge("customers"), set(ledger.rows("customers"))) == (1, {2, 3})
    assert set(ledger.rows("contracts")) == {12, 13}
    assert (purge("contracts"), purge("customers")) == (0, 0)


def test_purge_takes_customers_by_ranges_of_their_key(ledger: Ledger) -> None:
    ledger.source.run(
        "DELETE FROM recordings",
        "DELETE FROM calls",
        "UPDATE contracts SET ended_on = '2015-01-01'",
    )
    scope = ledger.scope(None, contracts=until("2017-01-01"), customers=until("2017-01-01"))
    assert ledger.purge(scope, "customers", size=1) == [1, 1, 0, 0]
    assert ledger.rows("contracts") == {}
    assert set(ledger.rows("customers")) == {3}  # it has no contract, and so no anchor


def test_a_permit_of_another_resource_is_refused(ledger: Ledger) -> None:
    permit = Permit("other", ledger.scope(**EVERYTHING))
    with pytest.raises(NotPermitted), ledger.connector.writing(permit):
        pass  # pragma: no cover


def test_a_purge_refuses_the_permit_of_another_resource(ledger: Ledger) -> None:
    table, scope = ledger.resource.table("calls"), ledger.scope(None, **EVERYTHING)
    (part,) = ledger.connector.parts(table, scope, at_most=1)
    with ledger.connector.purging(table, part) as purge:
        stretch = purge.stretch(None, size=5)
        with pytest.raises(NotPermitted):
            purge.erase(Permit("other", scope), stretch)
