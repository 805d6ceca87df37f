"""What the desk remembers of a request, from the form to the answer."""

from requests_portal.models.answer import Decision, Letter, Package, Proposal
from requests_portal.models.case import AccessLink, Case, IntakeDraft
from requests_portal.models.collection import CollectedTable, CollectionUnit
from requests_portal.models.porting import HandoverCode, PortingWish, Transfer
from requests_portal.models.question import Question
from requests_portal.models.rectification import Correction

__all__ = [
    "AccessLink",
    "Case",
    "CollectedTable",
    "CollectionUnit",
    "Correction",
    "Decision",
    "HandoverCode",
    "IntakeDraft",
    "Letter",
    "Package",
    "PortingWish",
    "Proposal",
    "Question",
    "Transfer",
]
