"""Restrictions, the runs that erase what is due, and their certificates."""

from retention.models.certificate import Certificate
from retention.models.purge import PurgePart, PurgeRun, PurgeStop, PurgeTable
from retention.models.restriction import Restriction, RestrictionKey, SourceMark

__all__ = [
    "Certificate",
    "PurgePart",
    "PurgeRun",
    "PurgeStop",
    "PurgeTable",
    "Restriction",
    "RestrictionKey",
    "SourceMark",
]
