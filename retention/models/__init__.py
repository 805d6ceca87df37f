"""Restrictions, legal holds, and the runs that erase what is due."""

from retention.models.hold import EvidenceFreeze, LegalHold, LegalHoldKey
from retention.models.purge import PurgePart, PurgeRun, PurgeStop, PurgeTable
from retention.models.restriction import Restriction, RestrictionKey, SourceMark

__all__ = [
    "EvidenceFreeze",
    "LegalHold",
    "LegalHoldKey",
    "PurgePart",
    "PurgeRun",
    "PurgeStop",
    "PurgeTable",
    "Restriction",
    "RestrictionKey",
    "SourceMark",
]
