"""Say until when a record is kept, and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.management.base import CommandParser

from lib.batch import ExplainCommand, check_keys
from lib.days import parse_day_or_instant
from lib.entities import Entity, entity
from retention.domain.categories import (
    AnchorKind,
    Caution,
    Length,
    OnErasure,
    RetentionRule,
    rule_for,
)
from retention.domain.expiry import DECEMBER_31, MonthDay, expires_at, length_of

_RUNNING = "running"
_WHOLE_NUMBER = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True, kw_only=True)
class _Question:
    rule: RetentionRule
    anchor: date | datetime | None
    entity: Entity
    year_end: MonthDay
    dpa_months: int | None

    def expires_at(self) -> datetime | None:
        return expires_at(
            category=self.rule.category,
            anchor=self.anchor,
            entity=self.entity,
            financial_year_end=self.year_end,
            dpa_months=self.dpa_months,
        )


class Command(ExplainCommand):
    help = "Say until when a record of a retention category is kept, and why."
    question_options = ("category", "anchor", "entity", "financial_year_end", "dpa_months")
    required_options = ("category", "anchor", "entity")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--category", help="The retention category, such as logs.")
        parser.add_argument(
            "--anchor",
            metavar="ISO",
            help="A local day, an instant with its UTC offset, or 'running' for a contract that "
            "has not ended.",
        )
        parser.add_argument("--entity", help="EE, LV or PL.")
        parser.add_argument(
            "--financial-year-end",
            metavar="MM-DD",
            help="The last day of the entity's financial year; 31 December if not given.",
        )
        parser.add_argument(
            "--dpa-months", metavar="N", help="The DPA's period, 1 to 12, for entrusted data."
        )
        super().add_arguments(parser)

    def answer(self, item: object, *, options: Mapping[str, Any]) -> dict[str, object]:
        return {"expires_at": _iso(_read(item).expires_at())}

    def explain(self, *, options: Mapping[str, Any]) -> None:
        question = _read(_item_from(options))
        until = question.expires_at()
        sentences = _sentences(question, until)
        if options["json"]:
            self.write_json({"expires_at": _iso(until), "explanation": " ".join(sentences)})
            return
        self.stdout.write(_iso(until) or "never")
        for sentence in sentences:
            self.stdout.write(sentence)


def _item_from(options: Mapping[str, Any]) -> dict[str, object]:
    anchor, months = options["anchor"], options["dpa_months"]
    if isinstance(months, str) and _WHOLE_NUMBER.fullmatch(months):
        months = int(months)
    return {
        "category": options["category"],
        "anchor": None if anchor == _RUNNING else anchor,
        "entity": options["entity"],
        "financial_year_end": options["financial_year_end"],
        "dpa_months": months,
    }


def _read(item: object) -> _Question:
    fields = check_keys(
        item,
        required=("category", "anchor", "entity"),
        optional=("financial_year_end", "dpa_months"),
    )
    year_end = fields.get("financial_year_end")
    anchor = fields["anchor"]
    return _Question(
        rule=rule_for(fields["category"]),
        anchor=None if anchor is None else parse_day_or_instant(anchor, what="The anchor"),
        entity=entity(fields["entity"]),
        year_end=DECEMBER_31 if year_end is None else MonthDay.parse(year_end),
        dpa_months=fields.get("dpa_months"),  # type: ignore[arg-type] # the rule checks it
    )


def _iso(until: datetime | None) -> str | None:
    return None if until is None else until.isoformat()


def _sentences(question: _Question, until: datetime | None) -> list[str]:
    rule = question.rule
    name = rule.category.value
    if until is None:
        return [
            f"The contract still runs, so that no end date of {name} is set yet.",
            _ON_ERASURE[rule.on_erasure],
        ]
    span = _span(length_of(rule, dpa_months=question.dpa_months))
    kept = (
        f"{name} is kept for {span} {_FROM[rule.anchor]}, in local time of "
        f"{question.entity.tz.key}, and is due for erasure at {until.isoformat()}."
    )
    sentences = [kept, _ON_ERASURE[rule.on_erasure]]
    if rule.caution is not None:
        sentences.append(_CAUTIONS[rule.caution])
    return sentences


def _span(length: Length) -> str:
    years, months = divmod(length.months, 12)
    if years and not months and years > 1:
        return _count(years, "year")
    return _count(length.months, "month") if length.months else _count(length.days, "day")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


_FROM: dict[AnchorKind, str] = {
    AnchorKind.FINANCIAL_YEAR_OF_CONTRACT_END: (
        "after the end of the financial year in which the contract ended"
    ),
    AnchorKind.CALENDAR_YEAR_OF_COMMUNICATION: (
        "after the end of the calendar year of the communication"
    ),
    AnchorKind.MONTH_OF_COMMUNICATION: "after the end of the month of the communication",
    AnchorKind.UPLOAD: "after the day of the upload",
    AnchorKind.DPA_END: "after the day on which the data processing agreement ended",
    AnchorKind.ENTRY: "after the day of the entry",
}
_ON_ERASURE: dict[OnErasure, str] = {
    OnErasure.KEPT_BY_LAW: (
        "On an erasure request it is kept to its date: a legal obligation (Art. 17(3)(b) GDPR, "
        "Estonian Accounting Act s. 12)."
    ),
    OnErasure.KEPT_BY_POLICY: "On an erasure request it is kept to its date under the policy.",
    OnErasure.ERASED_UNLESS_CLAIM: (
        "On an erasure request it is erased, unless staff state a legal claim that needs it "
        "(Art. 17(3)(e) GDPR)."
    ),
    OnErasure.ERASED: "On an erasure request it is erased.",
    OnErasure.PASSED_TO_CONTROLLER: (
        "An erasure request is passed to the controller, and the data is erased or returned on "
        "its instruction."
    ),
    OnErasure.KEPT_FOR_SECURITY: "On an erasure request it is kept to its date for security.",
}
_CAUTIONS: dict[Caution, str] = {
    Caution.EPRIVACY_BILLING_ONLY: (
        "Mind that ePrivacy Directive Art. 6 supports keeping billing data only while a bill "
        "can be contested; a shorter period or masked digits can be chosen for an entity."
    ),
}
