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


#: The rights that can be exercised at the portal and are worked to their answer at the desk.
FILED_HERE: tuple[Right, ...] = (
    Right.ACCESS,
    Right.RECTIFICATION,
    Right.ERASURE,
    Right.PORTABILITY,
)

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
    EMAIL = "email"
    LETTER = "letter"
    PHONE = "phone"


class Outcome(StrEnum):
    """What staff decided on a request."""

    GRANTED = "granted"
    PARTLY = "partly"  # erasure: something is kept, on a stated ground
    REFUSED = "refused"
    NOTHING_HELD = "nothing_held"
    CANNOT_IDENTIFY = "cannot_identify"  # Art. 11(2), 12(2)
    FEE = "fee"  # Art. 12(5)(a): told before it is charged; the request goes on
