"""Legal holds: what they keep, who wins, and how two people let them go."""

import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from audit.domain.actor import Actor
from audit.queries import events_of
from datamap.connectors import connector_for
from datamap.domain.erasing import Exclusion, Scope, Treatment
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Category, Erasing
from ledger.services.booking import Booked
from retention.domain.holding import HoldKind, HoldState
from retention.domain.treatments import rules_hash
from retention.models import LegalHold
from retention.queries import exclusions_for, holds, holds_on
from retention.services.evidence import freeze_evidence, lift_freeze
from retention.services.gate import permitted
from retention.services.holds import (
    HoldMovedOn,
    HoldScope,
    NothingHeld,
    Order,
    SecondPersonNeeded,
    place_hold,
    propose_release,
    release_hold,
    review_hold,
)
from tests.retention.conftest import ANA, BEN, NOW, Sources, resource
from tests.retention.test_gate import erase_calls, in_thread, waiting_for_the_lock

ONE, TWO = Actor.staff(1), Actor.staff(2)
ORDER = Order(
    kind=HoldKind.COURT,
    authority="Harju County Court",
    reference="2-26-1",
    reason="Claim about an invoice",
    review_on=date(2026, 6, 5),
)
AP_1 = SubjectKeys(customer_numbers=("AP-1",))
DAY = timedelta(days=1)


def place(**parts: object) -> LegalHold:
    return place_hold(scope=HoldScope(**parts), order=ORDER, by=ONE, at=NOW)  # type: ignore[arg-type]


def released(hold: LegalHold) -> LegalHold:
    propose_release(hold=hold, reason="settled", by=ONE, at=NOW)
    return release_hold(hold=hold, by=TWO, at=NOW)


def purge(name: str, table: str, keys: SubjectKeys | None = None) -> int:
    """Erase everybody's rows of a table (or one person's), whenever they are dated."""
    scope = Scope(keys, {table: Treatment(Erasing.DELETE)})
    source = resource(name)
    with (
        permitted(
            resource=source, scope=scope, rules_hash=rules_hash(), booked=Booked("test", source.id)
        ) as permit,
        connector_for(source).writing(permit) as writer,
    ):
        return writer.erase(source.table(table)).rows


# --- what is held -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("parts", "notes", "calls"),
    [
        ({"keys": ANA}, [1, 2], []),
        ({"keys": AP_1}, [1, 2], [1]),
        ({"resources": ["phone"]}, [], [1, 2]),
        ({"categories": [Category.COMMUNICATIONS]}, [1, 2, 3], []),
        ({"anchored_until": date(2015, 12, 31)}, [], [1, 2]),
        ({"anchored_from": date(2020, 1, 1), "anchored_until": date(2020, 1, 1)}, [1, 3], []),
        ({"keys": AP_1, "anchored_from": date(2026, 1, 1)}, [2], []),
        ({"controllers": ["acme"]}, [], []),
    ],
)
def test_rows_in_the_scope_of_a_hold_stay(
    sources: Sources, parts: dict[str, object], notes: list[int], calls: list[int]
) -> None:
    place(**parts)

    purge("crm", "notes")
    purge("phone", "calls")

    found = sources.rows("crm", "SELECT id FROM notes ORDER BY id")
    assert [row[0] for row in found] == notes
    found = sources.rows("phone", "SELECT id FROM calls ORDER BY id")
    assert [row[0] for row in found] == calls


def test_a_hold_beats_the_erasure_of_a_person_until_it_is_released(sources: Sources) -> None:
    hold = place(keys=AP_1)

    assert purge("phone", "calls", AP_1) == 0
    released(hold)
    assert purge("phone", "calls", AP_1) == 1


def test_a_hold_proposed_for_release_still_holds(sources: Sources) -> None:
    hold = place(keys=AP_1)
    propose_release(hold=hold, reason="settled", by=ONE, at=NOW)

    assert purge("phone", "calls") == 1
    assert sources.rows("phone", "SELECT number FROM calls") == [("AP-1",)]


