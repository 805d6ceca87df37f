"""Changes to one colleague. Each is confirmed on a page of its own and made by one service call."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain.roles import Role
from accounts.forms import RolesForm
from accounts.http import StaffRequest
from accounts.models import User
from accounts.services import change_roles, deactivate, reactivate
from accounts.services.credentials import OwnSecondFactor, reset_second_factor
from accounts.services.staff import (
    AlreadyJoined,
    LastSecurityOfficer,
    NothingToChange,
    OwnRoles,
    invite_again,
)
from accounts.views.access import require_role
from accounts.views.people import role_names
from audit.domain.actor import Actor

_OWN = (OwnRoles, OwnSecondFactor)


def _attempt(
    request: StaffRequest, person: User, step: Callable[[], object], done: str
) -> HttpResponse:
    """Take one step, say what came of it, and go back to the person."""
    try:
        step()
    except _OWN:
        messages.error(request, _("Another security officer has to do this for you."))
    except LastSecurityOfficer:
        messages.error(
            request,
            _("%(name)s is the last active security officer. Give somebody else the role first.")
            % {"name": person.name},
        )
    except (NothingToChange, AlreadyJoined):
        messages.info(request, _("There was nothing to change. This is how it stands now."))
    else:
        messages.success(request, done)
    return redirect("accounts:staff-detail", person.pk)


@require_role(Role.SECURITY)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_roles(request: StaffRequest, pk: int) -> HttpResponse:
    """Choose roles, see what that changes, confirm."""
    person = get_object_or_404(User, pk=pk)
    form = RolesForm(request.POST or None, initial={"roles": person.roles})
    context = {"person": person, "form": form, "is_self": person.pk == request.user.pk}
    if not form.is_valid():
        return render(request, "accounts/staff_roles.html", context)
    chosen = form.chosen_roles()
    if "confirmed" not in request.POST:
        new = {role.value for role in chosen}
        context["given"] = role_names(sorted(new - set(person.roles)))
        context["taken"] = role_names(sorted(set(person.roles) - new))
        return render(request, "accounts/staff_roles_confirm.html", context)
    return _attempt(
        request,
        person,
        lambda: change_roles(
            user=person, roles=chosen, by=Actor.staff(request.user.pk), at=timezone.now()
        ),
        _("The roles of %(name)s are changed.") % {"name": person.name},
    )


@require_role(Role.SECURITY)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_deactivate(request: StaffRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    if request.method != "POST":
        context = {"person": person, "is_self": person.pk == request.user.pk}
        return render(request, "accounts/staff_deactivate.html", context)
    return _attempt(
        request,
        person,
        lambda: deactivate(user=person, by=Actor.staff(request.user.pk), at=timezone.now()),
        _("The account of %(name)s is closed.") % {"name": person.name},
    )


@require_role(Role.SECURITY)
@require_POST
def staff_reactivate(request: StaffRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    return _attempt(
        request,
        person,
        lambda: reactivate(user=person, by=Actor.staff(request.user.pk), at=timezone.now()),
        _("The account of %(name)s is open again.") % {"name": person.name},
    )


@require_role(Role.SECURITY)
@require_POST
def staff_invite_again(request: StaffRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    return _attempt(
        request,
        person,
        lambda: invite_again(user=person, by=Actor.staff(request.user.pk), at=timezone.now()),
        _("A new link is on its way to %(name)s.") % {"name": person.name},
    )


@require_role(Role.SECURITY)
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor_reset(request: StaffRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    if request.method != "POST":
        return render(request, "accounts/second_factor_reset.html", {"person": person})
    return _attempt(
        request,
        person,
        lambda: reset_second_factor(
            user=person, by=Actor.staff(request.user.pk), at=timezone.now()
        ),
        _("%(name)s signs in without a code until a new app is set up.") % {"name": person.name},
    )
