"""Restrictions, the runs that erase what is due, and their certificates."""

from retention.models.certificate import Certificate
from retention.models.overdue import OverdueSample
from retention.models.purge import PurgePart, PurgeRun, PurgeStop, PurgeTable
from retention.models.restriction import Restriction, RestrictionKey, SourceMark

__all__ = [
    "Certificate",
    "OverdueSample",
    "PurgePart",
    "PurgeRun",
    "PurgeStop",
    "PurgeTable",
    "Restriction",
    "RestrictionKey",
    "SourceMark",
]