def test_holds_of_one_scope_are_one_exclusion(sources: Sources) -> None:
    place(keys=ANA)
    place(keys=BEN, resources=["phone"])
    place(resources=["crm"])

    both = SubjectKeys(emails=(*ANA.emails, *BEN.emails))
    assert exclusions_for("phone") == (Exclusion("hold", keys=both),)
    assert set(exclusions_for("crm")) == {Exclusion("hold", keys=ANA), Exclusion("hold")}


def test_hold_is_found_by_whom_it_names(sources: Sources) -> None:
    hold = place(keys=ANA)
    place(resources=["crm"])

    assert holds_on(ANA) == [hold]
    assert holds_on(BEN) == []
    released(hold)
    assert holds_on(ANA) == []
    assert list(holds(in_force=False)) == [hold]


# --- two at once ------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_hold_set_while_a_purge_of_its_rows_runs_wins(sources: Sources) -> None:
    """A purge takes row after row in steps; what is left when the hold commits stays for good."""
    many = ", ".join(f"({number}, 'AP-1', '2010-01-01')" for number in range(10, 400))
    sources.run("phone", f"INSERT INTO calls VALUES {many}")  # noqa: S608 (numbers)
    source, began = resource("phone"), threading.Event()
    table = source.table("calls")
    scope = Scope(None, {"calls": Treatment(Erasing.DELETE)})

    def run() -> int:
        gone = 0
        for within in list(connector_for(source).steps(table, scope, size=2)):
            with (
                permitted(
                    resource=source,
                    scope=scope,
                    rules_hash=rules_hash(),
                    booked=Booked("test", source.id),
                ) as permit,
                connector_for(source).writing(permit) as writer,
            ):
                gone += writer.erase(table, within).rows
            began.set()
        return gone

    with ThreadPoolExecutor(2) as pool:
        steps = in_thread(pool, run)
        assert began.wait(20)
        place(keys=AP_1)
        kept = sources.rows("phone", "SELECT id FROM calls WHERE number = 'AP-1' ORDER BY id")
        gone = steps.result(60)
    assert gone < 392
    assert len(kept) > 1, "the purge was over before the hold was placed"
    after = sources.rows("phone", "SELECT id FROM calls WHERE number = 'AP-1' ORDER BY id")
    assert after == kept


@pytest.mark.django_db(transaction=True)
def test_hold_waits_for_the_step_that_is_about_to_commit(sources: Sources) -> None:
    erased, go_on = threading.Event(), threading.Event()

    def pause() -> None:
        erased.set()
        assert go_on.wait(20)

    with ThreadPoolExecutor(2) as pool:
        step = in_thread(pool, lambda: erase_calls(pause))
        assert erased.wait(20)
        placing = in_thread(pool, lambda: place(keys=AP_1))
        with pytest.raises(NotYet):
            placing.result(timeout=0.3)
        assert not LegalHold.objects.exists()
        go_on.set()
        assert step.result(20).rows == 2
        placing.result(20)
    sources.run("phone", "INSERT INTO calls VALUES (3, 'AP-1'), (4, 'AP-2')")
    assert purge("phone", "calls") == 1


@pytest.mark.django_db(transaction=True)
def test_step_that_waits_for_a_hold_being_placed_keeps_its_rows(sources: Sources) -> None:
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            place(keys=AP_1)
            step = in_thread(pool, lambda: purge("phone", "calls"))
            with pytest.raises(NotYet):
                step.result(timeout=0.3)
            assert waiting_for_the_lock() == 1
        assert step.result(20) == 1
    assert sources.rows("phone", "SELECT number FROM calls") == [("AP-1",)]


# --- placing and releasing --------------------------------------------------------------------
def test_hold_without_a_scope_is_refused(db: None) -> None:
    with pytest.raises(NothingHeld):
        place()
    with pytest.raises(IntegrityError, match="legalhold_has_a_scope"), transaction.atomic():
        LegalHold.objects.create(
            kind="court",
            authority="x",
            reason="x",
            names_people=False,
            placed_at=NOW,
            placed_by="staff:1",
            review_on=ORDER.review_on,
        )


