"""`manage.py datamap load | diff | check | indexes | discover | import-fides`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datamap.connectors.errors import SourceError
from datamap.connectors.sql_indexes import index_statements
from datamap.domain.by_hand import is_by_hand
from datamap.domain.yaml_source import MapError
from datamap.management import drafting, loading
from datamap.queries import NoMap, current_map
from datamap.services import check_sources, read_map
from lib.refusals import Refusal


class Command(BaseCommand):
    help = "Load the data map, compare it with the live sources, or print the indexes it needs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        loading.add_arguments(verbs)
        check = verbs.add_parser("check", help="compare a map with the live sources")
        check.add_argument("--dir", type=Path, help="files not loaded yet; default: in force")
        verbs.add_parser("indexes", help="print the indexes that searches need")
        drafting.add_arguments(verbs)

    def handle(self, *args: Any, **options: Any) -> None:
        verb = {
            "load": self._load,
            "diff": self._diff,
            "check": self._check,
            "indexes": self._indexes,
            "discover": self._discover,
            "import-fides": self._import_fides,
        }
        try:
            verb[options["verb"]](options)
        except (MapError, NoMap, SourceError, Refusal) as error:
            raise CommandError(str(error)) from None

    def _load(self, options: dict[str, Any]) -> None:
        loading.load(options, self.stdout)

    def _diff(self, options: dict[str, Any]) -> None:
        loading.diff(options, self.stdout)

    def _discover(self, options: dict[str, Any]) -> None:
        drafting.draft_live(options, self.stdout, self.stderr)

    def _import_fides(self, options: dict[str, Any]) -> None:
        drafting.draft_fides(options, self.stdout, self.stderr)

    def _check(self, options: dict[str, Any]) -> None:
        datamap = read_map(options["dir"]) if options["dir"] else current_map()
        found = [str(one) for one in check_sources(datamap)]
        if found:
            raise CommandError("\n".join(found))
        tables = [table for resource in datamap.resources for table in resource.tables]
        columns = sum(len(table.columns) for table in tables)
        self.stdout.write(
            f"The map and its sources agree: {len(datamap.resources)} resources, "
            f"{len(tables)} tables, {columns} columns."
        )

    def _indexes(self, _options: dict[str, Any]) -> None:
        for resource in current_map().resources:
            for statement in () if is_by_hand(resource) else index_statements(resource):
                self.stdout.write(statement)
