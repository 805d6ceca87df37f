from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.domain.actor import Actor
from ledger.services.backups import make_backup
from lib.refusals import Refusal


class Command(BaseCommand):
    help = (
        "Back up the product's own database: pg_dump, sealed with FIELD_ENCRYPTION_KEYS. The keys "
        "and the erasure ledger are not in it: keep them elsewhere."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to",
            type=Path,
            metavar="PATH",
            help="a file or a folder; BACKUP_DIR if not given, where only the newest are kept",
        )

    def handle(self, **options: Any) -> None:
        try:
            made = make_backup(to=options["to"], by=Actor.system("command"), at=timezone.now())
        except Refusal as refused:
            raise CommandError(str(refused)) from refused
        except OSError as error:
            raise CommandError(f"The backup cannot be written: {error.strerror}.") from error
        self.stdout.write(str(made))
