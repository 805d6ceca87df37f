"""What a person can be asked before a request goes on (Art. 12(6); recital 63)."""

from enum import StrEnum

from requests_portal.domain.lifecycle import Event


class Kind(StrEnum):
    IDENTITY = "identity"  # who they are, on reasonable doubt
    CLARIFICATION = "clarification"  # which data is meant, where very much is held


ASKING: dict[Kind, Event] = {
    Kind.IDENTITY: Event.ASK_IDENTITY,
    Kind.CLARIFICATION: Event.ASK_CLARIFICATION,
}
