from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from datamap.queries import NoMap
from erasure.services.replay import Problem, Report, replay_erasures
from ledger.services.booking import LedgerRefused


class Command(BaseCommand):
    help = (
        "After a restore: erase and purge again what the erasure ledger says was erased since the "
        "backup. The system serves again when nothing is left. Run it as often as needed. Exit 1 "
        "where something is left."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--without",
            action="append",
            default=[],
            metavar="RESOURCE[.TABLE]",
            help="a source, or a table of it, that was not restored; may be given several times",
        )
        parser.add_argument(
            "--since",
            type=_instant,
            metavar="ISO",
            help="also what was booked from this instant on: when the oldest backup of a source "
            "was made that was restored, with its UTC offset",
        )

        parser.add_argument(
            "--dry-run", action="store_true", help="only count what would go; nothing is changed"
        )

    def handle(self, **options: Any) -> None:
        try:
            report = replay_erasures(
                without=options["without"],
                since=options["since"],
                dry_run=options["dry_run"],
                clock=timezone.now,
            )
        except NoMap as error:
            raise CommandError("There is no data map in this database: was it restored?") from error
        except LedgerRefused as refused:
            raise CommandError(str(refused)) from refused
        for line in _told(report):
            self.stdout.write(line)
        if not report.is_complete and not report.is_dry:
            raise CommandError(
                "Not everything was erased again; the system stays closed. See above, mend it, and "
                "run this again.",
                returncode=1,
            )


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError("write it as 2026-03-05T02:30:00+02:00") from error
    if instant.tzinfo is None:
        raise ArgumentTypeError("add the UTC offset, as in 2026-03-05T02:30:00+02:00")
    return instant


def _told(report: Report) -> Iterator[str]:
    if not report.lines:
        yield "The ledger has nothing to do again."
        return
    yield f"Lines of the ledger: {report.lines}"
    yield f"Erasures: {report.people}, of which {report.people_found} found somebody"
    for words, rows in (
        ("erased again", report.erased),
        ("held back by a restriction, they stay", report.held),
        ("would go" if report.is_dry else "still there", report.left),
    ):
        for table, number in sorted(rows.items()):
            yield f"{table}: {number} rows {words}"
    for problem in report.problems:
        yield _advice(problem)
    if report.is_complete and not report.is_dry:
        yield "Everything was erased again. The system serves again."


def _advice(problem: Problem) -> str:
    place = f"{problem.resource}.{problem.table}" if problem.table else problem.resource
    return f"{place}: " + _ADVICE.get(problem.code, f"failed ({problem.code}); is it reachable?")


_ADVICE = {
    "not_in_map": "is in the ledger, but not in the data map. If it was not restored, add "
    "--without; otherwise load the map that has it.",
    "by_hand": "is kept by hand, so nobody can be found in it by a hash. If it was not restored, "
    "add --without.",
}
