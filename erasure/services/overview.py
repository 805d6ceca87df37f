"""A plan as it is shown: per table what happens, what stays until when and why, how far it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from datamap.connectors.errors import ADVICE, SourceError
from datamap.domain.erasing import Tally
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import DataMap, Resource
from datamap.domain.vocabulary import Erasing
from datamap.queries import map_of
from datamap.texts import CATEGORIES
from erasure.domain.accounting import days_from_json
from erasure.domain.dates import end_of
from erasure.domain.states import PlanState, StopReason
from erasure.models import Plan, PlannedTable
from erasure.services.grounds import ground_of
from erasure.texts import ACTIONS, PARTS, STOPPED, Text
from lib.entities import entity
from lib.units import Status


@dataclass(frozen=True, kw_only=True)
class KeptRows:
    """Rows that stay until the same day, in the time of the company; None: no date yet."""

    until: date | None
    rows: int


@dataclass(frozen=True, kw_only=True)
class TableOverview:
    """One table of a plan; all counts are rows."""

    title: str
    category: Text
    action: str  # "delete", "anonymise", "keep"
    happens: Text
    going: int
    gone: int
    kept: Sequence[KeptRows]
    kept_rows: int
    ground: Text
    claim: str  # why staff need it for a legal claim
    needed: int
    held: int
    done: int
    third_party_rows: int
    is_entrusted: bool
    is_finished: bool
    #: What is wrong and what to do; empty while nothing is.
    advice: str

    @property
    def first_end(self) -> KeptRows:
        return self.kept[0]

    @property
    def stays(self) -> int:
        return self.kept_rows + self.needed + self.held

    @property
    def is_empty(self) -> bool:
        return not (self.going or self.stays or self.done)


@dataclass(frozen=True, kw_only=True)
class ResourceOverview:
    """One resource of a plan: its tables in the map's order, those without rows by title alone."""

    title: str
    tables: Sequence[TableOverview]
    empty: Sequence[str]

    @property
    def is_shown(self) -> bool:
        return bool(self.tables)


@dataclass(frozen=True, kw_only=True)
class CategoryOverview:
    """What is decided on all data of one retention category; all counts are rows.

    `dated` of those that stay have a day, the last of them `until`; the others have none yet.
    """

    title: Text
    going: int
    gone: int
    stays: int
    dated: int
    until: date | None
    grounds: Sequence[Text]

    @property
    def undated(self) -> int:
        return self.stays - self.dated


@dataclass(frozen=True, kw_only=True)
class DifferenceOverview:
    """A part of a table that is otherwise than planned."""

    table: str
    part: Text
    planned: int
    present: int


@dataclass(frozen=True, kw_only=True)
class ScheduledOverview:
    """What is left in a resource, and when it is looked at next."""

    title: str
    due_at: datetime
    is_mixed: bool
    advice: str


@dataclass(frozen=True, kw_only=True)
class PassedOver:
    """An identifier our records join to the person that the plan does not search with."""

    kind: str
    value: str


@dataclass(frozen=True, kw_only=True)
class PlanOverview:
    """A plan, ready to show."""

    state: PlanState
    categories: Sequence[CategoryOverview]
    resources: Sequence[ResourceOverview]
    empty_resources: Sequence[str]
    deleted: int
    anonymised: int
    gone: int
    kept: int
    needed: int
    held: int
    entrusted: int
    passed_over: Sequence[PassedOver]
    stopped: Text
    differences: Sequence[DifferenceOverview]
    scheduled: Sequence[ScheduledOverview]

    @property
    def going(self) -> int:
        return self.deleted + self.anonymised

    @property
    def staying(self) -> int:
        """Return the rows of ours that stay."""
        return self.kept + self.needed + self.held

    @property
    def is_under_way(self) -> bool:
        return self.state is PlanState.APPROVED


def overview(plan: Plan, language: str) -> PlanOverview:
    """Return the plan with the titles of its data map in `language`, advice in the active one."""
    data_map = map_of(plan.map_version.hash)
    planned = list(plan.tables.all())
    resources = [_resource(plan, one, planned, language) for one in data_map.resources]
    tables = [table for resource in resources for table in resource.tables]
    ours = [table for table in tables if not table.is_entrusted]
    return PlanOverview(
        state=PlanState(plan.state),
        categories=categories_of(tables),
        resources=[one for one in resources if one.is_shown],
        empty_resources=[one.title for one in resources if not one.is_shown],
        deleted=_going(tables, Erasing.DELETE),
        anonymised=_going(tables, Erasing.ANONYMISE),
        gone=sum(table.gone for table in tables),
        kept=sum(table.kept_rows for table in ours),
        needed=sum(table.needed for table in ours),
        held=sum(table.held for table in ours),
        entrusted=sum(table.kept_rows for table in tables if table.is_entrusted),
        passed_over=_shown(SubjectKeys.from_json(plan.passed_over)),
        stopped=STOPPED[StopReason(plan.stop_reason)] if plan.stop_reason else "",
        differences=list(_differences(plan, data_map, language)),
        scheduled=list(_scheduled(plan, data_map, language)),
    )


