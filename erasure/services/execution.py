"""Carrying out an approved plan.

Safety principle: exactly the rows of the plan go. Whatever is otherwise than planned - the map, the
rules, a restriction, the rows - stops the plan with the difference, for people to look at; the step
at hand then changed nothing. A plan is done only when a new search has found nothing but what it
keeps. Steps are restart-safe, see `removal`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from audit.domain.event_data import JSONValue
from datamap.connectors import SourceError
from datamap.domain.erasing import Scope, Survey, Tally
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import DataMap
from datamap.domain.tasks import Verb as TaskVerb
from datamap.domain.vocabulary import Erasing
from datamap.queries import current_version, map_of
from datamap.services.manual_closing import forget_answers, withdraw
from datamap.services.waiting import most_urgent
from erasure.domain.accounting import Difference, differences, only_arrivals
from erasure.domain.dates import rows_staying
from erasure.domain.ordering import TableId, children_of, erasure_order
from erasure.domain.states import PlanState, StopReason
from erasure.models import Plan, PlannedTable, PlanUnit, Removal
from erasure.services.giving_up import drop_untouched
from erasure.services.identifying import joined_to, united
from erasure.services.leases import LEASE, Clock
from erasure.services.removal import Job, RowsMoved, remove_all, settle
from erasure.services.schedule import order_schedule
from erasure.services.trail import WORKER, record_on_plan
from erasure.signals import plan_completed
from lib.units import advance, extend_lease, finish
from retention.domain.treatments import rules_hash
from retention.services.gate import RulesChanged


class Stopped(Exception):
    """The plan no longer holds."""

    def __init__(self, reason: StopReason, found: Sequence[Difference] = ()) -> None:
        self.reason, self.found = reason, tuple(found)
        super().__init__(reason.value)


@dataclass
class _Books:
    """The accounts of a plan under way."""

    unit: PlanUnit
    clock: Clock

    def beat(self) -> None:
        extend_lease(self.unit, at=self.clock(), lease=LEASE)

    def booked(self, removal: Removal, gone: Tally) -> None:
        """Mark the table as finished when it is; an attempt that advances is not given up."""
        at = self.clock()
        if gone.rows:
            advance(self.unit, at=at, lease=LEASE)
        if removal.is_complete:
            PlannedTable.objects.filter(pk=removal.pk).update(finished_at=at, error_code="")

    def failed(self, removals: Sequence[Removal], error: SourceError) -> None:
        named = [one for one in removals if one.table_name == error.table] or removals
        with transaction.atomic():
            self.beat()
            PlannedTable.objects.filter(pk__in=[one.pk for one in named]).update(
                error_code=error.code
            )


@dataclass
class _Attempt:
    """One attempt to carry out a plan."""

    unit: PlanUnit
    plan: Plan
    data_map: DataMap
    clock: Clock
    tables: list[PlannedTable]
    books: _Books
    keys: SubjectKeys = field(default_factory=SubjectKeys)

    def job(self, resource_id: str) -> Job:
        treatments = {
            one.table_name: one.treatment for one in self.tables if one.resource_id == resource_id
        }
        return Job(
            resource=self.data_map.resource(resource_id),
            scope=Scope(self.keys, treatments),
            rules_hash=self.plan.rules_hash,
            ledger=self.books,
            reference=self.plan.reference,
            clock=self.clock,
        )


def execute_plan(unit: PlanUnit, *, clock: Clock) -> None:
    """Carry out what is left of a plan, search again, and record that it is done.

    A plan that no longer holds is stopped. Raises the first SourceError after everything was
    done that did not wait for what failed.
    """
    attempt = _attempt(unit, clock=clock)
    try:
        _refuse_other_terms(attempt.plan)
        _erase(attempt)
        seen = _search_again(attempt)
    except Stopped as stop:
        _stop(attempt, stop)
    except RulesChanged:
        _stop(attempt, Stopped(StopReason.RULES_CHANGED))
    else:
        _complete(attempt, seen)


def _attempt(unit: PlanUnit, *, clock: Clock) -> _Attempt:
    plan = Plan.objects.select_related("map_version").get(pk=unit.plan_id)
    return _Attempt(
        unit=unit,
        plan=plan,
        data_map=map_of(plan.map_version.hash),
        clock=clock,
        tables=list(plan.tables.all()),
        books=_Books(unit, clock),
        keys=plan.all_keys,
    )


def _refuse_other_terms(plan: Plan) -> None:
    if current_version().pk != plan.map_version_id:
        raise Stopped(StopReason.MAP_CHANGED)
    if rules_hash() != plan.rules_hash:
        raise Stopped(StopReason.RULES_CHANGED)


def _erase(attempt: _Attempt) -> None:
    """Look whether the plan still holds before anything of it goes, then erase."""
    failures: dict[str, SourceError] = {}
    moved: list[Difference] = []
    for resource_id in dict.fromkeys(one.resource_id for one in attempt.tables):
        own = [one for one in attempt.tables if one.resource_id == resource_id]
        try:
            settle(attempt.job(resource_id), own)
        except RowsMoved as found:
            moved += _moved(attempt, found.present)
        except SourceError as error:
            failures[resource_id] = error
            attempt.books.failed([one for one in own if not one.is_complete], error)
    if moved:
        raise Stopped(StopReason.ROWS_CHANGED, moved)
    _finish_empty(attempt)
    by_table = {one.table: one for one in attempt.tables}
    try:
        errors = remove_all(
            [
                [by_table[table] for table in block.tables]
                for block in erasure_order(attempt.data_map)
            ],
            children=children_of(attempt.data_map),
            job_for=attempt.job,
            leaving=failures.keys(),
        )
    except RowsMoved as found:
        raise Stopped(StopReason.ROWS_CHANGED, _moved(attempt, found.present)) from None
    if failures or errors:
        raise most_urgent([*failures.values(), *errors])


def _finish_empty(attempt: _Attempt) -> None:
    """Mark the tables from which nothing was to go."""
    complete = [one.pk for one in attempt.tables if one.is_complete]
    with transaction.atomic():
        attempt.books.beat()
        PlannedTable.objects.filter(pk__in=complete, finished_at__isnull=True).update(
            finished_at=attempt.clock(), error_code=""
        )


def _moved(attempt: _Attempt, present: Mapping[TableId, Survey]) -> list[Difference]:
    found: list[Difference] = []
    for one in attempt.tables:
        if one.table in present and present[one.table].going != one.left:
            found += differences(one.as_planned(going=one.left), present[one.table])
    return found


@dataclass(frozen=True)
class _Seen:
    """What the search afterwards found."""

    keys: SubjectKeys
    surveys: Mapping[TableId, Survey]
    arrived: Sequence[Difference]


def _search_again(attempt: _Attempt) -> _Seen:
    """Find out whether anything is left but what the plan keeps.

    The identifiers are located anew from those of the plan and those the person gave. Rows that
    came since and that the plan would keep are noted; everything else stops the plan.
    """
    plan = attempt.plan
    known = united(plan.all_keys, plan.given_keys)
    joined = joined_to(
        known, attempt.data_map, reference=attempt.plan.reference, beat=attempt.books.beat
    )
    passed_over = set(SubjectKeys.from_json(plan.passed_over))
    attempt.keys = united(plan.all_keys, SubjectKeys.of_pairs(sorted(joined - passed_over)))
    surveys: dict[TableId, Survey] = {}
    for resource in attempt.data_map.resources:
        own = [one for one in attempt.tables if one.resource_id == resource.id]
        surveys |= attempt.job(resource.id).look(own)
    left: list[Difference] = []
    arrived: list[Difference] = []
    for one in attempt.tables:
        planned, survey = one.as_planned(going=Tally()), surveys[one.table]
        found = differences(planned, survey)
        (arrived if only_arrivals(planned, found, survey) else left).extend(found)
    if left:
        raise Stopped(StopReason.ROWS_LEFT, left)
    return _Seen(attempt.keys, surveys, arrived)


def _stop(attempt: _Attempt, stop: Stopped) -> None:
    at = attempt.clock()
    with transaction.atomic():
        finish(attempt.unit, at=at)
        plan = attempt.plan
        withdraw(reference=plan.reference, verbs=[TaskVerb.ERASE], by=WORKER, at=at)
        plan.state, plan.stop_reason, plan.stopped_at = (
            PlanState.STOPPED.value,
            stop.reason.value,
            at,
        )
        plan.difference = [one.as_json() for one in stop.found]
        plan.save(update_fields=["state", "stop_reason", "stopped_at", "difference"])
        record_on_plan(
            "erasure.plan_stopped",
            plan=plan,
            by=WORKER,
            at=at,
            data={
                "reason": stop.reason.value,
                "tables": sorted({".".join(one.table) for one in stop.found}),
            },
        )
    drop_untouched(plan, at=at)


def _complete(attempt: _Attempt, seen: _Seen) -> None:
    """Record that the plan is done, and order what is erased later, in one transaction."""
    at = attempt.clock()
    plan = attempt.plan
    with transaction.atomic():
        finish(attempt.unit, at=at)
        plan.state, plan.done_at = PlanState.DONE.value, at
        plan.difference = [one.as_json() for one in seen.arrived]
        plan.given, plan.keys, plan.passed_over = [], [], []
        plan.save(update_fields=["state", "done_at", "difference", "given", "keys", "passed_over"])
        order_schedule(
            plan=plan, keys=seen.keys, data_map=attempt.data_map, surveys=seen.surveys, at=at
        )
        record_on_plan(
            "erasure.plan_done", plan=plan, by=WORKER, at=at, data=_counts(attempt, seen)
        )
        forget_answers(reference=plan.reference, by=WORKER, at=at)
        plan_completed.send(sender=Plan, plan=plan, at=at)


def _counts(attempt: _Attempt, seen: _Seen) -> dict[str, JSONValue]:
    gone = dict.fromkeys((Erasing.DELETE, Erasing.ANONYMISE), 0)
    for one in attempt.tables:
        if one.treatment.action in gone:
            gone[one.treatment.action] += Tally.parse(one.executed).rows
    return {
        "hash": attempt.plan.hash,
        "rows_deleted": gone[Erasing.DELETE],
        "rows_anonymised": gone[Erasing.ANONYMISE],
        "rows_going_now": sum(one.going.rows for one in seen.surveys.values()),
        "rows_staying": sum(rows_staying(one) for one in seen.surveys.values()),
        "tables_with_arrivals": sorted({".".join(one.table) for one in seen.arrived}),
    }
