"""Public holidays: what the dates are counted with, and the one-off days on top."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain.roles import Role
from accounts.http import StaffRequest
from accounts.views.access import require_role
from lib.entities import ENTITIES
from requests_portal.domain.days_off import DayIsFree, DayTooFar
from requests_portal.forms.days_off import DayOffForm, TakeOutForm
from requests_portal.models import DayOff
from requests_portal.services.calendars import holidays_ahead
from requests_portal.services.days_off import (
    AlreadyRemoved,
    add_day_off,
    days_off_to_count,
    remove_day_off,
)
from requests_portal.views.desk.fetch import READERS


@require_role(*READERS)
@require_safe
def day_off_list(request: StaffRequest) -> HttpResponse:
    days = DayOff.objects.select_related("added_by", "removed_by").order_by("-on", "-pk")
    now = timezone.now()
    context = {
        "in_force": days.filter(removed_at__isnull=True),
        "removed": days.filter(removed_at__isnull=False),
        "counting": days_off_to_count().filter(counted_at__isnull=True).exists(),
        "companies": [
            (one, holidays_ahead(code, today=now.astimezone(one.tz).date()))
            for code, one in ENTITIES.items()
        ],
        "may_change": request.user.has_role(Role.DPO),
    }
    return render(request, "requests_portal/desk/day_off_list.html", context)


@require_role(Role.DPO)
@require_http_methods(["GET", "HEAD", "POST"])
def day_off_add(request: StaffRequest) -> HttpResponse:
    form = DayOffForm(request.POST or None)
    if form.is_valid():
        try:
            day_off = add_day_off(**form.cleaned_data, by=request.user, at=timezone.now())
        except DayTooFar:
            form.add_error("on", _("Check the year: the day is too far from today."))
        except DayIsFree as refused:
            form.add_error("on", _already_free(refused))
        else:
            added = _("%(day)s is a day off now. The dates of open requests are counted anew.")
            messages.success(request, added % {"day": date_format(day_off.on)})
            return redirect("calendar:day-off-list")
    status = 422 if form.is_bound else 200
    return render(request, "requests_portal/desk/day_off_add.html", {"form": form}, status=status)


def _already_free(refused: DayIsFree) -> str:
    if refused.holiday is None:
        return _("That is a Saturday or Sunday: no date is moved by it.")
    return _("That is a public holiday already: %(name)s.") % {"name": refused.holiday}


@require_role(Role.DPO)
@require_http_methods(["GET", "HEAD", "POST"])
def day_off_remove(request: StaffRequest, pk: int) -> HttpResponse:
    day_off = get_object_or_404(DayOff, pk=pk, removed_at__isnull=True)
    form = TakeOutForm(request.POST or None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        context = {"form": form, "day_off": day_off}
        return render(request, "requests_portal/desk/day_off_remove.html", context, status=status)
    reason = form.cleaned_data["reason"]
    try:
        remove_day_off(day_off=day_off, reason=reason, by=request.user, at=timezone.now())
    except AlreadyRemoved:
        messages.error(request, _("Somebody else has already taken the day out."))
    else:
        done = _("The day is a working day again. The dates of open requests are counted anew.")
        messages.success(request, done)
    return redirect("calendar:day-off-list")
