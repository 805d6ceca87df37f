"""Which rows a plan is bound to, what an interrupted step did, and what is otherwise than planned.

Safety principle: sets of rows are compared by count and digest. What does not fit is never
explained away: it is a difference that people look at.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from datamap.domain.erasing import Survey, Tally, Treatment
from erasure.domain.ordering import TableId

#: Rows by the local day of their anchor, as JSON: [[day or null, rows], ...].
KeptDays = Sequence[Sequence[str | int | None]]


@dataclass(frozen=True, slots=True)
class PlannedRows:
    """What a plan says about one table: which rows go, and which stay in which part."""

    table: TableId
    treatment: Treatment
    going: Tally
    kept: Tally
    needed: Tally
    held: Tally
    kept_days: KeptDays


@dataclass(frozen=True, slots=True)
class Difference:
    """A part of a table that is otherwise than planned, in rows."""

    table: TableId
    part: str  # "going", "kept", "needed", "held"
    planned: int
    present: int

    def as_json(self) -> dict[str, str | int]:
        return {
            "resource": self.table.resource,
            "table": self.table.table,
            "part": self.part,
            "planned": self.planned,
            "present": self.present,
        }


def plan_hash(
    *,
    map_hash: str,
    rules_hash: str,
    exclusions: Mapping[str, str],
    tables: Iterable[PlannedRows],
) -> str:
    """Return the SHA-256 (hex) of all that a plan rests on.

    `exclusions` holds, for each resource, a digest of what forbade removal there.
    """
    document = {
        "map": map_hash,
        "rules": rules_hash,
        "exclusions": dict(exclusions),
        "tables": [_bound(one) for one in tables],
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _bound(one: PlannedRows) -> list[str | None]:
    due_before = one.treatment.due_before
    return [
        *one.table,
        one.treatment.action.value,
        due_before.isoformat() if due_before else None,
        *(tally.as_text() for tally in (one.going, one.kept, one.needed, one.held)),
    ]


def applied(*, left: Tally, pending: Tally | None, present: Tally) -> Tally | None:
    """Return what a step has removed of which only `pending` was noted, nothing or all of it.

    `left` was to go before the step, `present` would go now. None: neither fits, so that rows
    came or went otherwise.
    """
    if present == left:
        return Tally()
    if pending is not None and present == left - pending:
        return pending
    return None


def differences(planned: PlannedRows, survey: Survey) -> list[Difference]:
    """Return the parts of a table that do not hold exactly the planned rows."""
    parts = (
        ("going", planned.going, survey.going),
        ("kept", planned.kept, survey.kept_tally),
        ("needed", planned.needed, survey.needed),
        ("held", planned.held, survey.held),
    )
    return [
        Difference(planned.table, part, ours.rows, theirs.rows)
        for part, ours, theirs in parts
        if ours != theirs
    ]


def only_arrivals(planned: PlannedRows, found: Collection[Difference], survey: Survey) -> bool:
    """Tell whether the differences are no more than further rows of the kind the plan keeps.

    New kept rows break no promise: everything that was to go is gone, and they have a date like
    the others. Tallies cannot show that the planned rows are among them, so no day may have
    fewer than planned; fewer rows, or any other part, is for people to look at.
    """
    if {one.part for one in found} != {"kept"}:
        return False
    present = {_iso(day): rows for day, rows in survey.kept.items()}
    return all(present.get(_text(day), 0) >= _number(rows) for day, rows in planned.kept_days)


def days_as_json(kept: Mapping[date | None, int]) -> list[list[str | int | None]]:
    """Return kept rows by day for storage, the earliest first, those without a day last."""
    by_day = sorted(kept.items(), key=lambda one: one[0] or date.max)
    return [[_iso(day), rows] for day, rows in by_day]


def days_from_json(kept_days: KeptDays) -> Iterator[tuple[date | None, int]]:
    """Read `days_as_json`."""
    for day, rows in kept_days:
        yield (None if day is None else date.fromisoformat(str(day))), _number(rows)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _text(day: str | int | None) -> str | None:
    return None if day is None else str(day)


def _number(rows: str | int | None) -> int:
    return int(rows or 0)
