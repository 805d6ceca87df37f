"""The record of processing as a workbook: one sheet per paragraph of Art. 30, one with facts.

Safety: texts come from the map, and a spreadsheet computes what begins like a formula. Every cell
is written as text, and one that begins so is also marked as text for whoever edits it.
"""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import cast

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from lib.entities import Entity
from retention.services.records import Line, Record, ShownActivity

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_LONGEST = 32_767  # characters a cell holds
_HEAD = Font(bold=True, color="FFFFFF")
_HEAD_FILL = PatternFill("solid", fgColor="0B5C63")
_TOP = Alignment(vertical="top", wrap_text=True)
_WIDE = 44
_NARROW = 26


def workbook_of(record: Record) -> bytes:
    """Return the record as XLSX, its texts in the active language."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    workbook.properties.title = _("Record of processing activities")
    workbook.properties.creator = ", ".join(one.legal_name for one in record.entities)
    own, entrusted = (workbook.create_sheet(name) for name in ("Art. 30(1)", "Art. 30(2)"))
    _fill(
        own,
        [_own(record, one) for one in record.own],
        empty=_("The map describes no data of our own."),
    )
    _fill(
        entrusted,
        [_entrusted(record, one) for one in record.each],
        empty=_("The map describes no data entrusted by another controller."),
    )
    _fill_facts(workbook.create_sheet(_("Facts")), record)
    written = BytesIO()
    workbook.save(written)
    return written.getvalue()


Row = Sequence[tuple[str, str]]  # heading and value of each cell


def _own(record: Record, activity: ShownActivity) -> Row:
    return [
        (_("Controller"), _party(activity.entity)),
        (_("Data protection officer"), record.dpo_email),
        (_("Purpose"), activity.purpose),
        *_cells(activity.lines),
    ]


def _entrusted(record: Record, activity: ShownActivity) -> Row:
    whose = activity.controllers
    return [
        (_("Processor"), _party(activity.entity)),
        (_("Data protection officer"), record.dpo_email),
        (_("Categories of processing"), activity.purpose),
        *_cells(activity.lines),
        (_("Contact of the controller"), "\n".join(one.contact for one in whose)),
        (_("Data processing agreement"), "\n".join(one.agreement for one in whose)),
    ]


def _party(entity: Entity) -> str:
    return f"{entity.legal_name}\n{entity.address}"


def _cells(lines: Iterable[Line]) -> Row:
    return [(one.label, "\n".join((*one.values, *one.missing))) for one in lines]


def _fill(sheet: Worksheet, rows: Sequence[Row], *, empty: str) -> None:
    headings = [heading for heading, _value in rows[0]] if rows else [empty]
    for at, heading in enumerate(headings, start=1):
        _head(sheet, at, heading, _NARROW if at == 1 else _WIDE)
    for number, row in enumerate(rows, start=2):
        for at, (_heading, value) in enumerate(row, start=1):
            _write(sheet, number, at, value)
    sheet.freeze_panes = "A2"
    if rows:
        sheet.auto_filter.ref = sheet.dimensions
    _print_wide(sheet)


def _fill_facts(sheet: Worksheet, record: Record) -> None:
    _head(sheet, 1, _("Fact"), _WIDE)
    _head(sheet, 2, _("Value"), 2 * _WIDE)
    facts = [
        (_("Version of the data map (SHA-256)"), record.version_hash),
        (_("Version loaded"), record.loaded_at.isoformat(sep=" ", timespec="seconds")),
        (_("Made"), record.made_at),
        (_("Activities as controller"), str(len(record.own))),
        (_("Activities as processor"), str(len(record.each))),
        *((_("Missing"), one) for one in record.missing),
    ]
    for number, fact in enumerate(facts, start=2):
        for at, value in enumerate(fact, start=1):
            _write(sheet, number, at, value)
    sheet.freeze_panes = "A2"


def _head(sheet: Worksheet, column: int, heading: str, width: int) -> None:
    cell = _write(sheet, 1, column, heading)
    cell.font, cell.fill = _HEAD, _HEAD_FILL
    sheet.column_dimensions[get_column_letter(column)].width = width


def _write(sheet: Worksheet, row: int, column: int, value: str) -> Cell:
    cell = cast("Cell", sheet.cell(row=row, column=column))  # no cells are merged here
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:_LONGEST]
    cell.data_type = "s"  # never "f": openpyxl takes "=…" for a formula
    cell.alignment = _TOP
    if value.startswith(_FORMULA_STARTS):
        cell.quotePrefix = True
    return cell


def _print_wide(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
