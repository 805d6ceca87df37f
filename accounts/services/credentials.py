"""What happens to passwords and second factors: on record, and told to the person."""

from datetime import datetime
from enum import StrEnum

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.services.mails import notify_security, send_own_notice
from accounts.services.staff import NothingToChange
from audit.domain.actor import Actor
from audit.services import record
from lib.refusals import Refusal


class OwnSecondFactor(Refusal):
    """Nobody takes away their own second factor as a security officer."""


class CredentialChange(StrEnum):
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (a name, not a password)
    PASSWORD_RESET = "password_reset"  # noqa: S105
    SECOND_FACTOR_ADDED = "second_factor_added"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"


_SENTENCES = {
    CredentialChange.PASSWORD_CHANGED: gettext_lazy("Your password was changed."),
    CredentialChange.PASSWORD_RESET: gettext_lazy("A new password was chosen by a mailed link."),
    CredentialChange.SECOND_FACTOR_ADDED: gettext_lazy("An authenticator app was set up."),
    CredentialChange.SECOND_FACTOR_REMOVED: gettext_lazy("The authenticator app was removed."),
    CredentialChange.RECOVERY_CODES_MADE: gettext_lazy("New recovery codes were made."),
}


def note_change(*, user: User, change: CredentialChange, at: datetime) -> None:
    """Put on record that somebody changed how they sign in, and tell them by mail.

    An account with one lock less is a change the security staff hears of, too.
    """
    by = Actor.staff(user.pk)
    with transaction.atomic():
        record(f"staff.{change}", by=by, at=at, object_kind="staff", object_id=str(user.pk))
        with translation.override(user.language):
            sentence = str(_SENTENCES[change])
        send_own_notice(user=user, what=sentence, at=at)
        if change is CredentialChange.SECOND_FACTOR_REMOVED:
            with translation.override(settings.LANGUAGE_CODE):
                fact = _("%(name)s removed their authenticator app.") % {"name": user.name}
            notify_security(user=user, facts=[fact], by=by, at=at)


def reset_second_factor(*, user: User, by: Actor, at: datetime) -> None:
    """Take away the second factor of a colleague who lost phone and recovery codes.

    Raises OwnSecondFactor, NothingToChange.
    """
    if by == Actor.staff(user.pk):
        raise OwnSecondFactor("Another security officer has to do this.")
    with transaction.atomic():
        count, _rows = Authenticator.objects.filter(user_id=user.pk).delete()
        if not count:
            raise NothingToChange("There is no second factor.")
        record(
            "staff.second_factor_reset",
            by=by,
            at=at,
            object_kind="staff",
            object_id=str(user.pk),
        )
        with translation.override(user.language):
            sentence = str(_SENTENCES[CredentialChange.SECOND_FACTOR_REMOVED])
        send_own_notice(user=user, what=sentence, at=at)
        with translation.override(settings.LANGUAGE_CODE):
            fact = _("The second factor of %(name)s was taken away.") % {"name": user.name}
        notify_security(user=user, facts=[fact], by=by, at=at)
