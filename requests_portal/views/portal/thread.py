"""The correspondence as the person sees it, on the status page and on a page of its own."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from lib.throttle import may_pass
from requests_portal.forms.thread import PostForm
from requests_portal.models import Case
from requests_portal.services.thread import (
    attachment_of,
    folded,
    note_read_by_person,
    post_by_person,
    posts_of,
)
from requests_portal.views.handing_out import handed_out
from requests_portal.views.portal import session

_POSTS_AN_HOUR = 20


def thread_context(request: HttpRequest, case: Case, *, at: datetime) -> dict[str, Any]:
    """Return the thread with its form; what is shown to a person who looks counts as read."""
    posts = posts_of(case)
    unread = [one for one in posts if one.author is not None and one.read_at is None]
    if unread and request.method == "GET":
        note_read_by_person(case=case, at=at)
    earlier, latest = folded(posts, keep=len(unread))
    return {
        "case": case,
        "earlier_posts": earlier,
        "latest_posts": latest,
        "unread_posts": len(unread),
        "post_form": PostForm(auto_id="id_post_%s"),
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def post_list(request: HttpRequest) -> HttpResponse:
    """Show the messages alone, and take a new one."""
    case = session.visited_case(request)
    if case is None:
        return redirect("portal:link-request")
    at = timezone.now()
    if request.method != "POST":
        return _page(request, case, at=at)
    form = PostForm(request.POST, request.FILES, auto_id="id_post_%s")
    if not form.is_valid():
        return _page(request, case, at=at, form=form)
    if not may_pass(what="post", who=str(case.id), limit=_POSTS_AN_HOUR, window=timedelta(hours=1)):
        form.add_error(None, _("You have sent many messages. Please send the next in an hour."))
        return _page(request, case, at=at, form=form, status=429)
    post_by_person(
        case=case, words=form.cleaned_data["words"], files=form.cleaned_data["attachments"], at=at
    )
    messages.success(request, _("Your message is sent. We write to you when we have answered."))
    return redirect(f"{reverse('portal:request-status')}#thread")


@never_cache
@require_GET
def attachment_download(
    request: HttpRequest, attachment_id: int
) -> HttpResponse | StreamingHttpResponse:
    """Hand out a file of the person's own thread."""
    case = session.visited_case(request)
    if case is None:
        return redirect("portal:link-request")
    attachment = attachment_of(case, attachment_id)
    if attachment is None:
        raise Http404
    return handed_out(attachment)


def _page(
    request: HttpRequest,
    case: Case,
    *,
    at: datetime,
    form: PostForm | None = None,
    status: int = 422,
) -> HttpResponse:
    context = thread_context(request, case, at=at)
    if form is not None:
        context["post_form"] = form
    with timezone.override(case.entity.tz):
        return render(
            request,
            "requests_portal/portal/post_list.html",
            context,
            status=status if form is not None else 200,
        )
