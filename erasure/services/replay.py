"""Doing again, after a restore, what the erasure ledger says was erased.

Safety principle: only what is booked is done again, by the treatments that were booked, through
the gate: restrictions in force keep their rows. Who is meant is found by hashing the identifiers
that the sources hold now; nobody's identifier is in the ledger. Everything may be done twice, so a
replay that was killed is begun anew, and the system opens only when nothing is left.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from datamap.connectors import Connector, SourceError, connector_for
from datamap.domain.by_hand import is_by_hand
from datamap.domain.erasing import Scope, Treatment
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import DataMap, Resource
from datamap.domain.vocabulary import Erasing
from datamap.queries import current_map
from erasure.domain.ordering import erasure_order
from erasure.services.leases import Clock
from erasure.services.replay_steps import erase_block
from ledger.domain.entries import Entry, Kind
from ledger.services.booking import LedgerRefused, hash_of
from ledger.services.catching_up import book_replay, lines_to_replay
from retention.queries import exclusions_for
from retention.services.purge_replay import PurgedBefore, purge_again


class NoSuchResource(LedgerRefused):
    """The data map has no resource of that name."""

    code = "no_such_resource"


@dataclass(frozen=True)
class Problem:
    """Why something is left: a code, and where."""

    resource: str
    code: str
    table: str = ""


@dataclass
class Report:
    """What a replay did, in numbers; complete when nothing is left."""

    lines: int = 0
    people: int = 0
    people_found: int = 0
    #: Rows by "resource.table".
    erased: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    held: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    left: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    problems: list[Problem] = field(default_factory=list)
    is_dry: bool = False

    @property
    def is_complete(self) -> bool:
        return not self.problems and not any(self.left.values())

    def note(self, table: str, *, erased: int = 0, held: int = 0, left: int = 0) -> None:
        """Add up the rows of a table."""
        for counts, rows in ((self.erased, erased), (self.held, held), (self.left, left)):
            if rows:
                counts[table] += rows


@dataclass(frozen=True)
class _Order:
    """One booked erasure: whose, by hashes, and what becomes of each resource's tables."""

    who: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    treatments: dict[str, dict[str, Treatment]] = field(default_factory=lambda: defaultdict(dict))


def replay_erasures(
    *,
    without: Collection[str] = (),
    since: datetime | None = None,
    dry_run: bool = False,
    clock: Clock,
) -> Report:
    """Do again what was erased and purged after this database's backup, or booked `since`.

    `dry_run`: only count; what would go is `left`. `without` are resources, or tables
    ("resource.table"), that were not restored. Opens the system if nothing is left. Raises
    LedgerBroken, NoSuchResource, NoMap.
    """
    data_map = current_map()
    lines = lines_to_replay(since=since)
    known = {one.id for one in data_map.resources} | {line.entry.resource for line in lines}
    for name in without:
        if name.partition(".")[0] not in known:
            raise NoSuchResource(f"Neither the data map nor the ledger has a resource “{name}”.")
    entries = [_left_out(line.entry, without) for line in lines]
    entries = [one for one in entries if one.tables]
    report = Report(lines=len(lines), is_dry=dry_run)
    reachable = _reachable(entries, data_map, report)
    able = [one for one in entries if one.resource in reachable]
    _erase_people([one for one in able if one.kind is Kind.ERASURE], data_map, report)
    _purge([one for one in able if one.kind is Kind.PURGE], data_map, report)
    if lines and report.is_complete and not dry_run:
        book_replay(lines=lines, without=without, at=clock())
    return report


def _left_out(entry: Entry, without: Collection[str]) -> Entry:
    """Return an entry without the tables that were not restored."""
    if entry.resource in without:
        return replace(entry, tables=())
    return replace(
        entry,
        tables=tuple(one for one in entry.tables if f"{entry.resource}.{one.table}" not in without),
    )


def _reachable(
    entries: Sequence[Entry], data_map: DataMap, report: Report
) -> Mapping[str, Resource]:
    """Return the resources that a program can erase from, and note the others."""
    by_id = {one.id: one for one in data_map.resources}
    found: dict[str, Resource] = {}
    for name in dict.fromkeys(one.resource for one in entries):
        resource = by_id.get(name)
        if resource is None:
            report.problems.append(Problem(name, "not_in_map"))
        elif is_by_hand(resource):
            report.problems.append(Problem(name, "by_hand"))
        else:
            found[name] = resource
    return found


