"""`index.html` of a package: one file that reads offline, with the first rows of each table."""

from dataclasses import dataclass
from datetime import tzinfo
from itertools import islice

from django.conf import settings
from django.template.loader import render_to_string

from datamap.domain.schema import Column, Table
from datamap.domain.vocabulary import ColumnClass, ColumnType
from datamap.queries import map_of
from requests_portal.queries import CollectedRow
from requests_portal.services.package_content import PackageContent, TableContent
from requests_portal.services.package_files import csv_name
from requests_portal.services.reading import NOTHING, own_day, read_value
from requests_portal.texts.rights import RIGHTS_REMINDER

#: Rows of a table that the page shows; the CSV file beside it has them all.
READABLE_ROWS = 200
#: A table of so few rows is laid out as sheets, each value beside its name, on any screen.
SHEET_ROWS = 3
#: A table of more rows is folded, so that a telephone need not scroll past it.
UNFOLDED_ROWS = 12
_NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.DECIMAL})
_DATES = frozenset({ColumnType.DATE, ColumnType.DATETIME})


@dataclass(frozen=True, kw_only=True)
class Heading:
    """One column as the page shows it."""

    name: str
    title: str
    type: ColumnType | None
    is_quiet: bool

    @property
    def is_number(self) -> bool:
        return self.type in _NUMBERS and not self.is_quiet

    @property
    def is_date(self) -> bool:
        return self.type in _DATES


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One value as the page shows it, under its heading."""

    heading: Heading
    text: str

    @property
    def is_nothing(self) -> bool:
        return self.text == NOTHING


@dataclass(frozen=True, kw_only=True)
class ReadableRow:
    """One record: its values in column order, and the day it is kept until (empty: none yet)."""

    cells: tuple[Cell, ...]
    kept_until: str


@dataclass(frozen=True, kw_only=True)
class ReadableTable:
    """One table of the page; `rows` are the first READABLE_ROWS of all."""

    anchor: str
    file: str
    table: TableContent
    headings: tuple[Heading, ...]
    rows: tuple[ReadableRow, ...]

    @property
    def is_cut(self) -> bool:
        return self.table.row_count > len(self.rows)

    @property
    def is_sheet(self) -> bool:
        return self.table.row_count <= SHEET_ROWS

    @property
    def is_folded(self) -> bool:
        return self.table.row_count > UNFOLDED_ROWS


def render_readable(content: PackageContent) -> str:
    """Render the page in the active language; instants are shown in the zone of the entity."""
    zone = content.case.entity.tz
    return render_to_string(
        "requests_portal/package/index.html",
        {
            "content": content,
            "case": content.case,
            "entity": content.case.entity,
            "zone": zone,
            "resources": [
                {
                    "resource": resource,
                    "tables": [
                        _readable(table, file=csv_name(resource, table), zone=zone)
                        for table in resource.tables
                    ],
                }
                for resource in content.resources
            ],
            "readable_rows": READABLE_ROWS,
            "rights": RIGHTS_REMINDER,
            "dpo_email": settings.DPO_EMAIL,
        },
    )


def _readable(table: TableContent, *, file: str, zone: tzinfo) -> ReadableTable:
    unit = table.collected.unit
    mapped = map_of(unit.map_version.hash).resource(unit.resource_id).table(table.name)
    headings = _headings(table, mapped)
    return ReadableTable(
        anchor=f"{unit.resource_id}-{table.name}",
        file=file,
        table=table,
        headings=headings,
        rows=tuple(_row(row, headings, zone) for row in islice(table.rows(), READABLE_ROWS)),
    )


def _headings(table: TableContent, mapped: Table) -> tuple[Heading, ...]:
    columns: dict[str, Column] = {column.name: column for column in mapped.columns}
    return tuple(
        Heading(
            name=name,
            title=title,
            type=columns[name].type,
            is_quiet=columns[name].column_class is ColumnClass.TECHNICAL,
        )
        for name, title in table.columns
    )


def _row(row: CollectedRow, headings: tuple[Heading, ...], zone: tzinfo) -> ReadableRow:
    return ReadableRow(
        cells=tuple(
            Cell(
                heading=heading,
                text=read_value(row.values.get(heading.name), column_type=heading.type, zone=zone),
            )
            for heading in headings
        ),
        kept_until=own_day(row.kept_until),
    )
