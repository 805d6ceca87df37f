"""The gate: what it adds, what it refuses, and who waits for whom."""

import ast
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from audit.domain.actor import Actor
from datamap.connectors import connector_for
from datamap.domain.erasing import Exclusion, Permit, Scope, Tally, Treatment
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Category, Erasing
from ledger.domain.entries import Entry, Kind
from ledger.models import Booking
from ledger.services.booking import Booked, NotBooked, ReplayPending, book, booked_before
from retention.domain.restricting import Reason
from retention.domain.treatments import rules_hash
from retention.models import Restriction
from retention.services.gate import RulesChanged, permitted
from retention.services.restrictions import lift, note_notice_sent, restrict_person
from tests.retention.conftest import ANA, BEN, NOW, Sources, resource

T = TypeVar("T")
BY = Actor.staff(1)
ROOTS = (
    *("accounts", "apifonica_privacy", "audit", "consent", "datamap", "demo", "embedded"),
    *("erasure", "ledger", "lib", "outbox", "requests_portal", "retention"),
)
#: Who may open a source for writing, always with a permit of the gate.
WRITERS = (
    "datamap/connectors/",
    "erasure/services/",
    "retention/services/",
    "requests_portal/services/rectification.py",
)
GATE = "retention/services/gate.py"


def restrict(keys: SubjectKeys = ANA, **changes: object) -> Restriction:
    return restrict_person(keys=keys, reason=Reason.ACCURACY, by=BY, at=NOW, **changes)  # type: ignore[arg-type]


def scope(keys: SubjectKeys | None = ANA, *exclusions: Exclusion) -> Scope:
    return Scope(keys, {"calls": Treatment(Erasing.DELETE)}, exclusions)


def opened(
    name: str, wanted: Scope, *, rules: str = "", booked: Booked | None = None
) -> AbstractContextManager[Permit]:
    return permitted(
        resource=resource(name),
        scope=wanted,
        rules_hash=rules or rules_hash(),
        booked=booked or Booked("test", name),
    )


def permit_for(name: str, wanted: Scope) -> Permit:
    with opened(name, wanted) as permit:
        return permit


def test_permit_is_for_the_resource_and_the_scope(sources: Sources) -> None:
    assert permit_for("phone", scope()) == Permit("phone", scope())


def test_permit_excludes_whom_a_restriction_names(sources: Sources) -> None:
    restrict(BEN)
    restrict(ANA, categories=[Category.TRAFFIC])
    restrict(ANA, resources=["crm"])
    restrict(ANA, tables=["phone.calls"])
    given = Exclusion("hold")

    permit = permit_for("phone", scope(None, given))

    ben = Exclusion("restriction", keys=BEN)
    ana = Exclusion("restriction", keys=ANA, categories=frozenset({"traffic"}))
    calls = Exclusion("restriction", keys=ANA, tables=frozenset({"phone.calls"}))
    assert permit.scope == scope(None, given, ben, ana, calls)
    assert permit_for("crm", scope(None)).scope.exclusions == (
        Exclusion("restriction", keys=SubjectKeys(emails=(*ANA.emails, *BEN.emails))),
        ana,
        calls,
    )


def test_exclusion_that_the_plan_has_already_is_not_said_twice(sources: Sources) -> None:
    restrict()
    ana = Exclusion("restriction", keys=ANA)

    assert permit_for("phone", scope(None, ana)).scope.exclusions == (ana,)


def test_lifted_restriction_excludes_nothing(sources: Sources) -> None:
    restriction = restrict()
    note_notice_sent(restriction=restriction, by=BY, at=NOW)
    assert permit_for("phone", scope()).scope.exclusions
    lift(restriction=restriction, by=BY, at=NOW)

    assert permit_for("phone", scope()).scope.exclusions == ()


def test_step_planned_under_other_rules_is_refused(sources: Sources) -> None:
    with (
        pytest.raises(RulesChanged),
        opened("phone", scope(), rules="0" * 64),
    ):
        pytest.fail("a permit was given")


@pytest.mark.parametrize("booked", [None, Booked("test", "crm")])
def test_removal_that_is_not_in_the_ledger_is_refused(
    sources: Sources, booked: Booked | None
) -> None:
    with (
        pytest.raises(NotBooked),
        permitted(
            resource=resource("phone"), scope=scope(), rules_hash=rules_hash(), booked=booked
        ),
    ):
        pytest.fail("a permit was given")


