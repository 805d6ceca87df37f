"""A run as pages show it: codes in words, references as names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from datamap.connectors.errors import ADVICE, SourceError
from datamap.domain.schema import Resource
from datamap.domain.vocabulary import Category
from datamap.queries import map_of
from lib.units import Status
from retention.domain.purge_stages import RunState, Stage
from retention.domain.purging import Alarm
from retention.models import PurgeRun, PurgeTable
from retention.texts import ALARMS, CATEGORIES, RUN_STATES, STAGES

Text = str | Promise
_TONES = {
    RunState.RUNNING: "info",
    RunState.PAUSED: "warning",
    RunState.DONE: "success",
    RunState.INCOMPLETE: "danger",
    RunState.ENDED: "warning",
}


@dataclass(frozen=True, kw_only=True)
class ShownTable:
    """One table of a run in words. `alarms`: why it waits, or waited, for a person."""

    table: PurgeTable
    title: str
    category: Text
    alarms: Sequence[Text]
    allowed_by: str
    advice: str
    is_failed: bool


@dataclass(frozen=True, kw_only=True)
class ShownRun:
    """One run in words; counts are rows."""

    run: PurgeRun
    state: Text
    tone: str
    stage: Text
    started_by: str
    due: int
    erased: int
    held: int
    left: int
    tables: Sequence[ShownTable]
    failed: int
    asking: int

    @property
    def resources(self) -> int:
        return len({one.table.resource_id for one in self.tables})


def shown_run(run: PurgeRun, *, people: Mapping[str, str]) -> ShownRun:
    """Return a run in words, with the titles of the map it goes by."""
    data_map = map_of(run.map_version.hash)
    resources = {one.id: one for one in data_map.resources}
    tables = [_shown(one, resources[one.resource_id], people) for one in run.tables.all()]
    asking = [one for one in tables if one.table.asks and run.finished_at is None]
    state = RunState(run.state)
    return ShownRun(
        run=run,
        state=_("waits for a person") if asking and _only_asks(run) else RUN_STATES[state],
        tone="warning" if asking else _TONES[state],
        stage=STAGES[Stage(run.stage)],
        started_by=people.get(run.started_by, _("the system")),
        due=sum(one.table.due for one in tables),
        erased=sum(one.table.erased for one in tables),
        held=sum(one.table.held for one in tables),
        left=sum(one.table.left or 0 for one in tables),
        tables=tables,
        failed=sum(one.is_failed for one in tables),
        asking=len(asking),
    )


def _only_asks(run: PurgeRun) -> bool:
    at_hand = [one for one in run.tables.all() if one.stage == run.stage]
    return all(one.asks or one.status == Status.FAILED for one in at_hand)


def _shown(table: PurgeTable, resource: Resource, people: Mapping[str, str]) -> ShownTable:
    language = get_language() or "en"
    of_resource = resource.title.in_language(language)
    return ShownTable(
        table=table,
        title=f"{of_resource}: {resource.table(table.table_name).title.in_language(language)}",
        category=CATEGORIES[Category(table.category)],
        alarms=[ALARMS[Alarm(one)] for one in table.alarms],
        allowed_by=people.get(table.allowed_by, ""),
        advice=_advice(table, resource, of_resource),
        is_failed=table.status == Status.FAILED,
    )


def _advice(table: PurgeTable, resource: Resource, title: str) -> str:
    if table.error_code not in ADVICE:
        return table.error_text or table.error_code
    variable = resource.address_variable
    return SourceError(
        table.error_code, resource=title, variable=variable, table=table.table_name
    ).advice
