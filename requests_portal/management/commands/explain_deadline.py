"""Say by when a request must be answered, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.management.base import CommandParser
from django.db import DatabaseError
from django.utils import timezone

from lib.batch import ExplainCommand, RefusedItem, check_keys
from lib.days import parse_day, parse_instant, shown
from lib.entities import Entity, entity
from lib.refusals import Refusal
from requests_portal.domain.calendars import Calendar, calendar_for
from requests_portal.domain.clock import (
    Deadlines,
    Reason,
    ReasonCode,
    Suspension,
    compute_deadlines,
)
from requests_portal.services.calendars import calendar_of


@dataclass(frozen=True, kw_only=True)
class _Question:
    received_at: datetime
    entity: Entity
    suspensions: tuple[Suspension, ...]
    today: date

    def deadlines(self, calendars: Callable[[str], Calendar]) -> Deadlines:
        return compute_deadlines(
            received_at=self.received_at,
            entity=self.entity,
            suspensions=self.suspensions,
            calendar=calendars(self.entity.code),
            today=self.today,
        )


class DatabaseNeeded(Refusal):
    """The days off of the desk were asked for, and its database does not answer."""


class Command(ExplainCommand):
    help = "Say by when a request must be answered (GDPR Art. 12(3)), and why."
    question_options = ("received_at", "entity", "suspension")
    required_options = ("received_at", "entity")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--received-at", metavar="ISO", help="The instant of receipt, with its UTC offset."
        )
        parser.add_argument("--entity", help="The responsible entity: EE, LV or PL.")
        parser.add_argument(
            "--suspension",
            metavar="ASKED/ANSWERED",
            nargs="+",
            action="extend",
            help="Two instants around a slash; nothing behind the slash is still unanswered. "
            "Several may be given.",
        )
        parser.add_argument(
            "--today", metavar="DATE", help="The local day to which an open suspension counts."
        )
        parser.add_argument(
            "--with-days-off",
            action="store_true",
            help="Count the one-off days off that are recorded at the desk, too. This alone needs "
            "the database.",
        )
        super().add_arguments(parser)

    def check_options(self, options: Mapping[str, Any]) -> None:
        if options["today"] is not None:
            parse_day(options["today"], what="Today")

    def answer(self, item: object, *, options: Mapping[str, Any]) -> dict[str, object]:
        return _iso(_read(item, today=options["today"]).deadlines(_calendars(options)))

    def explain(self, *, options: Mapping[str, Any]) -> None:
        item = {
            "received_at": options["received_at"],
            "entity": options["entity"],
            "suspensions": [_split(text) for text in options["suspension"] or ()],
        }
        deadlines = _read(item, today=options["today"]).deadlines(_calendars(options))
        sentences = {
            name: " ".join(_sentence(name, reason) for reason in reasons)
            for name, reasons in deadlines.explanations.items()
        }
        if options["json"]:
            self.write_json({**_iso(deadlines), "explanations": sentences})
            return
        for name, day in deadlines.dates().items():
            self.stdout.write(f"{name:<20} {day} {day:%a}  {sentences[name]}")


def _calendars(options: Mapping[str, Any]) -> Callable[[str], Calendar]:
    return _recorded if options["with_days_off"] else calendar_for


def _recorded(entity_code: str) -> Calendar:
    try:
        return calendar_of(entity_code)
    except DatabaseError:
        raise DatabaseNeeded(
            "The days off that are recorded at the desk cannot be read: its database does not "
            "answer. Leave out --with-days-off to count without them."
        ) from None


def _iso(deadlines: Deadlines) -> dict[str, object]:
    return {name: day.isoformat() for name, day in deadlines.dates().items()}


def _split(text: str) -> dict[str, object]:
    asked, slash, answered = text.partition("/")
    if not slash:
        raise RefusedItem(
            f"A suspension must be written ASKED/ANSWERED, or ASKED/ while it is open, "
            f"not {shown(text)}."
        )
    return {"asked_at": asked, "answered_at": answered or None}


def _read(item: object, *, today: str | None) -> _Question:
    fields = check_keys(item, required=("received_at", "entity"), optional=("suspensions", "today"))
    responsible = entity(fields["entity"])
    suspensions = fields.get("suspensions")
    if suspensions is None:
        suspensions = []
    if not isinstance(suspensions, list):
        raise RefusedItem("The suspensions must be a JSON list.")
    until = today if fields.get("today") is None else fields["today"]
    return _Question(
        received_at=parse_instant(fields["received_at"], what="The time of receipt"),
        entity=responsible,
        suspensions=tuple(_read_suspension(each) for each in suspensions),
        today=timezone.localdate(timezone=responsible.tz)
        if until is None
        else parse_day(until, what="Today"),
    )


def _read_suspension(item: object) -> Suspension:
    fields = check_keys(
        item, required=("asked_at",), optional=("answered_at",), what="A suspension"
    )
    answered = fields.get("answered_at")
    return Suspension(
        asked_at=parse_instant(fields["asked_at"], what="The time of asking"),
        answered_at=None
        if answered is None
        else parse_instant(answered, what="The time of the answer"),
    )


def _sentence(name: str, reason: Reason) -> str:
    return _SENTENCES[reason.code].format_map(_words(name, reason))


def _words(name: str, reason: Reason) -> dict[str, object]:
    words: dict[str, object] = dict(reason.params)
    for unit in ("day", "month"):
        number = words.get(f"{unit}s")
        if number is not None:
            words[f"{unit}s"] = f"{number} {unit}" if number == 1 else f"{number} {unit}s"
    if reason.code is ReasonCode.ROLLED:
        weekday = {"saturday": "a Saturday", "sunday": "a Sunday"}.get(str(words["because"]))
        holiday = words["holiday"] and f"a public holiday ({words['holiday']})"
        words["because"] = " and ".join(str(each) for each in (weekday, holiday) if each)
    words["aside"] = "; no suspension and no weekend moves it" if name == "safe_on" else ""
    return words


_SENTENCES: dict[ReasonCode, str] = {
    ReasonCode.DAY_ZERO: "The local day of receipt; it is day zero and is not counted.",
    ReasonCode.MONTHS: "{months} after {from}, the day of receipt{aside}.",
    ReasonCode.MONTH_END: (
        "{months} after {from} there is no such day, so the month's last day{aside}."
    ),
    ReasonCode.PROMISED_DAYS: "The policy's promise: {days} after {from}, the day of receipt.",
    ReasonCode.SAFE_IS_EARLIER: "The safe date, because it comes before the promised {days}.",
    ReasonCode.SUSPENDED: "Moved by {days} in which an answer of the person was awaited.",
    ReasonCode.ROLLED: "{from} is {because}, so the next day counts.",
    ReasonCode.NOTICE: "The notice of an extension must be sent by the safe date.",
}
