"""How far the plan of an erasure is, and why one stops."""

from enum import StrEnum


class PlanState(StrEnum):
    SURVEYING = "surveying"  # the sources are asked what would go
    READY = "ready"  # every source has answered; waits for a second person
    APPROVED = "approved"  # being carried out
    STOPPED = "stopped"  # no longer true of the data; the difference is shown
    DONE = "done"  # carried out, and a new search found nothing but what it keeps
    DISCARDED = "discarded"  # replaced by another, or given up


#: A reference has at most one plan in these.
LIVE = frozenset({PlanState.SURVEYING, PlanState.READY, PlanState.APPROVED, PlanState.STOPPED})
#: A new plan may take the place of one in these: nothing of it is being carried out.
REPLACEABLE = frozenset({PlanState.SURVEYING, PlanState.READY, PlanState.STOPPED})


class Phase(StrEnum):
    """The two pieces of work that a plan asks for."""

    SURVEY = "survey"
    EXECUTE = "execute"


class StopReason(StrEnum):
    """Why a plan that was approved is not carried out any further."""

    MAP_CHANGED = "map_changed"
    RULES_CHANGED = "rules_changed"
    ROWS_CHANGED = "rows_changed"  # before rows were removed
    ROWS_LEFT = "rows_left"  # the search afterwards found other rows than the plan keeps
