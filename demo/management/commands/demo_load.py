"""`manage.py demo_load`: make the demonstration ready; doing it again changes nothing."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit.domain.actor import Actor
from datamap.domain.yaml_source import MapError
from datamap.services import load_map
from demo.guard import require_demo
from demo.loading import Existing, create_staff, demo_password, seed_sources
from demo.rows_customers import SEED, Plan
from demo.seeding import SeedingRefused


class Command(BaseCommand):
    help = "Fills empty demonstration databases, loads the data map, creates the demo staff."

    def handle(self, *args: Any, **options: Any) -> None:
        require_demo()
        at, by = datetime.now(UTC), Actor.system("demo_load")
        plan = Plan(settings.DEMO_CUSTOMERS, settings.DEMO_CALLS, SEED, at.date())
        try:
            seeded = seed_sources(
                plan=plan, urls=settings.SOURCE_URLS, existing=Existing.KEEP, tell=_say_nothing
            )
            load_map(directory=settings.DATAMAP_DIR, by=by, at=at)
        except (SeedingRefused, MapError) as refusal:
            raise CommandError(str(refusal)) from None
        created = create_staff(password=demo_password(settings.VAR_DIR), by=by, at=at)
        for one in seeded:
            count = sum(one.rows.values())
            self.stdout.write(f"Filled the {one.source.title}: {count:,} rows.")
        if created:
            self.stdout.write(f"Created {len(created)} demo accounts.")
        self.stdout.write("The demonstration is ready.")


def _say_nothing(sentence: str) -> None:
    """At the start of the product the tables one by one would be noise."""
