"""`manage.py demo_signins`: who may sign in, and whom to try a request for."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from demo.guard import require_demo
from demo.loading import STAFF, demo_password
from demo.personas import PERSONAS


class Command(BaseCommand):
    help = "Prints the demonstration's sign-ins and the people to try a request for."

    def handle(self, *args: Any, **options: Any) -> None:
        require_demo()
        self.stdout.write(f"Sign in at {settings.PUBLIC_URL}{reverse('account_login')}")
        self.stdout.write(f"Password of all: {demo_password(settings.VAR_DIR)}\n\n")
        signins = [(one.email, one.role.value, one.name) for one in STAFF]
        for line in _table(("E-mail", "Role", "Name"), signins):
            self.stdout.write(line)
        self.stdout.write("\nPeople to try a request for:\n\n")
        people = [
            (
                one.person.name,
                one.person.language,
                one.entity,
                one.person.email,
                one.person.phone,
                one.customer_number or "-",
                one.why,
            )
            for one in PERSONAS
        ]
        headings = ("Name", "Language", "Entity", "E-mail", "Phone", "Customer", "What to see")
        for line in _table(headings, people):
            self.stdout.write(line)
        self.stdout.write(f"\nWhat they are sent: {settings.PUBLIC_URL}/demo/mailbox/")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in (headings, ["-" * width for width in widths], *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  " + "  ".join(cells).rstrip()
