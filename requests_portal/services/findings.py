"""What was found for a case, joined with the words of the data map, for staff to look through."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language

from datamap.connectors.errors import ADVICE, SourceError
from datamap.domain.finding import is_link_kind
from datamap.domain.schema import DataMap, Resource
from datamap.queries import map_of
from datamap.services.waiting import CODE as AWAITING_PERSON
from datamap.services.waiting import who_was_asked
from lib.entities import entity
from requests_portal.models import Case, CollectedTable, CollectionUnit
from requests_portal.queries import PAGE_ROWS, CollectedRow, collected_page, units_of
from requests_portal.services.identification import case_reference
from requests_portal.services.package_content import columns_of, retention_text


@dataclass(frozen=True, kw_only=True)
class TableFinding:
    """One table as searched: its title, and for entrusted data whose it is."""

    table: CollectedTable
    title: str
    retention: str
    #: The end of the last row's time, a day in the resource's own zone.
    kept_until: date | None
    controllers: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class Identifier:
    """An identifier that was searched for, and whether our records join it to the e-mail."""

    kind: str
    value: str
    found_in: str
    proven: bool


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One resource as searched for one case."""

    unit: CollectionUnit
    title: str
    place: str
    tables: tuple[TableFinding, ...]
    identifiers: tuple[Identifier, ...]
    #: What is wrong and what to do, in the reader's language; empty while nothing is.
    advice: str

    @property
    def searched_count(self) -> int:
        return sum(1 for t in self.tables if t.table.searched_at is not None)

    @property
    def row_count(self) -> int:
        return sum(t.table.row_count for t in self.tables)

    @property
    def is_doubtful(self) -> bool:
        """True when something was searched that nothing joins to the person's own address."""
        return any(not identifier.proven for identifier in self.identifiers)


def findings_of(case: Case) -> list[Finding]:
    """Return what was found in each resource, in the active language."""
    language = get_language() or "en"
    return [_finding(unit, map_of(unit.map_version.hash), language) for unit in units_of(case)]


def claimable(findings: Iterable[Finding]) -> Iterator[tuple[str, str]]:
    """Yield the tables with rows of ours, as ("resource.table", title)."""
    for finding in findings:
        for item in finding.tables:
            if item.table.is_ours and item.table.row_count:
                name = f"{finding.unit.resource_id}.{item.table.table_name}"
                yield name, f"{finding.title}: {item.title}"


def _finding(unit: CollectionUnit, data_map: DataMap, language: str) -> Finding:
    resource = data_map.resource(unit.resource_id)
    return Finding(
        unit=unit,
        title=resource.title.in_language(language),
        place=f"{resource.location.place} ({resource.location.country})",
        tables=tuple(_table(table, resource, data_map, language) for table in unit.tables.all()),
        identifiers=tuple(
            Identifier(
                kind=item["kind"],
                value=item["value"],
                found_in=_title_of(data_map, item["origin"], language),
                proven=item["proven"],
            )
            for item in unit.searched_with
            if not is_link_kind(item["kind"])
        ),
        advice=_advice(unit, resource, language),
    )


def _advice(unit: CollectionUnit, resource: Resource, language: str) -> str:
    if unit.error_code not in ADVICE:
        return unit.error_text
    if unit.error_code == AWAITING_PERSON:
        return who_was_asked(case_reference(unit.case_id))
    title = resource.title.in_language(language)
    return SourceError(unit.error_code, resource=title, variable=resource.address_variable).advice


def _title_of(data_map: DataMap, origin: list[str] | None, language: str) -> str:
    if origin is None:
        return ""
    resource_id, table_name = origin
    return data_map.resource(resource_id).table(table_name).title.in_language(language)


def _table(
    table: CollectedTable, resource: Resource, data_map: DataMap, language: str
) -> TableFinding:
    mapped = resource.table(table.table_name)
    return TableFinding(
        table=table,
        title=mapped.title.in_language(language),
        retention=retention_text(mapped, language),
        kept_until=table.kept_until.astimezone(entity(resource.entity).tz).date()
        if table.kept_until
        else None,
        controllers=tuple(
            (data_map.controller(controller_id).name, rows)
            for controller_id, rows in table.controllers.items()
        ),
    )


@dataclass(frozen=True, kw_only=True)
class RowsPage:
    """One page of a table's rows, with its headings."""

    title: str
    headings: tuple[str, ...]
    #: The values of each row in the order of the headings, and the day it is kept until.
    rows: list[tuple[list[Any], CollectedRow, datetime | None]]
    number: int
    last: int
    first_row: int
    total: int


def rows_page(table: CollectedTable, *, number: int) -> RowsPage:
    """Return page `number` (clamped to what there is) of a collected table."""
    language = get_language() or "en"
    mapped = (
        map_of(table.unit.map_version.hash).resource(table.unit.resource_id).table(table.table_name)
    )
    columns = columns_of(mapped, language)
    last = max(1, -(-table.row_count // PAGE_ROWS))
    number = min(max(number, 1), last)
    rows = collected_page(table, page=number)
    return RowsPage(
        title=mapped.title.in_language(language),
        headings=tuple(heading for _name, heading in columns),
        rows=[
            ([row.values.get(name) for name, _heading in columns], row, _until(row)) for row in rows
        ],
        number=number,
        last=last,
        first_row=(number - 1) * PAGE_ROWS + 1,
        total=table.row_count,
    )


def _until(row: CollectedRow) -> datetime | None:
    return datetime.fromisoformat(row.kept_until) if row.kept_until else None
