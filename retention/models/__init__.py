"""Restrictions, legal holds, the runs that erase what is due, and their certificates."""

from retention.models.certificate import Certificate
from retention.models.hold import EvidenceFreeze, LegalHold, LegalHoldKey
from retention.models.overdue import OverdueSample
from retention.models.purge import PurgePart, PurgeRun, PurgeStop, PurgeTable
from retention.models.restriction import Restriction, RestrictionKey, SourceMark

__all__ = [
    "Certificate",
    "EvidenceFreeze",
    "LegalHold",
    "LegalHoldKey",
    "OverdueSample",
    "PurgePart",
    "PurgeRun",
    "PurgeStop",
    "PurgeTable",
    "Restriction",
    "RestrictionKey",
    "SourceMark",
]
