"""The life of an erasure plan."""

from enum import StrEnum


class PlanState(StrEnum):
    SURVEYING = "surveying"  # the sources are being asked; nothing is known yet
    READY = "ready"  # waits for a second person
    APPROVED = "approved"  # is being carried out
    STOPPED = "stopped"  # the data, the map or the rules are not as planned
    DONE = "done"  # carried out, and a new search has shown it
    DISCARDED = "discarded"  # replaced by another, or given up


class Phase(StrEnum):
    """What a unit of work does for a plan."""

    SURVEY = "survey"
    EXECUTE = "execute"


#: States in which a new plan may take the place of this one.
REPLACEABLE = frozenset({PlanState.READY, PlanState.STOPPED})
