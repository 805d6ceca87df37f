from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.domain.chain import Head
from audit.queries import check_chain


class Command(BaseCommand):
    help = (
        "Recompute the sealed chain of the audit log. Exit 0 if it is whole, 1 at the first break. "
        "Note the printed head elsewhere and pass it next time as --known."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--known", metavar="SEQ:HASH", help="a head printed earlier, which must still be there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = check_chain(known=_parse_head(options["known"]) if options["known"] else None)
        if report.fault:
            raise CommandError(f"{report.fault} Links up to {report.head.seq} hold.", returncode=1)
        self.stdout.write(f"Links: {report.head.seq}")
        self.stdout.write(f"Head: {report.head.seq}:{report.head.hash.hex()}")


def _parse_head(text: str) -> Head:
    seq, _, digest = text.partition(":")
    try:
        return Head(seq=int(seq), hash=bytes.fromhex(digest))
    except ValueError as error:
        raise CommandError(
            "--known has the form SEQ:HASH, as this command prints it.", returncode=2
        ) from error
