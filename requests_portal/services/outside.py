"""Letters to people outside the house, behind a one-time link.

Safety: the mail holds no personal data, only a keyed hash of the link's token is stored, and
following the link changes nothing: mail scanners do that. Only the button behind it uses it.
"""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from audit.domain.actor import Actor
from lib.keyed_hash import keyed_hash
from lib.units import Status
from outbox.models import Message
from outbox.services import queue_mail
from requests_portal.domain.letters import LetterDraft, LetterKind
from requests_portal.domain.outside import BY_LINK, Telling
from requests_portal.models import Case, Handover, Letter, OutsideLink, RecipientNotice
from requests_portal.services.letters import send_letter
from requests_portal.services.mails import MailText
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.trail import record_on_case

LINK_LIFETIME = timedelta(days=30)
_OUTSIDER = Actor.system("outside link")
_UNDER_WAY = (Status.QUEUED.value, Status.RUNNING.value)


class OutsideLinkNotUsable(Exception):
    """The link is unknown, used or expired. The message is for the log, not for the reader."""


def _token_hash(token: str) -> bytes:
    return keyed_hash(token, purpose="outside-link")


def send_outside(
    *, case: Case, draft: LetterDraft, to_email: str, by: User, at: datetime
) -> OutsideLink:
    """Send a letter to somebody outside (`draft.to_name`): a mail with a link, nothing else.

    Call it inside the transaction of what the letter tells. Raises PartsMissing.
    """
    language = draft.language or case.language
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        message = _mail(
            case, kind=draft.kind, to_email=to_email, token=token, language=language, at=at
        )
        letter = send_letter(case=case, draft=draft, by=by, at=at, message=message)
        return OutsideLink.objects.create(
            letter=letter,
            to_email=to_email,
            token_hash=_token_hash(token),
            issued_at=at,
            expires_at=at + LINK_LIFETIME,
            message=message,
        )


def renew_link(*, told: Handover | RecipientNotice, to_email: str, by: User, at: datetime) -> None:
    """Send the letter once more behind a new link; the former one is dead from now on.

    Raises CaseMovedOn while a mail is on its way, as by a second click, and where there is no
    letter to send again.
    """
    with transaction.atomic():
        locked = type(told).objects.select_for_update(no_key=True).get(pk=told.pk)
        if locked.link_id is None or Telling(locked.state) not in BY_LINK:
            raise CaseMovedOn
        link = OutsideLink.objects.select_for_update(of=("self",)).get(pk=locked.link_id)
        if link.message.status in _UNDER_WAY:
            raise CaseMovedOn
        letter = Letter.objects.select_related("case").get(pk=link.letter_id)
        _issue_again(link, letter, to_email=to_email, at=at)
        if locked.state == Telling.FAILED:
            locked.state = Telling.SENT.value
            locked.save(update_fields=["state"])
        _record("renewed", locked, by=Actor.staff(by.pk), at=at)


def _issue_again(link: OutsideLink, letter: Letter, *, to_email: str, at: datetime) -> None:
    token = secrets.token_urlsafe(24)
    never_left = link.message.sent_at is None
    link.message = _mail(
        letter.case,
        kind=LetterKind(letter.kind),
        to_email=to_email,
        token=token,
        language=letter.language,
        at=at,
    )
    link.to_email, link.token_hash, link.used_at = to_email, _token_hash(token), None
    link.issued_at, link.expires_at = at, at + LINK_LIFETIME
    link.save()
    if never_left:  # the mail is the evidence of when the letter left the house
        Letter.objects.filter(pk=letter.pk).update(message=link.message)


def outside_link_is_usable(*, token: str, at: datetime) -> bool:
    """Say whether the button behind the link would work. Reading this changes nothing."""
    return OutsideLink.objects.filter(
        token_hash=_token_hash(token), used_at__isnull=True, expires_at__gt=at
    ).exists()


