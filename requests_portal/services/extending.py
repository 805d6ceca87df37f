"""Extending the time for an answer: told by letter, in force when the letter was sent.

Safety: no date moves because somebody wanted to tell the person; it moves when the mail server has
taken the notice, and only if that was not too late (Art. 12(3)).
"""

from datetime import date, datetime

from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from audit.domain.actor import Actor
from requests_portal.domain.extending import (
    ExtensionGround,
    is_in_time,
    refusal_is_late,
    require_extendable,
)
from requests_portal.domain.letters import LetterDraft, LetterKind, Part, Passage
from requests_portal.domain.lifecycle import OPEN_STATES
from requests_portal.domain.rights import Right
from requests_portal.models import Case, Extension
from requests_portal.services.letter_parts import closing_parts, reasons_part
from requests_portal.services.letters import send_letter
from requests_portal.services.moves import CaseMovedOn, locked_case
from requests_portal.services.trail import record_on_case
from requests_portal.texts.extending import GROUNDS_TOLD
from requests_portal.texts.rights import ARTICLE_LABELS, RIGHT_NAMES

_WORKER = Actor.system("clock")


def extension_letter(*, case: Case, ground: ExtensionGround, reasons: str) -> LetterDraft:
    """Compose the notice of an extension in the case's language."""
    right = Right(case.right)
    with translation.override(case.language):
        day = date_format(case.extended_on)
        return LetterDraft(
            kind=LetterKind.EXTENSION,
            title=_("We need more time for your request %(reference)s")
            % {"reference": case.reference},
            subject=f"{RIGHT_NAMES[right]}, {ARTICLE_LABELS[right]}",
            passages=(
                Passage(
                    part=Part.DECIDED,
                    text=_("We will answer your request by %(day)s at the latest.") % {"day": day},
                ),
                Passage(part=Part.GROUND, text=str(GROUNDS_TOLD[ground])),
                reasons_part(reasons),
                *closing_parts(
                    case,
                    (
                        _("Last day by law, extended"),
                        day,
                        _("Three months after the day your request reached us, not one more."),
                    ),
                ),
            ),
        )


def extend(
    *,
    case: Case,
    ground: ExtensionGround,
    draft: LetterDraft,
    warning_read: bool,
    by: User,
    at: datetime,
) -> Extension:
    """Tell the person that the answer takes longer; once a case.

    Raises ExtensionTooLate, ExtensionUnwarned, PartsMissing, CaseMovedOn for a case that is not
    open or was extended already.
    """
    with transaction.atomic():
        locked = locked_case(case, OPEN_STATES)
        if Extension.objects.filter(case=locked).exists():
            raise CaseMovedOn
        require_extendable(
            safe_on=locked.safe_on,
            statutory_on=locked.statutory_on,
            today=_day(locked, at),
            warning_read=warning_read,
        )
        record_on_case(
            "extension.told",
            by=Actor.staff(by.pk),
            at=at,
            case_id=locked.id,
            data={"ground": ground.value, "extended_on": locked.extended_on.isoformat()},
        )
        return Extension.objects.create(
            case=locked,
            ground=ground.value,
            reasons="\n\n".join(one.text for one in draft.passages if one.adjustable),
            letter=send_letter(case=locked, draft=draft, by=by, at=at),
            told_by=by,
            told_at=at,
        )


def extension_of(case: Case) -> Extension | None:
    """Return the extension of a case, in force or not."""
    return Extension.objects.select_related("letter__message").filter(case=case).first()


def settle_extensions(*, at: datetime) -> int:
    """Put extensions in force whose notice has left the house in time; return how many."""
    told = Extension.objects.filter(
        sent_on__isnull=True, came_too_late=False, letter__message__sent_at__isnull=False
    )
    settled = 0
    for pk in list(told.values_list("pk", flat=True)):
        settled += _settle(pk, at=at)
    return settled


def _settle(pk: int, *, at: datetime) -> bool:
    with transaction.atomic():
        extension = Extension.objects.select_related("letter__message").get(pk=pk)
        case = Case.objects.select_for_update(no_key=True).get(pk=extension.case_id)
        message = extension.letter.message
        if message is None or message.sent_at is None:
            return False
        sent_on = _day(case, message.sent_at)
        in_time = is_in_time(sent_on=sent_on, statutory_on=case.statutory_on)
        changed = Extension.objects.filter(pk=pk, sent_on__isnull=True, came_too_late=False).update(
            sent_on=sent_on if in_time else None, came_too_late=not in_time
        )
        if changed and in_time:
            Case.objects.filter(pk=case.pk).update(due_on=case.extended_on)
        if changed:
            record_on_case(
                "extension.in_force" if in_time else "extension.too_late",
                by=_WORKER,
                at=at,
                case_id=case.pk,
                data={"sent_on": sent_on.isoformat()},
            )
        return bool(changed and in_time)


def late_refusal_warning(case: Case, *, at: datetime) -> str:
    """Warn that a refusal comes too late (Art. 12(4)); empty while it does not."""
    extension = extension_of(case)
    late = refusal_is_late(
        safe_on=case.safe_on,
        today=_day(case, at),
        extended=extension is not None and extension.sent_on is not None,
    )
    if not late:
        return ""
    return _(
        "A refusal has one month (Article 12(4)), which ended on %(day)s, and no extension is in "
        "force. Refusing now is itself a breach: speak to the DPO first."
    ) % {"day": date_format(case.safe_on)}


def _day(case: Case, at: datetime) -> date:
    return at.astimezone(case.entity.tz).date()