# --- people -----------------------------------------------------------------------------------
def _erase_people(entries: Sequence[Entry], data_map: DataMap, report: Report) -> None:
    orders: dict[str, _Order] = defaultdict(_Order)
    for one in entries:
        order = orders[one.reference]
        order.who.update(one.who)
        order.kinds.update(one.kinds)
        order.treatments[one.resource] |= {
            gone.table: Treatment(Erasing(gone.action), gone.due_before) for gone in one.tables
        }
    found = _identified(orders, data_map, report)
    report.people = len(orders)
    report.people_found = len(found)
    for reference, pairs in found.items():
        _erase(reference, SubjectKeys.of_pairs(sorted(pairs)), orders[reference], data_map, report)


def _identified(
    orders: Mapping[str, _Order], data_map: DataMap, report: Report
) -> dict[str, set[tuple[str, str]]]:
    """Return, by reference, the identifiers in the sources whose hashes were booked."""
    meant: dict[str, list[str]] = defaultdict(list)
    kinds: dict[str, set[str]] = defaultdict(set)
    for reference, order in orders.items():
        for one in order.who:
            meant[one].append(reference)
        for resource_id in order.treatments:
            kinds[resource_id] |= order.kinds
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for resource_id, wanted in kinds.items():
        try:
            for kind, value in connector_for(data_map.resource(resource_id)).identifiers(wanted):
                for reference in meant.get(hash_of(kind, value), ()):
                    found[reference].add((kind, value))
        except SourceError as error:
            report.problems.append(Problem(resource_id, error.code, error.table or ""))
    return {reference: found[reference] for reference in orders if reference in found}


def _erase(
    reference: str, keys: SubjectKeys, order: _Order, data_map: DataMap, report: Report
) -> None:
    """Erase one person's rows in order; what failed keeps all that comes after it."""
    known = {one.id: {table.name for table in one.tables} for one in data_map.resources}
    for resource_id, treatments in order.treatments.items():
        for gone in sorted(set(treatments) - known[resource_id]):
            report.problems.append(Problem(resource_id, "not_in_map", gone))
    for block in () if report.is_dry else erasure_order(data_map):
        treatments = order.treatments.get(block.resource, {})
        names = [one.table for one in block.tables if one.table in treatments]
        if not names:
            continue
        resource = data_map.resource(block.resource)
        try:
            gone_rows = erase_block(resource, names, Scope(keys, treatments), reference=reference)
            for name, rows in gone_rows.items():
                report.note(f"{resource.id}.{name}", erased=rows)
        except SourceError as error:
            report.problems.append(Problem(resource.id, error.code, error.table or ""))
            return
    for resource_id, treatments in order.treatments.items():
        _look(data_map.resource(resource_id), Scope(keys, treatments), report)


def _look(resource: Resource, scope: Scope, report: Report) -> None:
    """Search again: what is still there, and what a restriction keeps."""
    connector: Connector = connector_for(resource)
    now = Scope(scope.keys, scope.treatments, exclusions_for(resource.id))
    mapped = {table.name: table for table in resource.tables}
    try:
        for name in scope.treatments:
            if name in mapped:
                survey = connector.survey(mapped[name], now)
                place = f"{resource.id}.{name}"
                report.note(place, held=survey.held.rows, left=survey.going.rows)
    except SourceError as error:
        report.problems.append(Problem(resource.id, error.code, error.table or ""))


# --- purges -----------------------------------------------------------------------------------
def _purge(entries: Sequence[Entry], data_map: DataMap, report: Report) -> None:
    """Purge each table again by the latest time that was booked: it covers those before."""
    latest: dict[str, dict[str, PurgedBefore]] = defaultdict(dict)
    for one in sorted(entries, key=lambda entry: entry.as_of or entry.at):
        kept = frozenset(gone.table for gone in one.tables if gone.action == Erasing.KEEP)
        for gone in one.tables:
            if gone.table not in kept:
                before = PurgedBefore(one.reference, one.as_of or one.at, kept)
                latest[one.resource][gone.table] = before
    for resource_id, wanted in latest.items():
        resource = data_map.resource(resource_id)
        mapped = {table.name for table in resource.tables}
        for name in sorted(set(wanted) - mapped):
            report.problems.append(Problem(resource_id, "not_in_map", name))
        able = {name: before for name, before in wanted.items() if name in mapped}
        try:
            for again in purge_again(resource, able, data_map=data_map, dry_run=report.is_dry):
                report.note(
                    f"{resource_id}.{again.table}",
                    erased=again.erased,
                    held=again.held,
                    left=again.left,
                )
        except SourceError as error:
            report.problems.append(Problem(resource_id, error.code, error.table or ""))
