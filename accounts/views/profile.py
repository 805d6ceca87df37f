"""What staff see and change of themselves."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain.roles import Role
from accounts.forms import ProfileForm
from accounts.http import StaffRequest
from accounts.queries import has_second_factor, latest_attempts_of
from accounts.services.links import first_page
from accounts.services.staff import NothingToChange, update_profile
from accounts.views.access import require_role
from accounts.views.people import attempt_rows, role_names
from audit.domain.actor import Actor


@require_role(*Role)
@require_safe
def home(request: StaffRequest) -> HttpResponse:
    """Lead to the first page that the person's roles open."""
    return redirect(first_page(request.user))


@require_role(*Role)
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: StaffRequest) -> HttpResponse:
    user = request.user
    form = ProfileForm(request.POST or None, initial={"name": user.name, "language": user.language})
    if form.is_valid():
        return _save(request, form)
    context = {
        "form": form,
        "roles": role_names(user.roles),
        "second_factor": has_second_factor(user),
        "attempts": attempt_rows(latest_attempts_of(user)),
    }
    return render(request, "accounts/profile.html", context)


def _save(request: StaffRequest, form: ProfileForm) -> HttpResponse:
    try:
        user = update_profile(
            user=request.user,
            name=form.cleaned_data["name"],
            language=form.cleaned_data["language"],
            by=Actor.staff(request.user.pk),
            at=timezone.now(),
        )
    except NothingToChange:
        messages.info(request, _("There was nothing to change."))
    else:
        with translation.override(user.language):
            messages.success(request, _("Your profile is saved."))
    return redirect("accounts:profile")