def categories_of(tables: Sequence[TableOverview]) -> list[CategoryOverview]:
    """Sum up what is decided on the data of each category, in the order of the map."""
    by_category: dict[Text, list[TableOverview]] = {}
    for table in tables:
        if not table.is_empty:
            by_category.setdefault(table.category, []).append(table)
    return [
        CategoryOverview(
            title=title,
            going=sum(one.going for one in of_it),
            gone=sum(one.gone for one in of_it),
            stays=sum(one.stays for one in of_it),
            dated=sum(kept.rows for one in of_it for kept in one.kept if kept.until),
            until=max(
                (kept.until for one in of_it for kept in one.kept if kept.until), default=None
            ),
            grounds=list(dict.fromkeys(one.ground for one in of_it if one.kept_rows)),
        )
        for title, of_it in by_category.items()
    ]


def _resource(
    plan: Plan, resource: Resource, planned: Sequence[PlannedTable], language: str
) -> ResourceOverview:
    by_name = {one.table_name: one for one in planned if one.resource_id == resource.id}
    tables = [_table(plan, resource, by_name[one.name], language) for one in resource.tables]
    return ResourceOverview(
        title=resource.title.in_language(language),
        tables=[one for one in tables if not one.is_empty or one.advice],
        empty=[one.title for one in tables if one.is_empty and not one.advice],
    )


def _table(plan: Plan, resource: Resource, planned: PlannedTable, language: str) -> TableOverview:
    action = Erasing(planned.action)
    table = resource.table(planned.table_name)
    return TableOverview(
        title=table.title.in_language(language),
        category=CATEGORIES[table.category],
        action=action.value,
        happens=ACTIONS[action],
        going=Tally.parse(planned.going).rows,
        gone=Tally.parse(planned.executed).rows,
        kept=_kept(resource, planned),
        kept_rows=Tally.parse(planned.kept).rows,
        ground=ground_of(plan, planned, category=table.category.value),
        claim=plan.claims.get(".".join(planned.table), ""),
        needed=Tally.parse(planned.needed).rows,
        held=Tally.parse(planned.held).rows,
        done=Tally.parse(planned.done).rows,
        third_party_rows=planned.third_party_rows,
        is_entrusted=planned.is_entrusted,
        is_finished=planned.finished_at is not None,
        advice=_advice(planned.error_code, resource, planned.table_name, language),
    )


def _kept(resource: Resource, planned: PlannedTable) -> list[KeptRows]:
    """Group the kept rows by the day on which their time is over, those without one last."""
    category = resource.table(planned.table_name).category.value
    zone = entity(resource.entity).tz
    by_end: dict[date | None, int] = {}
    for day, rows in days_from_json(planned.kept_days):
        # An entrusted row ends with an agreement, which is not ours to compute here.
        end = (
            None
            if planned.is_entrusted
            else end_of(day, category=category, entity_code=resource.entity)
        )
        until = end.astimezone(zone).date() if end else None
        by_end[until] = by_end.get(until, 0) + rows
    ordered = sorted(by_end.items(), key=lambda one: one[0] or date.max)
    return [KeptRows(until=until, rows=rows) for until, rows in ordered]


def _going(tables: Sequence[TableOverview], action: Erasing) -> int:
    return sum(table.going for table in tables if table.action == action.value)


def _shown(keys: SubjectKeys) -> list[PassedOver]:
    """Return identifiers that people know; values that only join databases are left out."""
    return [PassedOver(kind=kind, value=value) for kind, value in keys if not kind.startswith("@")]


def _advice(code: str, resource: Resource, table: str, language: str) -> str:
    if code not in ADVICE:
        return ""
    title = resource.title.in_language(language)
    variable = resource.address_variable
    return SourceError(code, resource=title, variable=variable, table=table).advice


def _differences(plan: Plan, data_map: DataMap, language: str) -> Iterator[DifferenceOverview]:
    for one in plan.difference:
        resource = data_map.resource(one["resource"])
        table = resource.table(one["table"])
        yield DifferenceOverview(
            table=f"{resource.title.in_language(language)}: {table.title.in_language(language)}",
            part=PARTS[one["part"]],
            planned=one["planned"],
            present=one["present"],
        )


def _scheduled(plan: Plan, data_map: DataMap, language: str) -> Iterator[ScheduledOverview]:
    for one in plan.scheduled.exclude(status=Status.DONE).prefetch_related("tables"):
        resource = data_map.resource(one.resource_id)
        yield ScheduledOverview(
            title=resource.title.in_language(language),
            due_at=one.due_at,
            is_mixed=any(table.is_mixed for table in one.tables.all()),
            advice=_advice(one.error_code, resource, "", language),
        )
