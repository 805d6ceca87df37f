"""Plans of erasures, what they do to each table, and what is erased later when its date comes."""

from erasure.models.plan import Plan
from erasure.models.removal import ZERO, Removal
from erasure.models.schedule import ScheduledErasure, ScheduledTable
from erasure.models.tables import PlannedTable, PlanUnit

__all__ = [
    "ZERO",
    "Plan",
    "PlanUnit",
    "PlannedTable",
    "Removal",
    "ScheduledErasure",
    "ScheduledTable",
]
