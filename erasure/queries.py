"""Reading plans."""

import hashlib
import json
from collections.abc import Iterable

from datamap.domain.erasing import Exclusion
from erasure.domain.states import PlanState
from erasure.models import Plan, PlanUnit
from retention.queries import key_hashes


def plan_of(reference: str) -> Plan | None:
    """Return the latest plan of a reference that was not discarded."""
    return (
        Plan.objects.select_related("map_version", "prepared_by", "approved_by")
        .filter(reference=reference)
        .exclude(state=PlanState.DISCARDED.value)
        .order_by("-prepared_at")
        .first()
    )


def unit_of(plan: Plan) -> PlanUnit | None:
    """Return the work on the phase that a plan is in, or was in last."""
    return plan.units.order_by("-pk").first()


def exclusions_digest(exclusions: Iterable[Exclusion]) -> str:
    """Return the SHA-256 (hex) of what forbids removal; identifiers enter by their keyed hash."""
    told = [
        [
            one.reason,
            sorted(one.resources),
            sorted(one.tables),
            sorted(one.categories),
            sorted(one.controllers),
            sorted(one.controller_keys),
            [str(one.anchored_from), str(one.anchored_until)],
            None if one.keys is None else sorted(value.hex() for value in key_hashes(one.keys)),
        ]
        for one in exclusions
    ]
    canonical = json.dumps(sorted(told, key=repr), separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
