"""`manage.py datamap load | check | indexes | discover`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.domain.actor import Actor
from datamap.connectors.errors import SourceError
from datamap.connectors.sql_indexes import index_statements
from datamap.domain.by_hand import is_by_hand
from datamap.domain.yaml_source import MapError
from datamap.management import drafting
from datamap.queries import NoMap, current_map
from datamap.services import check_sources, load_map
from lib.refusals import Refusal


class Command(BaseCommand):
    help = "Load the data map, compare it with the live sources, or print the indexes it needs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        load = verbs.add_parser("load", help="validate the files and make them the current map")
        load.add_argument("--dir", type=Path, default=settings.DATAMAP_DIR)
        verbs.add_parser("check", help="compare the current map with the live sources")
        verbs.add_parser("indexes", help="print the indexes that searches need")
        drafting.add_arguments(verbs)

    def handle(self, *args: Any, **options: Any) -> None:
        verb = {
            "load": self._load,
            "check": self._check,
            "indexes": self._indexes,
            "discover": self._discover,
        }
        try:
            verb[options["verb"]](options)
        except (MapError, NoMap, SourceError, Refusal) as error:
            raise CommandError(str(error)) from None

    def _load(self, options: dict[str, Any]) -> None:
        version = load_map(directory=options["dir"], by=Actor.system("datamap"), at=timezone.now())
        self.stdout.write(f"The data map in force is {version.hash}.")

    def _discover(self, options: dict[str, Any]) -> None:
        drafting.draft_live(options, self.stdout, self.stderr)

    def _check(self, _options: dict[str, Any]) -> None:
        datamap = current_map()
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
