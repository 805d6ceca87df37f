"""What a person chooses when they file: which case of Art. 18(1), or which use they object to."""

from collections.abc import Mapping
from enum import StrEnum

from datamap.domain.vocabulary import LegalBasis
from requests_portal.domain.rights import Right
from retention.domain.restricting import Reason


class Choice(StrEnum):
    ACCURACY = "accuracy"  # 18(1)(a)
    UNLAWFUL = "unlawful"  # 18(1)(b)
    CLAIM = "claim"  # 18(1)(c)
    MARKETING = "marketing"  # 21(2)-(3): stops at once, nothing is weighed
    OTHER_USE = "other_use"  # 21(1)


CHOICES: Mapping[Right, tuple[Choice, ...]] = {
    Right.RESTRICTION: (Choice.ACCURACY, Choice.UNLAWFUL, Choice.CLAIM),
    Right.OBJECTION: (Choice.MARKETING, Choice.OTHER_USE),
}

#: Rights that take effect before anybody decides (Arts. 7(3), 18(1)(d), 21(3)), on data that rests
#: on this legal basis.
AT_ONCE: Mapping[Right, LegalBasis] = {
    Right.OBJECTION: LegalBasis.LEGITIMATE_INTEREST,
    Right.WITHDRAWAL: LegalBasis.CONSENT,
}


def reason_for(right: Right, choice: str) -> Reason:
    """Return under which reason a person's data is restricted because of such a request."""
    if right is Right.WITHDRAWAL:
        return Reason.CONSENT
    if right is Right.OBJECTION:
        return Reason.OBJECTION
    return Reason(choice) if choice else Reason.ACCURACY
