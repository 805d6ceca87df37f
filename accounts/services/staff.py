"""The one door for changes to users and roles.

Every change writes an audit event and tells the security staff in the same transaction (privacy
policy: a change to users, roles or permissions notifies the security staff). At least one active
security officer is left, whatever two officers do at the same time.
"""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.domain.roles import Role
from accounts.models import User
from accounts.queries import active_with_role
from accounts.services.mails import notify_security, send_invitation
from accounts.texts import ROLE_NAMES
from audit.domain.actor import Actor
from audit.services import record
from lib.refusals import Refusal


class AddressTaken(Refusal):
    """Somebody with this e-mail address is among the staff already."""


class OwnRoles(Refusal):
    """Nobody changes their own roles."""


class LastSecurityOfficer(Refusal):
    """Without this person no active security officer would be left."""


class NothingToChange(Refusal):
    """It is so already."""


class AlreadyJoined(Refusal):
    """An invitation is for those who have not chosen a password yet."""


def create_staff(
    *, email: str, name: str, roles: Collection[Role], language: str, by: Actor, at: datetime
) -> User:
    """Add a colleague without a password and mail them the link to choose one.

    Raises AddressTaken.
    """
    with transaction.atomic():
        try:
            with transaction.atomic():
                user = User.objects.create_user(
                    email=email, name=name, roles=_values(roles), language=language, joined_at=at
                )
        except IntegrityError:
            raise AddressTaken("This address is taken.") from None
        send_invitation(user=user, at=at)
        _record("staff.invited", user, by=by, at=at, roles=user.roles)
        with translation.override(settings.LANGUAGE_CODE):
            facts = [
                _("%(name)s was invited.") % {"name": user.name},
                _("Roles: %(roles)s.") % {"roles": _names(user.roles)},
            ]
        notify_security(user=user, facts=facts, by=by, at=at)
        return user


def invite_again(*, user: User, by: Actor, at: datetime) -> None:
    """Mail a fresh link to a colleague who has not chosen a password yet; else AlreadyJoined."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if user.has_usable_password() or not user.is_active:
            raise AlreadyJoined("This colleague needs no invitation.")
        send_invitation(user=user, at=at)
        _record("staff.invited_again", user, by=by, at=at)


def change_roles(*, user: User, roles: Collection[Role], by: Actor, at: datetime) -> User:
    """Give a colleague exactly these roles.

    Raises OwnRoles, NothingToChange, LastSecurityOfficer.
    """
    if by == Actor.staff(user.pk):
        raise OwnRoles("Nobody changes their own roles.")
    with transaction.atomic():
        user = _locked(user)
        before, after = sorted(user.roles), _values(roles)
        if before == after:
            raise NothingToChange("The roles are these already.")
        if Role.SECURITY not in roles:
            _refuse_if_last_officer(user)
        user.roles = after
        user.save(update_fields=["roles"])
        _record("staff.roles_changed", user, by=by, at=at, before=before, after=after)
        with translation.override(settings.LANGUAGE_CODE):
            facts = [
                _("The roles of %(name)s were changed.") % {"name": user.name},
                _("Before: %(roles)s.") % {"roles": _names(before)},
                _("Now: %(roles)s.") % {"roles": _names(after)},
            ]
        notify_security(user=user, facts=facts, by=by, at=at)
        return user


def deactivate(*, user: User, by: Actor, at: datetime) -> User:
    """Close an account; its sessions end with their next request.

    Raises NothingToChange, LastSecurityOfficer.
    """
    with transaction.atomic():
        user = _locked(user)
        if not user.is_active:
            raise NothingToChange("The account is not active.")
        _refuse_if_last_officer(user)
        with translation.override(settings.LANGUAGE_CODE):
            fact = _("The account of %(name)s was closed.") % {"name": user.name}
        return _set_active(user, active=False, fact=fact, by=by, at=at)


def reactivate(*, user: User, by: Actor, at: datetime) -> User:
    """Open a closed account again, with the roles it had. Raises NothingToChange."""
    with transaction.atomic():
        user = _locked(user)
        if user.is_active:
            raise NothingToChange("The account is active.")
        with translation.override(settings.LANGUAGE_CODE):
            fact = _("The account of %(name)s was opened again.") % {"name": user.name}
        return _set_active(user, active=True, fact=fact, by=by, at=at)


def update_profile(*, user: User, name: str, language: str, by: Actor, at: datetime) -> User:
    """Change how a member of staff is called and addressed. Raises NothingToChange."""
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        new = {"name": name, "language": language}
        changed = [field for field, value in new.items() if getattr(user, field) != value]
        if not changed:
            raise NothingToChange("The profile says so already.")
        before = user.name
        user.name, user.language = name, language
        user.save(update_fields=changed)
        _record("staff.profile_changed", user, by=by, at=at, fields=changed)
        if "name" in changed:
            with translation.override(settings.LANGUAGE_CODE):
                fact = _("%(before)s is now called %(now)s.") % {"before": before, "now": name}
            notify_security(user=user, facts=[fact], by=by, at=at)
        return user


def _set_active(user: User, *, active: bool, fact: str, by: Actor, at: datetime) -> User:
    user.is_active = active
    user.save(update_fields=["is_active"])
    _record("staff.reactivated" if active else "staff.deactivated", user, by=by, at=at)
    notify_security(user=user, facts=[fact], by=by, at=at)
    return user


def _locked(user: User) -> User:
    """Lock the person and all active security officers, in one order for everybody."""
    officers = active_with_role(Role.SECURITY).values("pk")
    rows = User.objects.filter(Q(pk=user.pk) | Q(pk__in=officers)).order_by("pk")
    found = {row.pk: row for row in rows.select_for_update(no_key=True)}
    return found[user.pk]


def _refuse_if_last_officer(user: User) -> None:
    officers = active_with_role(Role.SECURITY)
    if user.has_role(Role.SECURITY) and not officers.exclude(pk=user.pk).exists():
        raise LastSecurityOfficer("At least one active security officer has to remain.")


def _record(verb: str, user: User, *, by: Actor, at: datetime, **data: list[str]) -> None:
    record(verb, by=by, at=at, object_kind="staff", object_id=str(user.pk), data=data)


def _values(roles: Collection[Role]) -> list[str]:
    return sorted({role.value for role in roles})


def _names(roles: Collection[str]) -> str:
    return ", ".join(str(ROLE_NAMES[Role(role)]) for role in roles) or _("none")
