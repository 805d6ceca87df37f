"""Mails to staff about cases: references, dates and states, and nothing about any person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.services.links import absolute
from accounts.services.mails import StaffMail
from outbox.models import Message
from outbox.services import queue_mail
from requests_portal.domain.rights import Right
from requests_portal.models import Case
from requests_portal.services.clock import clock_state
from requests_portal.services.signs import signs_of
from requests_portal.texts.rights import RIGHT_NAMES
from requests_portal.texts.signs import SIGNS

#: How many cases one mail lists; the queue has them all.
MOST_LINES = 50


@dataclass(frozen=True, kw_only=True)
class CaseLine:
    """A case in a mail: its reference and right, where it is shown, and how it stands."""

    title: str
    url: str
    facts: str


def case_lines(
    cases: Sequence[Case], *, unassigned: Iterable[Case], at: datetime
) -> list[CaseLine]:
    """Describe the first cases of a list in the active language."""
    listed = cases[:MOST_LINES]
    signs = signs_of([case.id for case in listed])
    nobodys = {case.id for case in unassigned}
    return [
        CaseLine(
            title=f"{case.reference} · {RIGHT_NAMES[Right(case.right)]}",
            url=case_url(case),
            facts=". ".join(
                (
                    clock_state(case, at=at).sentence,
                    *_dates(case),
                    *([_("Nobody works on it")] if case.id in nobodys else []),
                    *(str(SIGNS[sign]) for sign in signs.get(case.id, ())),
                )
            )
            + ".",
        )
        for case in listed
    ]


def _dates(case: Case) -> tuple[str, ...]:
    safe = _("Safe date %(day)s") % {"day": date_format(case.safe_on)}
    if case.due_on == case.safe_on:
        return (safe,)
    return safe, _("Extended to %(day)s") % {"day": date_format(case.due_on)}


def send_to_staff(
    *,
    mail: StaffMail,
    lines: Sequence[CaseLine],
    hidden: int,
    to: User | None,
    reference: str,
    at: datetime,
) -> Message:
    """Queue a mail to a member of staff, or to the mailbox of the data protection officer.

    `hidden` is how many further cases the lines leave out. Call it in the recipient's language.
    """
    language = translation.get_language() or settings.LANGUAGE_CODE
    more = ngettext(
        "%(n)s more request stands in the queue.",
        "%(n)s more requests stand in the queue.",
        hidden,
    ) % {"n": hidden}
    context = {
        "mail": mail,
        "lines": lines,
        "more": more if hidden else "",
        "language": language,
        "site": settings.PUBLIC_URL,
    }
    return queue_mail(
        to=to.email if to else settings.DPO_EMAIL,
        subject=mail.subject,
        text=render_to_string("requests_portal/mail/staff.txt", context),
        html=render_to_string("requests_portal/mail/staff.html", context),
        language=language,
        reference=reference,
        at=at,
    )


def case_url(case: Case) -> str:
    """Return the full address of a case at the desk."""
    return absolute(reverse("desk:case-detail", args=[case.reference]))


def queue_url(show: str) -> str:
    """Return the full address of the queue behind one of its filters."""
    return absolute(f"{reverse('desk:case-list')}?show={show}")


def greeting(to: User | None) -> str:
    return _("Hello %(name)s,") % {"name": to.name} if to else _("Hello,")