@pytest.mark.parametrize("treatments", [{}, {"calls": Treatment(Erasing.DELETE)}])
def test_nothing_is_changed_while_a_restore_is_not_made_good(
    sources: Sources, treatments: dict[str, Treatment]
) -> None:
    book(Entry(kind=Kind.PURGE, at=NOW, resource="phone"))
    Booking.objects.all().delete()  # as a backup has it

    with pytest.raises(ReplayPending), opened("phone", Scope(ANA, treatments)):
        pytest.fail("a permit was given")

    again = booked_before(reference="test", resource_id="phone")
    with opened("phone", Scope(ANA, treatments), booked=again) as permit:
        assert permit.resource == "phone"


# --- two at once ------------------------------------------------------------------------------
def erase_calls(during: Callable[[], object] = lambda: None) -> Tally:
    """Erase everybody's calls as a purge does; `during` runs before the source commits."""
    phone = resource("phone")
    numbers = SubjectKeys(customer_numbers=("AP-1", "AP-2"))
    with (
        opened("phone", scope(numbers)) as permit,
        connector_for(phone).writing(permit) as writer,
    ):
        gone = writer.erase(phone.table("calls"))
        during()
        return gone


def in_thread(pool: ThreadPoolExecutor, work: Callable[[], T]) -> Future[T]:
    def run() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    return pool.submit(run)


def waiting_for_the_lock() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
            " WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
        )
        return int(cursor.fetchone()[0])


AP_1 = SubjectKeys(customer_numbers=("AP-1",))


@pytest.mark.django_db(transaction=True)
def test_restriction_set_first_keeps_its_rows(sources: Sources) -> None:
    restrict(AP_1)

    assert erase_calls().rows == 1
    assert sources.rows("phone", "SELECT number FROM calls") == [("AP-1",)]


@pytest.mark.django_db(transaction=True)
def test_restriction_set_while_a_step_runs_waits_for_its_commit_and_holds_the_next(
    sources: Sources,
) -> None:
    erased, go_on = threading.Event(), threading.Event()

    def pause() -> None:
        erased.set()
        assert go_on.wait(20)

    with ThreadPoolExecutor(2) as pool:
        step = in_thread(pool, lambda: erase_calls(pause))
        assert erased.wait(20)
        setting = in_thread(pool, lambda: restrict(AP_1))
        with pytest.raises(NotYet):
            setting.result(timeout=0.3)
        assert waiting_for_the_lock() == 1
        assert not Restriction.objects.exists()
        go_on.set()
        assert step.result(20).rows == 2
        setting.result(20)
    sources.run("phone", "INSERT INTO calls VALUES (3, 'AP-1'), (4, 'AP-2')")

    assert erase_calls().rows == 1
    assert sources.rows("phone", "SELECT id FROM calls") == [(3,)]


@pytest.mark.django_db(transaction=True)
def test_step_that_begins_while_a_restriction_is_being_set_waits_and_sees_it(
    sources: Sources,
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            restrict(AP_1)
            step = in_thread(pool, erase_calls)
            with pytest.raises(NotYet):
                step.result(timeout=0.3)
        assert step.result(20).rows == 1
    assert sources.rows("phone", "SELECT number FROM calls") == [("AP-1",)]


@pytest.mark.django_db(transaction=True)
def test_two_steps_do_not_wait_for_each_other(sources: Sources) -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        opened("crm", scope()),
    ):
        assert in_thread(pool, erase_calls).result(20).rows == 2


@pytest.mark.django_db(transaction=True)
def test_failure_inside_undoes_the_step(sources: Sources) -> None:
    def fault() -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        erase_calls(fault)
    assert sources.rows("phone", "SELECT count(*) FROM calls") == [(2,)]


# --- nobody else ------------------------------------------------------------------------------
def calls_in_product() -> Iterator[tuple[str, str]]:
    """Yield the path of each module and the name of each function it calls."""
    base = Path(settings.BASE_DIR)
    for path in (path for root in ROOTS for path in (base / root).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func
                if isinstance(called, ast.Name):
                    yield str(path.relative_to(base)), called.id
                elif isinstance(called, ast.Attribute):
                    yield str(path.relative_to(base)), f".{called.attr}"


def test_only_the_gate_gives_permits() -> None:
    givers = {path for path, name in calls_in_product() if name.removeprefix(".") == "Permit"}

    assert givers == {GATE}


def test_only_the_ledger_proves_a_booking() -> None:
    givers = {path for path, name in calls_in_product() if name.removeprefix(".") == "Booked"}

    assert givers == {"ledger/services/booking.py"}


def test_sources_are_written_to_by_the_services_of_the_gate_alone() -> None:
    found = {path for path, name in calls_in_product() if name in {".writing", ".purge"}}

    assert found
    assert [path for path in found if not path.startswith(WRITERS)] == []
