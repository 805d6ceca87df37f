"""The clock of a case, in dates and in sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from lib.entities import entity
from requests_portal.domain.calendars import SATURDAY, SUNDAY
from requests_portal.domain.clock import Deadlines, compute_deadlines
from requests_portal.domain.extending import ExtensionGround
from requests_portal.models import Case, Extension
from requests_portal.services.calendars import calendar_of, removed_name
from requests_portal.texts.extending import GROUNDS_SHORT

#: From how many days before the safe date a case is shown as pressing.
SOON_DAYS = 10


def dates_for(*, received_at: datetime, entity_code: str) -> Deadlines:
    """Compute the six dates of a request without suspension (Art. 12(3))."""
    responsible = entity(entity_code)
    return compute_deadlines(
        received_at=received_at,
        entity=responsible,
        suspensions=(),
        calendar=calendar_of(entity_code),
        today=received_at.astimezone(responsible.tz).date(),
    )


@dataclass(frozen=True, kw_only=True)
class DateLine:
    """One date of the clock: its name, the day, and the sentence that says why."""

    name: str
    label: str
    on: date
    why: str


def date_lines(case: Case) -> list[DateLine]:
    """Return the dates that concern the person, each with its reason, in the active language."""
    return list(_date_lines(case))


def _date_lines(case: Case) -> Iterator[DateLine]:
    yield DateLine(
        name="received",
        label=_("Received"),
        on=case.received_on,
        why=_("The day your request reached us. It is day zero and is not counted."),
    )
    yield DateLine(
        name="sla",
        label=_("We aim to answer by"),
        on=case.sla_on,
        why=_joined(
            _("Our own promise: within 30 days, and never later than one month."), _paused(case)
        ),
    )
    extension = _extension_in_force(case)
    if extension is not None:
        yield DateLine(
            name="extended",
            label=_("Last day by law"),
            on=case.extended_on,
            why=_extended_reason(case, extension),
        )
        return
    yield DateLine(
        name="statutory",
        label=_("Last day by law"),
        on=case.statutory_on,
        why=_statutory_reason(case),
    )


def _extension_in_force(case: Case) -> Extension | None:
    extension: Extension | None = getattr(case, "extension", None)
    return extension if extension is not None and extension.sent_on is not None else None


def last_day(case: Case) -> date:
    """Return the last day that the law allows, an extension in force counted."""
    return case.extended_on if _extension_in_force(case) else case.statutory_on


def _extended_reason(case: Case, extension: Extension) -> str:
    told = _(
        "Three months after the day your request reached us, %(ground)s (Article 12(3) GDPR). "
        "We told you on %(day)s."
    ) % {
        "ground": GROUNDS_SHORT[ExtensionGround(extension.ground)],
        "day": date_format(extension.sent_on) if extension.sent_on else "",
    }
    return _joined(told, _paused(case))


def _statutory_reason(case: Case) -> str:
    ends_on = case.safe_on + timedelta(days=case.suspended_days)
    if case.statutory_on == ends_on:
        month = _("One month after the day your request reached us (Article 12(3) GDPR).")
        return _joined(month, _paused(case))
    rolled = _(
        "One month ends on %(safe_on)s (Article 12(3) GDPR). That is %(kind_of_day)s, "
        "so the law allows until the next working day."
    ) % {"safe_on": date_format(ends_on), "kind_of_day": _kind_of_day(case, ends_on)}
    return _joined(rolled, _paused(case))


def _paused(case: Case) -> str:
    """Say for how long the clock stood still; empty if it never did."""
    if not case.suspended_days:
        return ""
    return ngettext(
        "%(n)s day is counted on top: we waited for your answer.",
        "%(n)s days are counted on top: we waited for your answer.",
        case.suspended_days,
    ) % {"n": case.suspended_days}


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _kind_of_day(case: Case, day: date) -> str:
    language = get_language() or "en"
    name = calendar_of(case.entity_code, language).holiday_name(day)
    if name is None and day.weekday() not in {SATURDAY, SUNDAY}:
        name = removed_name(case.entity_code, day)  # it was free when the date was counted
    if name:
        if language not in {"en", case.entity.language}:  # its name is known in these two alone
            return _("a public holiday")
        return _("a public holiday (%(name)s)") % {"name": name}
    return _("a Saturday") if day.weekday() == SATURDAY else _("a Sunday")


@dataclass(frozen=True, kw_only=True)
class ClockState:
    """How the clock of a case stands: days to the safe date, and how pressing that is."""

    days: int
    tone: str  # calm | soon | late | done
    sentence: str


def clock_state(case: Case, *, at: datetime, until: date | None = None) -> ClockState:
    """Describe the clock at the instant `at`, in local days of the responsible entity.

    It counts to the day staff work to, the safe date as a rule; the person is shown `until`, the
    last day that the law allows.
    """
    if ended := _ended(case):
        return ClockState(days=0, tone="done", sentence=ended)
    days = ((until or case.due_on) - timezone.localdate(at, case.entity.tz)).days
    if days < 0:
        sentence = ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": -days}
        return ClockState(days=days, tone="late", sentence=sentence)
    if days == 0:
        return ClockState(days=0, tone="soon", sentence=_("Due today"))
    sentence = ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}
    return ClockState(days=days, tone="soon" if days <= SOON_DAYS else "calm", sentence=sentence)


def _ended(case: Case) -> str:
    """Say when a case ended, and how; empty while it is open."""
    if case.is_open:
        return ""
    for when, sentence in (
        (case.withdrawn_at, _("Withdrawn on %(day)s.")),
        (case.forwarded_at, _("Forwarded on %(day)s.")),
        (case.answered_at, _("Answered on %(day)s.")),
        (case.closed_at, _("Closed on %(day)s.")),
    ):
        if when is not None:
            return sentence % {"day": date_format(timezone.localdate(when, case.entity.tz))}
    return ""
