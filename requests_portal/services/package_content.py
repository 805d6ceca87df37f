"""What an answer contains, computed from the data map and the collected rows (Arts. 15, 20)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from datamap.domain.particulars import particulars_of
from datamap.domain.schema import Column, DataMap, Resource, Table
from datamap.queries import map_of
from lib.entities import entity
from requests_portal.domain.porting import Target, columns_for
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case, CollectedTable, Decision
from requests_portal.queries import CollectedRow, collected_rows, units_of, wish_of
from requests_portal.texts.data import DATA_KINDS, LEGAL_BASES
from retention.texts import RETENTION


@dataclass(frozen=True, kw_only=True)
class RecipientEntry:
    """Somebody who receives the data, by name (Art. 15(1)(c))."""

    name: str
    role: str
    country: str


@dataclass(frozen=True, kw_only=True)
class TableContent:
    """One table of the answer with everything Art. 15(1) asks to be said beside it."""

    name: str
    title: str
    description: str
    data_kind: str
    purpose: str
    legal_basis: str
    source: str
    recipients: tuple[RecipientEntry, ...]
    retention: str
    kept_from: datetime | None
    kept_until: datetime | None
    kept_open_ended: bool
    row_count: int
    columns: tuple[tuple[str, str], ...]
    collected: CollectedTable
    #: Columns that were collected are left out (Art. 20(1)).
    is_part: bool = False

    def rows(self) -> Iterator[CollectedRow]:
        """Stream the rows with the columns that are handed out; call it as often as needed."""
        found = collected_rows(self.collected)
        return self._parts_of(found) if self.is_part else found

    def _parts_of(self, rows: Iterator[CollectedRow]) -> Iterator[CollectedRow]:
        names = [name for name, _heading in self.columns]
        for row in rows:
            values = {name: row.values[name] for name in names if name in row.values}
            yield CollectedRow(values, row.kept_until)


@dataclass(frozen=True, kw_only=True)
class ResourceContent:
    """One resource: what was found in it, and the tables searched in vain."""

    id: str
    title: str
    place: str
    country: str
    tables: tuple[TableContent, ...]
    nothing_found: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Entrusted:
    """Data of this person that we hold for another controller, who alone decides on it."""

    controller: str
    contact_email: str
    titles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PackageContent:
    """The whole answer, without the rows themselves."""

    case: Case
    decision: Decision
    created_at: datetime
    resources: tuple[ResourceContent, ...] = field(default=())
    entrusted: tuple[Entrusted, ...] = field(default=())
    #: Not for the person, but for the company they named: it gets no letter of theirs.
    is_for_another: bool = False

    @property
    def right(self) -> Right:
        return Right(self.case.right)

    @property
    def is_porting(self) -> bool:
        return self.right is Right.PORTABILITY

    @property
    def nothing_held(self) -> bool:
        return self.decision.outcome == Outcome.NOTHING_HELD.value

    def tables(self) -> Iterator[TableContent]:
        for resource in self.resources:
            yield from resource.tables


def content_of(case: Case, *, decision: Decision, at: datetime) -> PackageContent:
    """Describe the answer to a decided case, in the active language.

    A portability answer holds the part of it that the person provided on consent or contract.
    """
    right = Right(case.right)
    resources = []
    entrusted: dict[str, Counter[str]] = {}
    maps: dict[str, DataMap] = {}
    for unit in units_of(case):
        data_map = map_of(unit.map_version.hash)
        resource = data_map.resource(unit.resource_id)
        tables = list(unit.tables.all())
        resources.append(_resource(resource, data_map, tables, language=case.language, right=right))
        for collected in tables:
            for controller_id, rows in collected.controllers.items():
                title = resource.table(collected.table_name).title.in_language(case.language)
                entrusted.setdefault(controller_id, Counter())[title] += rows
                maps[controller_id] = data_map
    content = PackageContent(
        case=case,
        decision=decision,
        created_at=at,
        resources=tuple(resources),
        entrusted=tuple(
            _entrusted(controller_id, titles, maps[controller_id])
            for controller_id, titles in entrusted.items()
        ),
    )
    return _portable(content) if right is Right.PORTABILITY else content


def _portable(content: PackageContent) -> PackageContent:
    """Leave out what says where else data is held: the letter tells the person, nobody else."""
    wish = wish_of(content.case)
    goes_elsewhere = Target(wish.target) is not Target.ME and not wish.returned_at
    return replace(
        content,
        resources=tuple(one for one in content.resources if one.tables or one.nothing_found),
        entrusted=(),
        is_for_another=goes_elsewhere and not content.nothing_held,
    )


def _resource(
    resource: Resource,
    data_map: DataMap,
    tables: list[CollectedTable],
    *,
    language: str,
    right: Right,
) -> ResourceContent:
    def handed_out(collected: CollectedTable) -> tuple[Column, ...]:
        return columns_for(right, resource.table(collected.table_name))

    ours = [collected for collected in tables if collected.is_ours and handed_out(collected)]
    named = tables if right is not Right.PORTABILITY else ours
    return ResourceContent(
        id=resource.id,
        title=resource.title.in_language(language),
        place=resource.location.place,
        country=resource.location.country,
        tables=tuple(
            _table(resource, data_map, collected, handed_out(collected), language)
            for collected in ours
            if collected.row_count
        ),
        nothing_found=tuple(
            resource.table(collected.table_name).title.in_language(language)
            for collected in named
            if not collected.row_count
        ),
    )


def _table(
    resource: Resource,
    data_map: DataMap,
    collected: CollectedTable,
    columns: tuple[Column, ...],
    language: str,
) -> TableContent:
    table = resource.table(collected.table_name)
    told = particulars_of(data_map, resource, table)
    return TableContent(
        name=table.name,
        title=table.title.in_language(language),
        description=table.description.in_language(language),
        data_kind="; ".join(str(DATA_KINDS[kind]) for kind in told.data_kinds),
        purpose=told.purpose.in_language(language),
        legal_basis=str(LEGAL_BASES[told.legal_basis]) if told.legal_basis else "",
        source=told.source.in_language(language),
        recipients=tuple(
            RecipientEntry(
                name=recipient.name,
                role=recipient.role.in_language(language),
                country=recipient.country,
            )
            for recipient in told.recipients
        ),
        retention=retention_text(table, language),
        kept_from=_local(collected.kept_from, resource),
        kept_until=_local(collected.kept_until, resource),
        kept_open_ended=collected.kept_open_ended,
        row_count=collected.row_count,
        columns=headings_of(columns, language),
        collected=collected,
        is_part=len(columns) < len(columns_for(Right.ACCESS, table)),
    )


def _local(moment: datetime | None, resource: Resource) -> datetime | None:
    return moment.astimezone(entity(resource.entity).tz) if moment else None


def columns_of(table: Table, language: str) -> tuple[tuple[str, str], ...]:
    """Return (column, heading) of every column of a table but secrets."""
    return headings_of(columns_for(Right.ACCESS, table), language)


def headings_of(columns: tuple[Column, ...], language: str) -> tuple[tuple[str, str], ...]:
    """Return (column, heading) of each column."""
    return tuple(
        (column.name, column.title.in_language(language) if column.title else column.name)
        for column in columns
    )


def retention_text(table: Table, language: str) -> str:
    """Say how long rows of this table are kept, in words."""
    if table.retention.none is not None:
        return table.retention.none.in_language(language)
    return str(RETENTION[table.category])


def _entrusted(controller_id: str, titles: Counter[str], data_map: DataMap) -> Entrusted:
    controller = data_map.controller(controller_id)
    return Entrusted(
        controller=controller.name, contact_email=controller.contact_email, titles=tuple(titles)
    )
