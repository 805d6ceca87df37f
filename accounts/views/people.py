"""Who works here: the list, one colleague, and the invitation of a new one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain.roles import STAFF_READERS, Role
from accounts.domain.sign_in import Outcome
from accounts.forms import InvitationForm
from accounts.http import StaffRequest
from accounts.models import SignInAttempt, User
from accounts.queries import all_staff, has_second_factor, latest_attempts_of
from accounts.services import create_staff
from accounts.services.staff import AddressTaken
from accounts.texts import OUTCOME_TONES, OUTCOMES, ROLE_DUTIES, ROLE_NAMES
from accounts.views.access import require_role
from audit.domain.actor import Actor


def role_names(values: list[str]) -> list[str]:
    """Return the names of roles in their fixed order."""
    return [str(ROLE_NAMES[role]) for role in Role if role.value in values]


def attempt_rows(attempts: list[SignInAttempt]) -> list[tuple[SignInAttempt, object, str]]:
    """Return each attempt with the words and the tone of its outcome."""
    return [
        (attempt, OUTCOMES[Outcome(attempt.outcome)], OUTCOME_TONES[Outcome(attempt.outcome)])
        for attempt in attempts
    ]


@require_role(*STAFF_READERS)
@require_safe
def staff_list(request: StaffRequest) -> HttpResponse:
    context = {
        "rows": [(user, role_names(user.roles)) for user in all_staff()],
        "may_change": request.user.has_role(Role.SECURITY),
    }
    return render(request, "accounts/staff_list.html", context)


@require_role(*STAFF_READERS)
@require_safe
def staff_detail(request: StaffRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    duties = [(ROLE_NAMES[r], ROLE_DUTIES[r]) for r in Role if r.value in person.roles]
    context = {
        "person": person,
        "roles": duties,
        "second_factor": has_second_factor(person),
        "attempts": attempt_rows(latest_attempts_of(person)),
        "is_self": person.pk == request.user.pk,
        "may_change": request.user.has_role(Role.SECURITY),
    }
    return render(request, "accounts/staff_detail.html", context)


@require_role(Role.SECURITY)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_invite(request: StaffRequest) -> HttpResponse:
    form = InvitationForm(request.POST or None, initial={"language": request.user.language})
    if form.is_valid():
        try:
            user = create_staff(
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                roles=form.chosen_roles(),
                language=form.cleaned_data["language"],
                by=Actor.staff(request.user.pk),
                at=timezone.now(),
            )
        except AddressTaken:
            form.add_error("email", _("Somebody with this address is among the staff already."))
        else:
            messages.success(request, _("%(name)s is invited.") % {"name": user.name})
            return redirect("accounts:staff-detail", user.pk)
    return render(request, "accounts/staff_invite.html", {"form": form})
