"""What somebody outside the house has to be told: a controller or a recipient (Arts. 28, 19)."""

from enum import StrEnum


class Telling(StrEnum):
    """How far it is. `SENT` is handed over to the mail; its own time says when it left."""

    TO_SEND = "to_send"  # waits for a member of staff
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"  # confirmed behind the link
    FAILED = "failed"  # the mail was given up
    TOLD_OTHERWISE = "told_otherwise"  # by letter or phone, as staff noted
    IMPOSSIBLE = "impossible"  # or disproportionate effort (Art. 19), with the reason


#: States in which a letter went out behind a link.
BY_LINK = frozenset({Telling.SENT, Telling.ACKNOWLEDGED, Telling.FAILED})
#: States in which a member of staff ended it otherwise.
BY_STAFF = frozenset({Telling.TOLD_OTHERWISE, Telling.IMPOSSIBLE})
#: States in which the matter is not settled and staff have something to do.
UNSETTLED = frozenset({Telling.TO_SEND, Telling.FAILED})


class Occasion(StrEnum):
    """What was done with the data that a recipient has to be told of (Art. 19)."""

    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
