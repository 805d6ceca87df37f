"""The style page: every component with the kind of words it will carry."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from demo.views import demo_only

_SPRITE = Path(__file__).parent.parent / "static" / "icons" / "sprite.svg"
_COLOURS = (
    *("page", "surface", "sunken", "ink", "muted", "line", "control"),
    *("accent", "accent-strong", "accent-soft", "hero", "info", "success", "warning", "danger"),
)
_RECEIVED = datetime(2026, 11, 3, 9, 12, tzinfo=UTC)


class ExampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Full name", help_text="As you gave it to us.")
    email = forms.EmailField(label="E-mail address")
    country = forms.ChoiceField(
        label="Which country do you live in?",
        choices=[("EE", "Estonia"), ("LV", "Latvia"), ("PL", "Poland")],
        widget=forms.RadioSelect,
        initial="LV",
    )
    period = forms.ChoiceField(
        label="Period", choices=[("all", "Everything"), ("year", "The last year")]
    )
    about = forms.CharField(
        label="In your own words", required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    sure = forms.BooleanField(
        label="I have checked that the data found belongs to this person",
        help_text="Your name and the time are recorded.",
    )


def _timeline() -> list[dict[str, Any]]:
    told = [
        ("We received your request", 0, "done"),
        ("You confirmed your e-mail address", 3, "done"),
        ("We began to search all our systems", 27, "done"),
        ("A person looks at what was found and decides", None, "current"),
        ("Your answer is ready", None, "next"),
    ]
    return [
        {
            "title": title,
            "at": None if hours is None else _RECEIVED + timedelta(hours=hours),
            "detail": "Nothing is decided by a machine." if tone == "current" else "",
            "tone": tone,
        }
        for title, hours, tone in told
    ]


def _dates() -> list[dict[str, Any]]:
    return [
        {
            "label": "Received",
            "value": date(2026, 11, 3),
            "why": "The day your request reached us. It is day zero and is not counted.",
        },
        {
            "label": "We aim to answer by",
            "value": date(2026, 12, 3),
            "why": "Our own promise: within 30 days, and never later than one month.",
        },
        {
            "label": "Last day by law",
            "value": date(2026, 12, 3),
            "why": "One month after the day your request reached us (Article 12(3) GDPR).",
        },
    ]


def _queue() -> list[dict[str, str]]:
    rows = [
        ("late", "2 days late", "2026-11-21", "AP-7K3M-Q9XD", "Access", "In progress", "EE", "–"),
        ("soon", "Due today", "2026-11-23", "AP-2WHT-84RC", "Erasure", "Decided", "PL", "A. Tamm"),
        ("soon", "4 days left", "2026-11-27", "AP-9FZB-M2KE", "Access", "Received", "LV", "–"),
        ("calm", "18 days left", "2026-12-11", "AP-C6VN-7PQA", "Access", "Received", "EE", "–"),
        ("done", "Answered", "2026-11-19", "AP-XD41-0JLS", "Access", "Answered", "PL", "A. Tamm"),
    ]
    names = ("tone", "clock", "safe_on", "reference", "right", "state", "company", "handler")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _icons() -> list[str]:
    return re.findall(r'<symbol id="([^"]+)"', _SPRITE.read_text())


def _context() -> Mapping[str, Any]:
    wrong = {"name": "", "email": "anna.example.com", "period": "all"}
    return {
        "form": ExampleForm(auto_id="good_%s"),
        "wrong": ExampleForm(wrong, auto_id="wrong_%s"),
        "timeline": _timeline(),
        "dates": _dates(),
        "queue": _queue(),
        "page": Paginator(range(430), 50).page(2),
        "tabs": [
            {"label": "Open", "url": "#tabs", "count": 38, "is_current": True},
            {"label": "Mine", "url": "#tabs", "count": 7, "is_current": False},
            {"label": "Past the safe date", "url": "#tabs", "count": 1, "is_current": False},
        ],
        "crumbs": [
            {"label": "Queue", "url": "#crumbs"},
            {"label": "AP-7K3M-Q9XD", "url": "#crumbs"},
            {"label": "Calls"},
        ],
        "colours": _COLOURS,
        "icons": _icons(),
    }


@demo_only
@require_safe
def style(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/style.html", dict(_context()))
