"""What becomes of a content of the map that was loaded."""

from enum import StrEnum


class LoadState(StrEnum):
    APPLIED = "applied"  # in force at once: it widens nothing
    PROPOSED = "proposed"  # waits for a second person
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    REPLACED = "replaced"  # another content was loaded before anybody decided
