from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ledger.services.restoring import restore_backup
from lib.refusals import Refusal


class Command(BaseCommand):
    help = (
        "Put the product's own database back from a backup that manage.py backup made. Stop web, "
        "worker and beat before. Afterwards run manage.py migrate and manage.py replay_erasures."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument(
            "--replace",
            action="store_true",
            help="replace what the database holds now; nothing of it is kept",
        )

    def handle(self, **options: Any) -> None:
        try:
            restore_backup(options["path"], replace=options["replace"], at=timezone.now())
        except Refusal as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(
            "Restored. Next: manage.py migrate, then manage.py replay_erasures. Until then the "
            "system serves nobody."
        )
