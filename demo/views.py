"""The demonstration's mailbox: what a real person would have received by mail."""

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from demo.mailbox import BadMail, Mail, NoSuchMail, list_mail, read_mail

_HEAD = re.compile(r"<head(\s[^>]*)?>", re.IGNORECASE)
# The message can do nothing but be looked at; its links open outside of its frame.
_FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)

View = Callable[..., HttpResponseBase]


def demo_only(view: View) -> View:
    """Answer 404 outside the demonstration, should the address ever be reachable there."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponseBase:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def mailbox_dir() -> Path:
    return Path(settings.VAR_DIR) / "mailbox"


@demo_only
@require_safe
@never_cache
def mailbox(request: HttpRequest) -> HttpResponse:
    """List the messages, newest first; `?to=` keeps those to an address."""
    recipient = request.GET.get("to", "").strip()[:254]
    listing = list_mail(mailbox_dir(), recipient=recipient)
    return render(request, "demo/mailbox.html", {"listing": listing, "recipient": recipient})


@demo_only
@require_safe
@never_cache
def message(request: HttpRequest, name: str) -> HttpResponse:
    """Show one message: text, HTML in a frame, headers on demand."""
    return render(request, "demo/message.html", {"mail": _mail_or_404(name)})


@demo_only
@require_safe
@never_cache
@xframe_options_sameorigin
def message_html(request: HttpRequest, name: str) -> HttpResponse:  # noqa: ARG001 (a view's signature)
    """The message's HTML part alone, for the frame; its links open in a new tab."""
    html = _HEAD.sub(lambda head: f'{head[0]}<base target="_blank">', _mail_or_404(name).html, 1)
    return HttpResponse(html, headers={"Content-Security-Policy": _FRAME_POLICY})


def _mail_or_404(name: str) -> Mail:
    try:
        return read_mail(mailbox_dir(), name)
    except (NoSuchMail, BadMail):
        raise Http404 from None
