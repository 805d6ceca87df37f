"""The files of a package, each written as a stream: memory does not grow with the rows."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from django.conf import settings

from requests_portal.domain.rights import ARTICLES, Right
from requests_portal.queries import CollectedRow
from requests_portal.services.package_content import PackageContent, ResourceContent, TableContent
from requests_portal.texts.rights import RIGHTS_REMINDER

SCHEMA = Path(__file__).resolve().parent.parent / "package" / "data.schema.json"
#: The name of the form of `data.json`, by the right it answers; one schema describes both.
FORMATS = {
    Right.ACCESS: "apifonica-privacy/access/1",
    Right.PORTABILITY: "apifonica-privacy/portability/1",
}
_FORMULA_STARTS = ("=", "@", "＝", "＋", "－", "＠")
_BATCH = 500
_ROWS_A_TICK = 10_000
_NUMBER = re.compile(r"[+-][\d\s().,•-]*")

Tick = Callable[[int], None]


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json(value: object) -> bytes:
    return _encode(value).encode()


def _ticking(rows: Iterator[CollectedRow], tick: Tick) -> Iterator[list[CollectedRow]]:
    """Give the rows in batches, which cost less to write than each alone."""
    pending = 0
    while batch := list(islice(rows, _BATCH)):
        yield batch
        pending += len(batch)
        if pending >= _ROWS_A_TICK:
            tick(pending)
            pending = 0
    tick(pending)


def write_data_json(out: IO[bytes], content: PackageContent, *, tick: Tick) -> None:
    """Write the machine-readable answer in the form of `data.schema.json`."""
    head = {
        "format": FORMATS[content.right],
        "request": _request(content),
        "controller": _controller(content),
    }
    out.write(_json(head)[:-1] + b',"resources":[')
    for number, resource in enumerate(content.resources):
        out.write(b"," if number else b"")
        _write_resource(out, resource, tick=tick)
    tail = {
        "entrusted": [
            {"controller": e.controller, "contact": e.contact_email, "data": list(e.titles)}
            for e in content.entrusted
        ],
        "rights": [str(text) for text in RIGHTS_REMINDER],
    }
    out.write(b"]," + _json(tail)[1:])


def _write_resource(out: IO[bytes], resource: ResourceContent, *, tick: Tick) -> None:
    head = {
        "id": resource.id,
        "name": resource.title,
        "location": {"place": resource.place, "country": resource.country},
        "searched_nothing_found": list(resource.nothing_found),
    }
    out.write(_json(head)[:-1] + b',"tables":[')
    for number, table in enumerate(resource.tables):
        out.write(b"," if number else b"")
        out.write(_json(_table_head(table))[:-1] + b',"rows":[')
        for index, batch in enumerate(_ticking(table.rows(), tick)):
            rows = [{"values": row.values, "kept_until": row.kept_until} for row in batch]
            out.write((b"," if index else b"") + _json(rows)[1:-1])
        out.write(b"]}")
    out.write(b"]}")


def _table_head(table: TableContent) -> dict[str, object]:
    return {
        "id": table.name,
        "name": table.title,
        "description": table.description,
        "category": table.data_kind,
        "purpose": table.purpose,
        "legal_basis": table.legal_basis,
        "source": table.source,
        "recipients": [
            {"name": r.name, "role": r.role, "country": r.country} for r in table.recipients
        ],
        "retention": {
            "rule": table.retention,
            "earliest_end": table.kept_from.isoformat() if table.kept_from else None,
            "latest_end": table.kept_until.isoformat() if table.kept_until else None,
            "some_without_end_yet": table.kept_open_ended,
        },
        "columns": dict(table.columns),
        "row_count": table.row_count,
    }


def _request(content: PackageContent) -> dict[str, object]:
    case = content.case
    return {
        "reference": case.reference,
        "right": case.right,
        "article": ARTICLES[Right(case.right)],
        "received_at": case.received_at.astimezone(case.entity.tz).isoformat(),
        "decided_at": content.decision.decided_at.astimezone(case.entity.tz).isoformat(),
        "created_at": content.created_at.astimezone(case.entity.tz).isoformat(),
        "language": case.language,
        "outcome": content.decision.outcome,
    }


def _controller(content: PackageContent) -> dict[str, object]:
    entity = content.case.entity
    authority = entity.authority
    return {
        "name": entity.legal_name,
        "address": entity.address,
        "contact": settings.DPO_EMAIL,
        "authority": {
            "name": authority.name_local,
            "address": authority.address,
            "phone": authority.phone,
            "email": authority.email,
            "url": authority.url,
        },
    }


def write_csv(out: IO[bytes], table: TableContent, *, tick: Tick) -> None:
    """Write one table as CSV (UTF-8 with a mark, so that spreadsheets read the letters)."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    names = [name for name, _heading in table.columns]
    writer.writerow([*(heading for _name, heading in table.columns), "kept_until"])
    for batch in _ticking(table.rows(), tick):
        writer.writerows(
            [*map(_cell, map(row.values.get, names)), row.kept_until or ""] for row in batch
        )
    text.detach()


def _cell(value: object) -> str:
    """Return the value as a spreadsheet shows it; a text is never taken for a formula."""
    if isinstance(value, str) and value[:1].isalnum():
        return value  # as nearly all are
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    return f"'{text}" if _is_formula(text) else text


def _is_formula(text: str) -> bool:
    """A sign begins a formula unless it begins a number: +48 (22) 531, -0,5, or a masked one."""
    begin = text.lstrip()
    if begin[:1] in {"+", "-"}:
        return not _NUMBER.fullmatch(begin)
    return begin.startswith(_FORMULA_STARTS)


def table_key(resource: ResourceContent, table: TableContent) -> str:
    return f"{resource.id}/{table.name}"


def csv_name(resource: ResourceContent, table: TableContent) -> str:
    """Return the path of a table's CSV inside the package."""
    return f"tables/{resource.id}-{table.name.replace('.', '-')}.csv"
