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

#: Rights that take effect before anybody decides (Arts. 7(3), 18(1)(d), 21(3)).
AT_ONCE = frozenset({Right.OBJECTION, Right.WITHDRAWAL})


def bases_for(right: Right, choice: str) -> frozenset[LegalBasis]:
    """Return the legal bases whose data such a request is about; none: it is about all data.

    Advertising is sent on a consent as well as on an interest of ours; an objection ends both.
    """
    if right is Right.WITHDRAWAL:
        return frozenset({LegalBasis.CONSENT})
    if right is not Right.OBJECTION:
        return frozenset()
    further = {LegalBasis.CONSENT} if choice == Choice.MARKETING else set()
    return frozenset({LegalBasis.LEGITIMATE_INTEREST, *further})


def reason_for(right: Right, choice: str) -> Reason:
    """Return under which reason a person's data is restricted because of such a request."""
    if right is Right.WITHDRAWAL:
        return Reason.CONSENT
    if right is Right.OBJECTION:
        return Reason.OBJECTION
    return Reason(choice) if choice else Reason.ACCURACY
