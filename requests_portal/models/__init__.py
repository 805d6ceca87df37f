"""What the desk remembers of a request, from the form to the answer."""

from requests_portal.models.answer import Decision, Letter, Package, Proposal
from requests_portal.models.case import AccessLink, Case, IntakeDraft
from requests_portal.models.collection import CollectedTable, CollectionUnit
from requests_portal.models.day_off import DayOff
from requests_portal.models.extension import Extension
from requests_portal.models.intake import Entry, Representative
from requests_portal.models.porting import HandoverCode, PortingWish, Transfer
from requests_portal.models.question import Question
from requests_portal.models.rectification import Correction
from requests_portal.models.reminding import Digest, Reminder
from requests_portal.models.reopening import Reopening

__all__ = [
    "AccessLink",
    "Case",
    "CollectedTable",
    "CollectionUnit",
    "Correction",
    "DayOff",
    "Decision",
    "Digest",
    "Entry",
    "Extension",
    "HandoverCode",
    "IntakeDraft",
    "Letter",
    "Package",
    "PortingWish",
    "Proposal",
    "Question",
    "Reminder",
    "Reopening",
    "Representative",
    "Transfer",
]
