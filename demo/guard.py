"""The demonstration's commands and pages exist in the demonstration alone."""

from django.conf import settings
from django.core.management.base import CommandError


def require_demo() -> None:
    """Raise CommandError outside the demonstration, where they could touch real data."""
    if not settings.DEMO:
        raise CommandError("This command works in the demonstration only (DEMO=on).")
