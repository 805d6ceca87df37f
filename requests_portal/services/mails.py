"""The mails of a request: composed once, rendered as text and as HTML, queued as rows."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit.domain.actor import Actor
from lib.identifiers import InvalidEmail, normalise_email
from lib.units import requeue
from lib.wakeups import wake
from outbox.models import Message
from outbox.services import queue_mail, queue_post
from requests_portal.domain.choices import AT_ONCE
from requests_portal.domain.letters import LetterKind
from requests_portal.domain.rights import Right
from requests_portal.models import Case, Package
from requests_portal.queries import email_hash
from requests_portal.services.clock import DateLine, date_lines
from requests_portal.services.links import issue_link
from requests_portal.services.trail import record_on_case
from requests_portal.texts.rights import REQUEST_RECEIVED


def send_again(*, case: Case, message: Message, by: Actor, at: datetime) -> None:
    """Give a mail that failed for good another round of attempts; NotFailed if it did not."""
    with transaction.atomic():
        requeue(message, at=at)
        record_on_case("mail.requeued", by=by, at=at, case_id=case.id)
        wake("outbox.tasks.deliver_due")


@dataclass(frozen=True, kw_only=True)
class MailText:
    """A mail in one language; personal data stays out, but for the person's own name.

    `action` is the label of the button and its full address.
    """

    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    dates: tuple[DateLine, ...] = ()
    action: tuple[str, str]
    after: tuple[str, ...] = ()


def _queue(case: Case, *, kind: str, mail: MailText, at: datetime) -> Message:
    if case.is_by_post:
        return queue_post(
            to="\n".join(case.addressee),
            subject=mail.subject,
            text="\n\n".join((*mail.paragraphs, *(_said(line) for line in mail.dates))),
            language=case.language,
            reference=f"case:{case.id}:{kind}",
            at=at,
        )
    context = {
        "mail": mail,
        "case": case,
        "language": case.language,
        "dpo_email": settings.DPO_EMAIL,
    }
    return queue_mail(
        to=case.email,
        subject=mail.subject,
        text=render_to_string("requests_portal/mail/message.txt", context),
        html=render_to_string("requests_portal/mail/message.html", context),
        language=case.language,
        reference=f"case:{case.id}:{kind}",
        at=at,
    )


def _said(line: DateLine) -> str:
    return f"{line.label}: {date_format(line.on)}. {line.why}"


def _way_in(case: Case, *, at: datetime) -> str:
    """Return the address of the button; nobody can press one on paper."""
    return "" if case.is_by_post else issue_link(case=case, at=at)


def _greeting(case: Case) -> str:
    return _("Hello %(name)s,") % {"name": case.name}


def _link_is_yours() -> str:
    return _(
        "The link works once and for 30 days. If it no longer works, the page offers you a new one."
    )


def _from_then_on(case: Case) -> tuple[str, ...]:
    """What takes effect by confirming, where the law does not let us wait for a decision."""
    if Right(case.right) not in AT_ONCE:
        return ()
    return (_("As soon as you have confirmed it, we stop: we do not wait for our decision."),)


def send_acknowledgement(*, case: Case, at: datetime) -> Message:
    """Tell the person that the request has arrived, and why the dates are those dates."""
    with translation.override(case.language):
        mail = MailText(
            subject=_("We have received your request %(reference)s")
            % {"reference": case.reference},
            greeting=_greeting(case),
            paragraphs=(
                REQUEST_RECEIVED[Right(case.right)] % {"reference": case.reference},
                _(
                    "Please confirm that this address is yours. The clock runs already: "
                    "confirming does not change any date."
                ),
                *_from_then_on(case),
            ),
            dates=tuple(date_lines(case)),
            action=(_("Confirm and see my request"), _way_in(case, at=at)),
            after=(
                _link_is_yours(),
                _(
                    "If you did not send this request, you need not do anything. Nobody receives "
                    "your data without this link."
                ),
            ),
        )
        return _queue(case, kind="acknowledgement", mail=mail, at=at)


def send_answer_ready(*, case: Case, package: Package, at: datetime) -> Message:
    """Tell the person that the answer waits, without putting any of it into the mail."""
    with translation.override(case.language):
        until = (
            date_format(package.expires_at.astimezone(case.entity.tz)) if package.expires_at else ""
        )
        mail = MailText(
            subject=_("Your answer to request %(reference)s is ready")
            % {"reference": case.reference},
            greeting=_greeting(case),
            paragraphs=(
                _("We have answered your request %(reference)s.") % {"reference": case.reference},
                _("You can read our letter and download your data until %(until)s.")
                % {"until": until},
            ),
            action=(_("Open my answer"), _way_in(case, at=at)),
            after=(_link_is_yours(),),
        )
        return _queue(case, kind="answer", mail=mail, at=at)


def send_done(*, case: Case, at: datetime) -> Message:
    """Tell the person that the request was carried out; the page behind the link says what was
    done, what is kept, until when and why. A complaint is answered by its letter alone.
    """
    if Right(case.right) is Right.COMPLAINT:
        return send_letter_mail(case=case, kind=LetterKind.DECISION, at=at)
    with translation.override(case.language):
        mail = MailText(
            subject=_("Your request %(reference)s has been carried out")
            % {"reference": case.reference},
            greeting=_greeting(case),
            paragraphs=(
                _("We have carried out your request %(reference)s.")
                % {"reference": case.reference},
                _("Open your request to see what was done with which data, and why."),
            ),
            action=(_("See what was done"), _way_in(case, at=at)),
            after=(_link_is_yours(),),
        )
        return _queue(case, kind="done", mail=mail, at=at)


def send_handed_over(*, case: Case, at: datetime) -> Message:
    """Tell the person that the company they named has their data; who, stands behind the link."""
    with translation.override(case.language):
        mail = MailText(
            subject=_("Your data has been handed over (%(reference)s)")
            % {"reference": case.reference},
            greeting=_greeting(case),
            paragraphs=(
                _("We have handed your data over to the company you named."),
                _("Open your request to see to whom, and when."),
            ),
            action=(_("See my request"), _way_in(case, at=at)),
            after=(_link_is_yours(),),
        )
        return _queue(case, kind="handed-over", mail=mail, at=at)


def send_code_ready(*, case: Case, at: datetime) -> Message:
    """Tell the person that they can make a one-time code for the company they named."""
    with translation.override(case.language):
        mail = MailText(
            subject=_("Your data can be collected (%(reference)s)") % {"reference": case.reference},
            greeting=_greeting(case),
            paragraphs=(
                _("We have answered your request %(reference)s.") % {"reference": case.reference},
                _(
                    "Open it to make a one-time code. Give the code to the company you named: with "
                    "it they collect your data from us."
                ),
            ),
            action=(_("Make the code"), _way_in(case, at=at)),
            after=(_link_is_yours(),),
        )
        return _queue(case, kind="code-ready", mail=mail, at=at)


def send_question(*, case: Case, at: datetime) -> Message:
    """Tell the person that we need something from them; what it is stands behind the link."""
    with translation.override(case.language):
        mail = MailText(
            subject=_("We have a question about your request %(reference)s")
            % {"reference": case.reference},
            greeting=_greeting(case),
            paragraphs=(
                _("To go on with your request %(reference)s we need an answer from you.")
                % {"reference": case.reference},
                _(
                    "Open your request to read the question and to answer it. The time that the "
                    "law gives us stands still until your answer comes."
                ),
            ),
            action=(_("Read the question"), _way_in(case, at=at)),
            after=(_link_is_yours(),),
        )
        return _queue(case, kind="question", mail=mail, at=at)


def send_letter_mail(*, case: Case, kind: LetterKind, at: datetime) -> Message:
    """Tell the person that a letter waits behind the link; none of its words are in the mail."""
    with translation.override(case.language):
        mail = MailText(
            subject=_("A letter about your request %(reference)s") % {"reference": case.reference},
            greeting=_greeting(case),
            paragraphs=(
                _("We have written to you about your request %(reference)s.")
                % {"reference": case.reference},
                _("Open your request to read the letter."),
            ),
            action=(_("Read the letter"), _way_in(case, at=at)),
            after=(_link_is_yours(),),
        )
        return _queue(case, kind=f"letter-{kind.value}", mail=mail, at=at)


def send_new_post(*, case: Case, words: str, at: datetime) -> Message:
    """Tell the person that staff wrote to them; what they wrote stands behind the link.

    On paper the words themselves go out.
    """
    with translation.override(case.language):
        behind = (
            _("We have sent you a message about your request %(reference)s.")
            % {"reference": case.reference},
            _("Open your request to read it and to answer."),
        )
        mail = MailText(
            subject=_("A new message about your request %(reference)s")
            % {"reference": case.reference},
            greeting=_greeting(case),
            paragraphs=(words,) if case.is_by_post else behind,
            action=(_("Read the message"), _way_in(case, at=at)),
            after=(_link_is_yours(),),
        )
        return _queue(case, kind="post", mail=mail, at=at)


def send_withdrawn(*, case: Case, is_restricted: bool, at: datetime) -> None:
    """Tell the person that the request was withdrawn, in case it was not they who did it.

    `is_restricted`: because of it data was only stored; this mail is the notice (Art. 18(3)).
    """
    with translation.override(case.language):
        ends = _(
            "Because of it we only stored some of your data. That ends now: with this message we "
            "tell you so before the data is used again (Article 18(3) GDPR)."
        )
        further = (ends,) if is_restricted else ()
        mail = MailText(
            subject=_("Your request %(reference)s is withdrawn") % {"reference": case.reference},
            greeting=_greeting(case),
            paragraphs=(
                _("You have withdrawn your request %(reference)s. We do nothing more about it.")
                % {"reference": case.reference},
                _("What we had found for it is deleted. You can file a new one at any time."),
                *further,
            ),
            action=(_("See my request"), _way_in(case, at=at)),
            after=(
                _link_is_yours(),
                _("If you did not do this, write to us: we begin again."),
            ),
        )
        _queue(case, kind="withdrawn", mail=mail, at=at)


def send_merged(*, case: Case, into: Case, at: datetime) -> Message:
    """Tell the person that two of their requests are answered as one."""
    with translation.override(case.language):
        mail = MailText(
            subject=_("Your request %(reference)s goes on as %(other)s")
            % {"reference": case.reference, "other": into.reference},
            greeting=_greeting(case),
            paragraphs=(
                _(
                    "You have sent us two requests. We answer both as one, under the reference "
                    "%(other)s. You need not do anything."
                )
                % {"other": into.reference},
                _("The dates of the older request count. Nothing is lost."),
            ),
            dates=tuple(date_lines(into)),
            action=(_("See my request"), _way_in(into, at=at)),
            after=(_link_is_yours(),),
        )
        return _queue(case, kind="merged", mail=mail, at=at)


def send_all_gone(*, case: Case, at: datetime) -> None:
    """Tell the person that what had to be kept has been erased too, as they asked to be told."""
    with translation.override(case.language):
        mail = MailText(
            subject=_("The rest of your data has been erased (%(reference)s)")
            % {"reference": case.reference},
            greeting=_greeting(case),
            paragraphs=(
                _(
                    "When we carried out your request %(reference)s, some data had to be kept. "
                    "Its time is over now and it has been erased."
                )
                % {"reference": case.reference},
                _("You asked us to tell you. You need not do anything."),
            ),
            action=(_("See my request"), _way_in(case, at=at)),
            after=(_link_is_yours(),),
        )
        _queue(case, kind="all-gone", mail=mail, at=at)


def send_new_link_if_known(*, reference: str, email: str, at: datetime) -> None:
    """Mail a new link when reference and address belong together; otherwise do nothing."""
    try:
        address = normalise_email(email)
    except InvalidEmail:
        return
    with transaction.atomic():
        case = Case.objects.filter(reference=reference, email_hash=email_hash(address)).first()
        if case is None:
            return
        with translation.override(case.language):
            mail = MailText(
                subject=_("A new link to your request %(reference)s")
                % {"reference": case.reference},
                greeting=_greeting(case),
                paragraphs=(_("Here is the new link you asked for."),),
                action=(_("See my request"), _way_in(case, at=at)),
                after=(_link_is_yours(),),
            )
            _queue(case, kind="link", mail=mail, at=at)
        record_on_case("case.link_sent", by=Actor.person(), at=at, case_id=case.id)
