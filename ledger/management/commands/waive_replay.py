from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ledger.services.booking import LedgerRefused
from ledger.services.catching_up import waive_replay


class Command(BaseCommand):
    help = (
        "Open the system although erasures booked since the backup were not done again. What was "
        "erased may be there again: prefer manage.py replay_erasures. The waiver is booked in the "
        "ledger with the name and the reason, and recorded in the audit log."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", required=True, metavar="NAME", help="who answers for it")
        parser.add_argument("--reason", required=True, metavar="TEXT", help="why, in a sentence")

    def handle(self, **options: Any) -> None:
        try:
            line = waive_replay(name=options["by"], reason=options["reason"], at=timezone.now())
        except LedgerRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"Waived; line {line} of the ledger says so. The system serves again.")
