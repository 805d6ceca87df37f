"""What a plan is bound to, and how what is there now differs from it. Pure."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from datamap.domain.erasing import Tally
from datamap.domain.vocabulary import Erasing


@dataclass(frozen=True, slots=True)
class BoundTable:
    """One table as planned: what is done to it, and exactly which rows are in which part."""

    resource: str
    table: str
    action: Erasing
    due_before: date | None
    going: Tally
    kept: Tally
    needed: Tally
    held: Tally


@dataclass(frozen=True, slots=True)
class Difference:
    """A table that is not as planned: rows expected to go, and rows that would go now."""

    resource: str
    table: str
    planned: int
    present: int

    def as_json(self) -> dict[str, str | int]:
        return {
            "resource": self.resource,
            "table": self.table,
            "planned": self.planned,
            "present": self.present,
        }


def plan_hash(*, map_hash: str, rules_hash: str, tables: Iterable[BoundTable]) -> str:
    """Return the SHA-256 (hex) of map, rules and every table with the keys of its rows."""
    document = {
        "map": map_hash,
        "rules": rules_hash,
        "tables": [
            [
                one.resource,
                one.table,
                one.action.value,
                one.due_before.isoformat() if one.due_before else None,
                one.going.as_text(),
                one.kept.as_text(),
                one.needed.as_text(),
                one.held.as_text(),
            ]
            for one in tables
        ],
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def settled(*, planned: Tally, executed: Tally, present: Tally, pending_rows: int) -> Tally | None:
    """Return what has been executed, given what is `present` still to go; None: it cannot be.

    `pending_rows` is the most that a step may have removed whose end nobody noted, 0 when none
    was begun. Rows that came or went otherwise make the sum wrong.
    """
    missing = planned - executed - present
    if missing == Tally():
        return executed
    if 0 < missing.rows <= pending_rows:
        return executed + missing
    return None
