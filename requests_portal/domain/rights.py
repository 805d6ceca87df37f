"""The rights a person can exercise (GDPR Arts. 7(3), 15-18, 20, 21, 77)."""

from enum import StrEnum


class Right(StrEnum):
    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    PORTABILITY = "portability"
    WITHDRAWAL = "withdrawal"
    COMPLAINT = "complaint"


ARTICLES: dict[Right, str] = {
    Right.ACCESS: "15",
    Right.RECTIFICATION: "16",
    Right.ERASURE: "17",
    Right.RESTRICTION: "18",
    Right.OBJECTION: "21",
    Right.PORTABILITY: "20",
    Right.WITHDRAWAL: "7(3)",
    Right.COMPLAINT: "77",
}


class Channel(StrEnum):
    """Where a request reached the house; the clock starts at any of them."""

    PORTAL = "portal"


class Outcome(StrEnum):
    """What staff decided on an access request."""

    GRANTED = "granted"
    NOTHING_HELD = "nothing_held"
