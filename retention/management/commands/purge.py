"""Erase what is due, or say what a run would erase."""

import json
from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.domain.actor import Actor
from datamap.connectors import SourceError
from datamap.queries import NoMap, current_map
from ledger.services.booking import LedgerRefused
from retention.domain.purge_stages import RunState
from retention.models import PurgeRun, PurgeTable
from retention.services.purge_outlook import look, warned
from retention.services.purge_runs import PurgeRefused, purgeable, start_run, waits_for_person
from retention.services.purge_work import purge_next

Line = dict[str, Any]
#: What ended otherwise than with everything erased that was due.
_NOT_ALL = 3


class Command(BaseCommand):
    """Runs without workers; workers that are there help."""

    help = "Erase what is due by the retention rules (GDPR Art. 5(1)(e)), and say what was erased."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Only count what would go; nothing is changed."
        )
        parser.add_argument(
            "--now",
            type=_instant,
            metavar="ISO",
            help="By which instant a record is due, with its UTC offset; now if not given. A time "
            "to come needs --dry-run.",
        )
        parser.add_argument("--resource", default="", metavar="R", help="Only this resource.")
        parser.add_argument("--json", action="store_true", help="Print one JSON document.")

    def handle(self, **options: Any) -> None:
        now: datetime = options["now"] or timezone.now()
        try:
            if options["dry_run"]:
                told: Line = {"dry_run": True, "as_of": now.isoformat()}
                told["tables"] = list(_counted(now, options["resource"]))
            else:
                told = _carried_out(now, options["resource"])
        except NoMap as error:
            raise CommandError(
                "There is no data map yet. Load one: manage.py datamap load"
            ) from error
        except (PurgeRefused, LedgerRefused, SourceError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(told, indent=2) if options["json"] else _as_text(told))
        if told.get("state", RunState.DONE.value) != RunState.DONE:
            raise CommandError("Not all that is due was erased; see above.", returncode=_NOT_ALL)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError("write it as 2026-03-05T02:30:00+02:00") from error
    if instant.tzinfo is None:
        raise ArgumentTypeError("add the UTC offset, as in 2026-03-05T02:30:00+02:00")
    return instant


def _counted(now: datetime, resource_id: str) -> Iterator[Line]:
    data_map = current_map()
    for resource in purgeable(data_map, resource_id):
        for table in resource.tables:
            seen = look(resource, table, data_map=data_map, as_of=now)
            yield {
                "resource": resource.id,
                "table": table.name,
                "category": table.category.value,
                "rows": seen.rows,
                "due": seen.due,
                "held": seen.held,
                "needed": seen.needed,
                "no_anchor": seen.no_anchor,
                "early": seen.early,
                "future": seen.future,
                "oldest": seen.oldest.isoformat() if seen.oldest else None,
                "asks": [alarm.value for alarm in warned(resource.id, table.name, seen)],
            }


def _carried_out(now: datetime, resource_id: str) -> Line:
    run = start_run(
        by=Actor.system("command"), at=timezone.now(), as_of=now, resource_id=resource_id
    )
    while purge_next(clock=timezone.now):
        pass
    run.refresh_from_db()
    waits = run.finished_at is None and waits_for_person(run)
    return {
        "dry_run": False,
        "run": str(run.pk),
        "as_of": run.as_of.isoformat(),
        "state": "waits_for_person" if waits else run.state,
        "tables": [_done(one) for one in PurgeRun.objects.get(pk=run.pk).tables.all()],
    }


def _done(one: PurgeTable) -> Line:
    return {
        "resource": one.resource_id,
        "table": one.table_name,
        "category": one.category,
        "rows": one.rows,
        "due": one.due,
        "held": one.held,
        "needed": one.needed,
        "no_anchor": one.no_anchor,
        "early": one.early,
        "future": one.future,
        "oldest": one.oldest_on.isoformat() if one.oldest_on else None,
        "asks": list(one.alarms) if one.asks else [],
        "erased": one.erased,
        "left": one.left,
        "error": one.error_code,
    }


def _as_text(told: Line) -> str:
    lines = [f"Due by {told['as_of']}" + (", nothing was changed" if told["dry_run"] else "")]
    for one in told["tables"]:
        name = f"{one['resource']}.{one['table']}"
        parts = [f"{one['due']} of {one['rows']} rows due"]
        if "erased" in one:
            parts.append(f"{one['erased']} erased")
        parts += [f"{one[key]} {words}" for key, words in _WORDS.items() if one.get(key)]
        if one["asks"]:
            parts.append("waits for a person: " + ", ".join(one["asks"]))
        if one.get("error"):
            parts.append("failed: " + one["error"])
        lines.append(f"{name}: " + "; ".join(parts))
    return "\n".join(lines)


_WORDS = {
    "held": "held by a restriction",
    "needed": "kept because other rows belong to them",
    "no_anchor": "without a date",
    "early": "dated before 1990",
    "future": "dated in the future",
    "left": "still due afterwards",
}
