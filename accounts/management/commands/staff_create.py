"""Invite a colleague from the command line: the way in for the first security officer."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.domain.roles import Role
from accounts.services import create_staff
from accounts.services.staff import AddressTaken
from audit.domain.actor import Actor
from lib.identifiers import InvalidEmail, normalise_email


class Command(BaseCommand):
    help = "Create a member of staff and mail them a link to choose a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument(
            "--role",
            action="append",
            required=True,
            choices=[role.value for role in Role],
            help="may be given several times",
        )
        parser.add_argument(
            "--language", default="en", choices=[code for code, _name in settings.LANGUAGES]
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            create_staff(
                email=normalise_email(options["email"]),
                name=options["name"],
                roles=[Role(role) for role in options["role"]],
                language=options["language"],
                by=Actor.system("command"),
                at=timezone.now(),
            )
        except (InvalidEmail, AddressTaken) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Created. The link to choose a password is on its way by mail.")
