"""What the desk remembers of a request, from the form to the answer."""

from requests_portal.models.answer import Decision, Letter, Package, Proposal
from requests_portal.models.case import AccessLink, Case, IntakeDraft
from requests_portal.models.collection import CollectedTable, CollectionUnit
from requests_portal.models.day_off import DayOff
from requests_portal.models.extension import Extension
from requests_portal.models.identity import IdentityOutcome, PhoneCheck, PhoneCode, ProofFile
from requests_portal.models.intake import Entry, IdentifierChange, Representative
from requests_portal.models.outside import (
    Handover,
    HandoverFile,
    OutsideLink,
    RecipientNotice,
)
from requests_portal.models.porting import HandoverCode, PortingWish, Transfer
from requests_portal.models.question import Question
from requests_portal.models.rectification import Correction
from requests_portal.models.reminding import Digest, Reminder
from requests_portal.models.reopening import Reopening
from requests_portal.models.thread import Attachment, Post

__all__ = [
    "AccessLink",
    "Attachment",
    "Case",
    "CollectedTable",
    "CollectionUnit",
    "Correction",
    "DayOff",
    "Decision",
    "Digest",
    "Entry",
    "Extension",
    "Handover",
    "HandoverCode",
    "HandoverFile",
    "IdentifierChange",
    "IdentityOutcome",
    "IntakeDraft",
    "Letter",
    "OutsideLink",
    "Package",
    "PhoneCheck",
    "PhoneCode",
    "PortingWish",
    "Post",
    "ProofFile",
    "Proposal",
    "Question",
    "RecipientNotice",
    "Reminder",
    "Reopening",
    "Representative",
    "Transfer",
]
