"""What an erasure does to each table of a resource, and on what ground something stays.

The one place where retention rules and the data map meet (GDPR Art. 17(1), 17(3), 28(3)). Pure.
Doubt keeps: entrusted rows are the controller's to decide about, and a row without an anchor has
no day on which it would be due.
"""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache

from datamap.domain.erasing import Treatment
from datamap.domain.schema import DataMap, Resource, Table
from datamap.domain.vocabulary import Erasing, Role
from lib.entities import Entity, entity
from retention.domain.categories import DPA_MONTHS, RULES, Category, OnErasure, rule_for
from retention.domain.expiry import ANCHOR_DAYS, DECEMBER_31, MonthDay, expires_at, is_due


class Ground(StrEnum):
    """Why rows stay, or that none does. Words are chosen where it is shown."""

    NONE = "none"  # nothing stays by the rule: the rows go
    LEGAL_OBLIGATION = "legal_obligation"  # 17(3)(b), Estonian Accounting Act s. 12
    POLICY = "policy"  # the privacy policy's own period
    SECURITY = "security"  # logs
    CLAIM = "claim"  # 17(3)(e), stated by staff
    CONTROLLER = "controller"  # entrusted: passed to the controller, Art. 28(3)
    MAP = "map"  # the data map keeps the table


@dataclass(frozen=True, slots=True)
class TreatmentDecision:
    """What becomes of a table's rows, and the ground on which some of them stay."""

    treatment: Treatment
    ground: Ground

    @property
    def keeps(self) -> bool:
        """True when rows stay by this decision: all, or those whose day has not come."""
        return self.ground is not Ground.NONE


_KEPT: Mapping[OnErasure, Ground] = {
    OnErasure.KEPT_BY_LAW: Ground.LEGAL_OBLIGATION,
    OnErasure.KEPT_BY_POLICY: Ground.POLICY,
    OnErasure.KEPT_FOR_SECURITY: Ground.SECURITY,
    OnErasure.PASSED_TO_CONTROLLER: Ground.CONTROLLER,
}


@lru_cache(maxsize=512)  # a run asks the same for each table of a category
def due_before(
    *,
    category: str,
    now: datetime,
    entity: Entity,
    financial_year_end: MonthDay = DECEMBER_31,
    dpa_months: int | None = None,
) -> date:
    """Return the first anchor day that is not due at `now`: the inverse of `expires_at`.

    Rows whose anchor's local day lies before it are due, all others are not. A running contract
    has no day and is never due. Raises as `expires_at` does.
    """

    def stays(ordinal: int) -> bool:
        until = expires_at(
            category=category,
            anchor=date.fromordinal(ordinal),
            entity=entity,
            financial_year_end=financial_year_end,
            dpa_months=dpa_months,
        )
        return not is_due(now, until)

    # A later anchor is never due earlier, so the days divide once; the rule itself is asked,
    # so that there is no second wording of it that could differ.
    days = range(ANCHOR_DAYS[0].toordinal(), ANCHOR_DAYS[1].toordinal() + 1)
    return date.fromordinal(days[0] + bisect_left(days, True, key=stays))


def treatments_of(
    resource: Resource,
    *,
    data_map: DataMap,
    now: datetime,
    claims: Collection[str] = (),
) -> Mapping[str, TreatmentDecision]:
    """Return what an erasure request at `now` does to each table of `resource`, by its name.

    `claims` are the tables ("resource.table") that staff state are needed for a legal claim. An
    entrusted table is never touched here, whatever its map says.
    """
    return {
        table.name: _decision(table, resource, now, f"{resource.id}.{table.name}" in claims)
        for table in data_map.resource(resource.id).tables
    }


def _decision(table: Table, resource: Resource, now: datetime, claimed: bool) -> TreatmentDecision:  # noqa: FBT001 (private)
    ground = _ground(table, claimed=claimed)
    if ground is Ground.NONE:
        return TreatmentDecision(Treatment(table.erasure.on_request), ground)
    if ground is Ground.CONTROLLER or table.retention.anchor is None:
        return TreatmentDecision(Treatment(Erasing.KEEP), ground)
    day = due_before(category=table.category.value, now=now, entity=entity(resource.entity))
    return TreatmentDecision(Treatment(table.erasure.when_due, due_before=day), ground)


def _ground(table: Table, *, claimed: bool) -> Ground:
    if table.role is Role.PROCESSOR:
        return Ground.CONTROLLER
    by_rule = _KEPT.get(rule_for(table.category.value).on_erasure)
    if by_rule is not None:
        return by_rule
    if claimed:
        return Ground.CLAIM
    return Ground.MAP if table.erasure.on_request is Erasing.KEEP else Ground.NONE


def rules_hash() -> str:
    """Return the SHA-256 (hex) of all rules in force as canonical JSON.

    A plan is bound to it: computed under other rules, it is not carried out.
    """
    document = {
        "rules": {category.value: asdict(RULES[category]) for category in Category},
        "dpa_months": list(DPA_MONTHS),
        "year_end": asdict(DECEMBER_31),
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
