"""The retention rules: what is kept, from when, how long, on what ground. The only such table.

Source: privacy policy 2.1 of 9 September 2024. A rule names codes; words are chosen where it
is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from lib.days import shown
from lib.refusals import Refusal


class UnknownCategory(Refusal):
    """The text names no retention category."""


class Category(StrEnum):
    """What a record is, as far as its retention is concerned."""

    IDENTITY_BILLING = "identity_billing"
    TRAFFIC = "traffic"
    COMMUNICATIONS = "communications"
    UPLOADED = "uploaded"
    ENTRUSTED = "entrusted"
    LOGS = "logs"


class AnchorKind(StrEnum):
    """From what the length is counted: the end of a period, or the day of an event."""

    FINANCIAL_YEAR_OF_CONTRACT_END = "financial_year_of_contract_end"
    CALENDAR_YEAR_OF_COMMUNICATION = "calendar_year_of_communication"
    MONTH_OF_COMMUNICATION = "month_of_communication"
    UPLOAD = "upload"
    DPA_END = "dpa_end"
    ENTRY = "entry"


class LegalGround(StrEnum):
    """Why a record may be kept so long."""

    ACCOUNTING_ACT = "accounting_act_s12"  # Estonian Accounting Act s. 12, GDPR Art. 6(1)(c)
    POLICY = "privacy_policy"
    DPA = "data_processing_agreement"  # GDPR Art. 28(3)(g)
    SECURITY = "security"


class OnErasure(StrEnum):
    """What happens to a record on an erasure request (GDPR Art. 17) before its date."""

    KEPT_BY_LAW = "kept_by_law"  # 17(3)(b)
    KEPT_BY_POLICY = "kept_by_policy"
    ERASED_UNLESS_CLAIM = "erased_unless_claim"  # 17(3)(e), stated by staff
    ERASED = "erased"
    PASSED_TO_CONTROLLER = "passed_to_controller"
    KEPT_FOR_SECURITY = "kept_for_security"


class Caution(StrEnum):
    """What whoever adopts a rule should weigh."""

    EPRIVACY_BILLING_ONLY = "eprivacy_art6_billing_only"


@dataclass(frozen=True, kw_only=True)
class Length:
    """How long: either whole months or whole days."""

    months: int = 0
    days: int = 0

    @property
    def iso(self) -> str:
        """Return the length as ISO 8601 writes it: "P7Y", "P18M", "P60D"."""
        if self.days:
            return f"P{self.days}D"
        years, months = divmod(self.months, 12)
        return f"P{self.months}M" if months else f"P{years}Y"


@dataclass(frozen=True, kw_only=True)
class RetentionRule:
    """The rule of one category. `length` is None where each DPA sets its own."""

    category: Category
    anchor: AnchorKind
    length: Length | None
    ground: LegalGround
    on_erasure: OnErasure
    caution: Caution | None = None


#: The months a DPA may set for data entrusted by another controller.
DPA_MONTHS: Final = range(1, 13)

_RULES = (
    RetentionRule(
        category=Category.IDENTITY_BILLING,
        anchor=AnchorKind.FINANCIAL_YEAR_OF_CONTRACT_END,
        length=Length(months=7 * 12),
        ground=LegalGround.ACCOUNTING_ACT,
        on_erasure=OnErasure.KEPT_BY_LAW,
    ),
    RetentionRule(
        category=Category.TRAFFIC,
        anchor=AnchorKind.CALENDAR_YEAR_OF_COMMUNICATION,
        length=Length(months=7 * 12),
        ground=LegalGround.POLICY,
        on_erasure=OnErasure.KEPT_BY_POLICY,
        caution=Caution.EPRIVACY_BILLING_ONLY,
    ),
    RetentionRule(
        category=Category.COMMUNICATIONS,
        anchor=AnchorKind.MONTH_OF_COMMUNICATION,
        length=Length(months=2 * 12),
        ground=LegalGround.POLICY,
        on_erasure=OnErasure.ERASED_UNLESS_CLAIM,
    ),
    RetentionRule(
        category=Category.UPLOADED,
        anchor=AnchorKind.UPLOAD,
        length=Length(months=2 * 12),
        ground=LegalGround.POLICY,
        on_erasure=OnErasure.ERASED,
    ),
    RetentionRule(
        category=Category.ENTRUSTED,
        anchor=AnchorKind.DPA_END,
        length=None,
        ground=LegalGround.DPA,
        on_erasure=OnErasure.PASSED_TO_CONTROLLER,
    ),
    RetentionRule(
        category=Category.LOGS,
        anchor=AnchorKind.ENTRY,
        length=Length(days=60),
        ground=LegalGround.SECURITY,
        on_erasure=OnErasure.KEPT_FOR_SECURITY,
    ),
)
#: Every rule by its category.
RULES: Final[Mapping[Category, RetentionRule]] = MappingProxyType(
    {rule.category: rule for rule in _RULES}
)


def rule_for(category: object) -> RetentionRule:
    """Return the rule of a category such as ``logs``; raise UnknownCategory otherwise."""
    known = [each.value for each in Category]
    if not isinstance(category, str) or category not in known:
        raise UnknownCategory(
            f"The category must be one of {', '.join(known)}, not {shown(category)}."
        )
    return RULES[Category(category)]