def redeem_outside_link(*, token: str, at: datetime) -> OutsideLink:
    """Use the link once. Raises OutsideLinkNotUsable when it is unknown, used or expired."""
    with transaction.atomic():
        used = OutsideLink.objects.filter(
            token_hash=_token_hash(token), used_at__isnull=True, expires_at__gt=at
        ).update(used_at=at)
        if not used:
            raise OutsideLinkNotUsable
        link = OutsideLink.objects.get(token_hash=_token_hash(token))
        told = told_by(link)
        if told is not None:
            _record("link_used", told, by=_OUTSIDER, at=at)
    return link


def told_by(link: OutsideLink) -> Handover | RecipientNotice | None:
    """Return what a link tells of."""
    handover = Handover.objects.select_related("case", "forwarded_case").filter(link=link).first()
    if handover is not None:
        return handover
    return RecipientNotice.objects.select_related("case").filter(link=link).first()


def confirm_receipt(*, link: OutsideLink, at: datetime) -> bool:
    """Note that the letter was received; False where that is known already."""
    told = told_by(link)
    if told is None:
        return False
    with transaction.atomic():
        waiting = (Telling.SENT.value, Telling.FAILED.value)
        changed = (
            type(told)
            .objects.filter(pk=told.pk, state__in=waiting)
            .update(state=Telling.ACKNOWLEDGED.value, acknowledged_at=at)
        )
        if changed:
            _record("acknowledged", told, by=_OUTSIDER, at=at)
    return bool(changed)


def note_undelivered(*, at: datetime) -> int:
    """Mark what the mail was given up for, so that staff see it; return how many."""
    lost = {"state": Telling.SENT.value, "link__message__status": Status.FAILED.value}
    affected: list[Handover | RecipientNotice] = [
        *Handover.objects.filter(**lost),
        *RecipientNotice.objects.filter(**lost),
    ]
    noted = 0
    for told in affected:
        with transaction.atomic():
            still = type(told).objects.filter(pk=told.pk, **lost)
            if still.update(state=Telling.FAILED.value):
                _record("mail_failed", told, by=Actor.system("outbox"), at=at)
                noted += 1
    return noted


def _record(what: str, told: Handover | RecipientNotice, *, by: Actor, at: datetime) -> None:
    if isinstance(told, Handover):
        subject, data = "handover", {"controller": told.controller_id}
    else:
        subject, data = "notice", {"recipient": told.recipient_id}
    record_on_case(f"{subject}.{what}", by=by, at=at, case_id=told.case_id, data=dict(data))


def _mail(
    case: Case, *, kind: LetterKind, to_email: str, token: str, language: str, at: datetime
) -> Message:
    with translation.override(language):
        subject, *paragraphs = (
            _handover_mail(case) if kind is LetterKind.HANDOVER else _notice_mail(case)
        )
        url = f"{settings.PUBLIC_URL}{reverse('portal:outside-open', args=[token])}"
        until = date_format((at + LINK_LIFETIME).astimezone(case.entity.tz))
        mail = MailText(
            subject=subject,
            greeting=_("Hello,"),
            paragraphs=tuple(paragraphs),
            action=(_("Read the letter"), url),
            after=(
                _("The link works once and until %(day)s. Write to us if you need a new one.")
                % {"day": until},
            ),
        )
        context = {
            "mail": mail,
            "case": case,
            "language": language,
            "dpo_email": settings.DPO_EMAIL,
        }
        return queue_mail(
            to=to_email,
            subject=mail.subject,
            text=render_to_string("requests_portal/mail/outside.txt", context),
            html=render_to_string("requests_portal/mail/outside.html", context),
            language=language,
            reference=f"outside:{case.id}:{kind.value}",
            at=at,
        )


def _handover_mail(case: Case) -> tuple[str, str, str]:
    return (
        _("A data protection request for you (%(reference)s)") % {"reference": case.reference},
        _(
            "Somebody has sent us a data protection request about data that we process on your "
            "behalf. You decide on it, so we pass it on to you."
        ),
        _("Our letter and the file that belongs to it wait behind this link."),
    )


def _notice_mail(case: Case) -> tuple[str, str, str]:
    return (
        _("A data protection notice for you (%(reference)s)") % {"reference": case.reference},
        _(
            "Something has changed about personal data that you received from us. The law asks us "
            "to tell you (Article 19 GDPR)."
        ),
        _("What has changed, and what we ask you to do, waits behind this link."),
    )
