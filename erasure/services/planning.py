"""Computing a plan: every table is surveyed by the conditions that will erase it.

A source that does not answer leaves the plan without a hash, so that nobody can approve it.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from datamap.connectors import SourceError, connector_for
from datamap.domain.erasing import Scope, Survey, Tally
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import DataMap, Resource
from datamap.domain.tasks import Verb as TaskVerb
from datamap.queries import current_version, map_of
from datamap.services.manual_closing import withdraw
from datamap.services.waiting import most_urgent
from erasure.domain.accounting import days_as_json, plan_hash
from erasure.domain.ordering import erasure_order
from erasure.domain.states import LIVE, REPLACEABLE, Phase, PlanState
from erasure.models import ZERO, Plan, PlannedTable, PlanUnit
from erasure.queries import exclusions_digest
from erasure.services.identifying import joined_to, united
from erasure.services.leases import LEASE, Clock
from erasure.services.trail import WORKER, record_on_plan
from lib.units import extend_lease, finish
from lib.wakeups import wake
from retention.domain.treatments import rules_hash, treatments_of
from retention.queries import exclusions_for

WORK = "erasure.tasks.work"
_PARTS = ("going", "kept", "needed", "held", "done", "kept_days", "third_party_rows", "error_code")


class PlanUnderWay(Exception):
    """A plan of this reference is being carried out; it cannot be replaced now."""


def prepare_plan(
    *,
    reference: str,
    keys: SubjectKeys,
    given: SubjectKeys,
    claims: Mapping[str, str],
    tell_when_gone: bool,
    by: User,
    at: datetime,
) -> Plan:
    """Order the plan of an erasure; one that is not being carried out makes way for it.

    `keys` are all identifiers to search with, as staff have looked at them; `given` those that
    the person gave. `claims` are the tables ("resource.table") needed for a legal claim, with
    the reason (Art. 17(3)(e)). Raises PlanUnderWay.
    """
    version = current_version()
    with transaction.atomic():
        former = _make_way(reference, given=given, by=by, at=at)
        plan = Plan.objects.create(
            reference=reference,
            map_version=version,
            given=given.as_json(),
            keys=united(keys, former).as_json(),
            claims=dict(claims),
            tell_when_gone=tell_when_gone,
            as_of=at,
            rules_hash=rules_hash(),
            prepared_by=by,
            prepared_at=at,
        )
        PlannedTable.objects.bulk_create(_tables(plan, map_of(version.hash)))
        PlanUnit.objects.create(plan=plan, phase=Phase.SURVEY.value, not_before=at)
        record_on_plan(
            "erasure.plan_ordered",
            plan=plan,
            by=Actor.staff(by.pk),
            at=at,
            data={"map_version": version.pk, "claims": sorted(claims)},
        )
        wake(WORK)
    return plan


def discard(plan: Plan, *, by: User, at: datetime) -> None:
    """Give up a locked plan in the open transaction; its identifiers are deleted with it."""
    author = Actor.staff(by.pk)
    plan.units.all().delete()
    withdraw(reference=plan.reference, verbs=[TaskVerb.ERASE], by=author, at=at)
    plan.state = PlanState.DISCARDED.value
    plan.discarded_by, plan.discarded_at = by, at
    plan.given, plan.keys, plan.passed_over = [], [], []
    plan.save()
    record_on_plan("erasure.plan_discarded", plan=plan, by=author, at=at)


def _make_way(reference: str, *, given: SubjectKeys, by: User, at: datetime) -> SubjectKeys:
    """Discard the live plan; return its identifiers where the new one needs them.

    A plan that was begun may have removed the rows that led to some of them. Whoever now gives
    fewer than then has narrowed the search on purpose.
    """
    live = Plan.objects.select_for_update(no_key=True).filter(
        reference=reference, state__in=[state.value for state in LIVE]
    )
    former = live.first()
    if former is None:
        return SubjectKeys()
    if PlanState(former.state) not in REPLACEABLE:
        raise PlanUnderWay
    begun = former.tables.exclude(executed=ZERO).exists()
    narrowed = not set(former.given_keys) <= set(given)
    keys = former.all_keys if begun and not narrowed else SubjectKeys()
    discard(former, by=by, at=at)
    return keys


def _tables(plan: Plan, data_map: DataMap) -> list[PlannedTable]:
    """Return every table in the order of erasure, with what becomes of it; not surveyed yet."""
    decisions = {
        resource.id: treatments_of(
            resource, data_map=data_map, now=plan.as_of, claims=plan.claims.keys()
        )
        for resource in data_map.resources
    }
    ordered = [table for block in erasure_order(data_map) for table in block.tables]
    return [
        PlannedTable(
            plan=plan,
            resource_id=resource_id,
            table_name=name,
            position=position,
            action=decisions[resource_id][name].treatment.action.value,
            due_before=decisions[resource_id][name].treatment.due_before,
            ground=decisions[resource_id][name].ground.value,
        )
        for position, (resource_id, name) in enumerate(ordered)
    ]


def survey_plan(unit: PlanUnit, *, clock: Clock) -> None:
    """Survey every table of a plan, then have it wait for a second person.

    Every source is asked, so that staff see all that do not answer; then the first SourceError
    is raised. Nothing of an attempt that failed is kept.
    """
    plan = Plan.objects.select_related("map_version").get(pk=unit.plan_id)
    data_map = map_of(plan.map_version.hash)
    tables = list(plan.tables.all())
    digests: dict[str, str] = {}
    failures: list[SourceError] = []
    for resource in data_map.resources:
        own = [table for table in tables if table.resource_id == resource.id]
        try:
            digests[resource.id] = _survey_resource(unit, plan, resource, own, clock=clock)
        except SourceError as error:
            failures.append(error)
            _note_failure(unit, own, error, clock=clock)
    if failures:
        raise most_urgent(failures)

    def beat() -> None:
        extend_lease(unit, at=clock(), lease=LEASE)

    known = united(plan.all_keys, plan.given_keys)
    left_out = joined_to(known, data_map, reference=plan.reference, beat=beat) | (
        set(known) - set(plan.all_keys)
    )
    _make_ready(unit, plan, tables, digests, left_out, at=clock())


def _survey_resource(
    unit: PlanUnit,
    plan: Plan,
    resource: Resource,
    tables: list[PlannedTable],
    *,
    clock: Clock,
) -> str:
    """Fill in the tables of one resource; return the digest of what forbids removal there."""
    exclusions = exclusions_for(resource.id)
    treatments = {table.table_name: table.treatment for table in tables}
    scope = Scope(plan.all_keys, treatments, exclusions)
    with connector_for(resource, reference=plan.reference).snapshot() as reader:
        for table in tables:
            extend_lease(unit, at=clock(), lease=LEASE)
            fill_in(table, reader.survey(resource.table(table.table_name), scope))
    return exclusions_digest(exclusions)


def fill_in(table: PlannedTable, survey: Survey) -> None:
    """Put what was surveyed into a planned table, which is not saved."""
    table.going = survey.going.as_text()
    table.kept = survey.kept_tally.as_text()
    table.needed = survey.needed.as_text()
    table.held = survey.held.as_text()
    table.done = survey.done.as_text()
    table.kept_days = days_as_json(survey.kept)
    table.third_party_rows = survey.third_party_rows
    table.error_code = ""


def _note_failure(
    unit: PlanUnit, tables: list[PlannedTable], error: SourceError, *, clock: Clock
) -> None:
    with transaction.atomic():
        extend_lease(unit, at=clock(), lease=LEASE)
        named = [one for one in tables if one.table_name == error.table] or tables
        PlannedTable.objects.filter(pk__in=[one.pk for one in named]).update(error_code=error.code)


def _make_ready(
    unit: PlanUnit,
    plan: Plan,
    tables: list[PlannedTable],
    digests: Mapping[str, str],
    left_out: set[tuple[str, str]],
    *,
    at: datetime,
) -> None:
    plan.hash = plan_hash(
        map_hash=plan.map_version.hash,
        rules_hash=plan.rules_hash,
        exclusions=digests,
        tables=[one.as_planned(going=Tally.parse(one.going)) for one in tables],
    )
    plan.passed_over = SubjectKeys.of_pairs(sorted(left_out)).as_json()
    plan.state = PlanState.READY.value
    with transaction.atomic():
        finish(unit, at=at)
        PlannedTable.objects.bulk_update(tables, _PARTS)
        plan.save(update_fields=["hash", "passed_over", "state"])
        record_on_plan(
            "erasure.plan_ready",
            plan=plan,
            by=WORKER,
            at=at,
            data={
                "hash": plan.hash,
                "rows_going": sum(one.left.rows for one in tables),
                "rows_staying": sum(one.stays.rows for one in tables),
            },
        )
