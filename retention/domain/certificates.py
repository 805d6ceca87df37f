"""What a certificate says of one run, in a form that is signed and read without us. Pure.

It holds rules, hashes, times, counts and codes, and no personal data: who acted is a reference
such as "staff:3". Times are UTC. Numbers are rows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

KIND: Final = "apifonica-privacy/purge-certificate"
VERSION: Final = 1

Content = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class CertifiedTable:
    """What a run did to one table; `status` and `error` are codes.

    `left` None: nobody searched afterwards, so nothing is proven of this table.
    """

    resource: str
    table: str
    category: str
    ground: str
    length: str
    action: str
    due_before: date | None
    rows: int
    due: int
    held: int
    needed: int
    no_anchor: int
    early: int
    future: int
    erased: int
    left: int | None
    oldest: date | None
    status: str
    error: str
    alarms: Sequence[str]
    allowed_by: str
    allowed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class CertifiedRun:
    """One run that has ended, and its tables in the order of the run."""

    run: str
    state: str
    resource: str
    as_of: datetime
    started_at: datetime
    started_by: str
    finished_at: datetime
    data_map: str
    rules: str
    tables: Sequence[CertifiedTable]


def content_of(run: CertifiedRun) -> Content:
    """Return the content of a certificate: JSON values alone."""
    return {
        "kind": KIND,
        "version": VERSION,
        "run": run.run,
        "state": run.state,
        "resource": run.resource or None,
        "as_of": _instant(run.as_of),
        "started_at": _instant(run.started_at),
        "started_by": run.started_by,
        "finished_at": _instant(run.finished_at),
        "data_map": run.data_map,
        "rules": run.rules,
        "totals": {
            "due": sum(one.due for one in run.tables),
            "erased": sum(one.erased for one in run.tables),
            "held": sum(one.held for one in run.tables),
            "left": sum(one.left or 0 for one in run.tables),
            "failed": sum(one.status == "failed" for one in run.tables),
            "not_searched": sum(one.left is None for one in run.tables),
        },
        "tables": [_table(one) for one in run.tables],
    }


def _table(one: CertifiedTable) -> Content:
    return {
        "resource": one.resource,
        "table": one.table,
        "rule": {"category": one.category, "ground": one.ground, "length": one.length},
        "action": one.action,
        "due_before": one.due_before.isoformat() if one.due_before else None,
        "planned": {
            "rows": one.rows,
            "due": one.due,
            "held": one.held,
            "needed": one.needed,
            "no_anchor": one.no_anchor,
            "anchor_early": one.early,
            "anchor_future": one.future,
            "oldest": one.oldest.isoformat() if one.oldest else None,
        },
        "erased": one.erased,
        "left": one.left,
        "status": one.status,
        "error": one.error or None,
        "alarms": list(one.alarms),
        "allowed_by": one.allowed_by or None,
        "allowed_at": _instant(one.allowed_at) if one.allowed_at else None,
    }


def canonical(content: Content) -> bytes:
    """Return the one form of a content that is signed: sorted keys, no blanks, UTF-8 (RFC 8785).

    Contents hold no fractions, so the numbers of RFC 8785 are those of Python.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
