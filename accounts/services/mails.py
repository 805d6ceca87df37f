"""The mails to staff: written here, rendered as text and HTML, queued as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.services.links import absolute, set_password_url
from audit.domain.actor import Actor, ActorKind
from outbox.services import queue_mail

_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class StaffMail:
    """A mail in one language. `action` is a label and a full address."""

    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    action: tuple[str, str] | None = None
    after: tuple[str, ...] = ()


def send_invitation(*, user: User, at: datetime) -> None:
    """Mail a new colleague the link under which they choose their password."""
    with translation.override(user.language):
        mail = StaffMail(
            subject=_("Your account at Apifonica Privacy"),
            greeting=_greeting(user),
            paragraphs=(
                _("An account was made for you at Apifonica Privacy, the privacy desk."),
                _("Choose a password, then sign in with this e-mail address."),
            ),
            action=(_("Choose my password"), set_password_url(user)),
            after=(
                _validity(),
                _("If it has expired, use “Forgotten your password?” on the sign-in page."),
            ),
        )
        _queue(mail, to=user.email, kind=f"staff:{user.pk}:invitation", at=at)


def send_password_link(*, user: User, at: datetime) -> None:
    """Mail the link that was asked for on the sign-in page."""
    with translation.override(user.language):
        mail = StaffMail(
            subject=_("Choose a new password"),
            greeting=_greeting(user),
            paragraphs=(
                _("Someone asked for a new password for your account at Apifonica Privacy."),
                _("If it was you, choose one now. If not, you need not do anything."),
            ),
            action=(_("Choose a new password"), set_password_url(user)),
            after=(_validity(),),
        )
        _queue(mail, to=user.email, kind=f"staff:{user.pk}:password_link", at=at)


def send_own_notice(*, user: User, what: str, at: datetime) -> None:
    """Tell a member of staff that something about their own sign-in changed.

    `what` is a sentence in the language of `user`.
    """
    with translation.override(user.language):
        mail = StaffMail(
            subject=_("Your sign-in at Apifonica Privacy has changed"),
            greeting=_greeting(user),
            paragraphs=(what, _when(at)),
            after=(
                _("If it was not you, tell the security officers now: %(address)s.")
                % {"address": settings.SECURITY_EMAIL},
            ),
        )
        _queue(mail, to=user.email, kind=f"staff:{user.pk}:notice", at=at)


def notify_security(*, user: User, facts: Sequence[str], by: Actor, at: datetime) -> None:
    """Tell the security staff of a change to a user, roles or permissions (policy).

    `facts` are sentences in settings.LANGUAGE_CODE.
    """
    with translation.override(settings.LANGUAGE_CODE):
        mail = StaffMail(
            subject=_("A change to users, roles or permissions"),
            greeting=_("Hello,"),
            paragraphs=(
                *facts,
                _("Done by: %(who)s.") % {"who": _name_of(by)},
                _when(at),
            ),
            action=(
                _("See this person"),
                absolute(reverse("accounts:staff-detail", args=[user.pk])),
            ),
        )
        _queue(mail, to=settings.SECURITY_EMAIL, kind=f"staff:{user.pk}:change", at=at)


def _queue(mail: StaffMail, *, to: str, kind: str, at: datetime) -> None:
    language = translation.get_language()
    context = {"mail": mail, "language": language, "site": settings.PUBLIC_URL}
    queue_mail(
        to=to,
        subject=mail.subject,
        text=render_to_string("accounts/mail/message.txt", context),
        html=render_to_string("accounts/mail/message.html", context),
        language=language,
        reference=kind,
        at=at,
    )


def _greeting(user: User) -> str:
    return _("Hello %(name)s,") % {"name": user.name}


def _when(at: datetime) -> str:
    local = timezone.localtime(at)
    return _("When: %(at)s.") % {"at": date_format(local, "DATETIME_FORMAT")}


def _validity() -> str:
    days = settings.PASSWORD_RESET_TIMEOUT // _DAY
    text = ngettext(
        "The link works once and for %(days)d day.",
        "The link works once and for %(days)d days.",
        days,
    )
    return text % {"days": days}


def _name_of(by: Actor) -> str:
    if by.kind is ActorKind.STAFF:
        return User.objects.get(pk=int(by.ref)).name
    return by.ref