def test_each_step_is_on_record_without_personal_data(db: None) -> None:
    hold = released(place(keys=ANA, categories=[Category.TRAFFIC]))

    events = list(events_of("hold", str(hold.pk)).order_by("pk"))
    assert [event.verb for event in events] == [
        "hold.placed",
        "hold.release_proposed",
        "hold.released",
    ]
    assert [event.actor_ref for event in events] == ["1", "1", "2"]
    assert events[0].data["identifiers"] == 1
    assert "ana@" not in str([event.data for event in events])


def test_who_proposed_a_release_cannot_release(db: None) -> None:
    hold = propose_release(hold=place(keys=ANA), reason="settled", by=ONE, at=NOW)

    with pytest.raises(SecondPersonNeeded):
        release_hold(hold=hold, by=ONE, at=NOW)
    with pytest.raises(IntegrityError, match="legalhold_released_by_two"), transaction.atomic():
        LegalHold.objects.update(state="released", released_at=NOW, released_by="staff:1")
    hold.refresh_from_db()
    assert HoldState(hold.state) is HoldState.PROPOSED


def test_release_that_nobody_proposed_is_refused(db: None) -> None:
    hold = place(keys=ANA)

    with pytest.raises(HoldMovedOn):
        release_hold(hold=hold, by=TWO, at=NOW)
    with pytest.raises(IntegrityError, match="legalhold_released_by_two"), transaction.atomic():
        LegalHold.objects.update(state="released", released_at=NOW, released_by="staff:2")


def test_review_declines_a_proposal(db: None) -> None:
    hold = propose_release(hold=place(keys=ANA), reason="settled", by=ONE, at=NOW)

    hold = review_hold(hold=hold, review_on=date(2027, 1, 1), by=TWO, at=NOW)

    assert (hold.state, hold.proposed_at, hold.proposed_by) == ("in_force", None, "")
    assert hold.review_on == date(2027, 1, 1)
    with pytest.raises(HoldMovedOn):
        release_hold(hold=hold, by=TWO, at=NOW)


def test_released_hold_cannot_be_moved(db: None) -> None:
    hold = released(place(keys=ANA))

    with pytest.raises(HoldMovedOn):
        propose_release(hold=hold, reason="x", by=ONE, at=NOW)
    with pytest.raises(HoldMovedOn):
        review_hold(hold=hold, review_on=date(2027, 1, 1), by=ONE, at=NOW)
    with pytest.raises(HoldMovedOn):
        release_hold(hold=hold, by=ONE, at=NOW)


def test_what_names_people_is_sealed(db: None) -> None:
    place(keys=ANA)

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(h)::text FROM retention_legalhold h")
        (text,) = cursor.fetchone()
    assert "ana@example.com" not in text
    assert "Harju" not in text


# --- evidence ---------------------------------------------------------------------------------
def test_evidence_of_an_open_request_stays_in_purges_alone(sources: Sources) -> None:
    freeze_evidence(reference="case:1", keys=AP_1, by=ONE, at=NOW)

    assert purge("phone", "calls") == 1
    assert sources.rows("phone", "SELECT number FROM calls") == [("AP-1",)]
    assert purge("phone", "calls", AP_1) == 1


def test_evidence_goes_when_the_request_ends(sources: Sources) -> None:
    freeze_evidence(reference="case:1", keys=ANA, by=ONE, at=NOW)
    freeze_evidence(reference="case:1", keys=AP_1, by=ONE, at=NOW)
    freeze_evidence(reference="case:1", keys=AP_1, by=ONE, at=NOW)
    both = SubjectKeys(emails=ANA.emails, customer_numbers=AP_1.customer_numbers)
    assert exclusions_for("phone", of_everybody=True) == (Exclusion("evidence", keys=both),)
    lift_freeze(reference="case:1", by=ONE, at=NOW + DAY)
    lift_freeze(reference="case:1", by=ONE, at=NOW + DAY)

    assert exclusions_for("phone", of_everybody=True) == ()
    assert purge("phone", "calls") == 2
    verbs = [event.verb for event in events_of("evidence", "case:1").order_by("pk")]
    assert verbs == ["evidence.frozen", "evidence.frozen", "evidence.released"]
