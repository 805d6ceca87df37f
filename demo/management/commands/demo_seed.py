"""`manage.py demo_seed`: fill the demonstration company's databases with invented people."""

import time
from argparse import ArgumentParser
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo.guard import require_demo
from demo.loading import Existing, seed_sources
from demo.rows_customers import SEED, Plan
from demo.seeding import SeedingRefused


class Command(BaseCommand):
    help = "Fills the demonstration company's databases by COPY; equal numbers give equal rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--customers",
            type=int,
            default=settings.DEMO_CUSTOMERS,
            help="how many (default %(default)s)",
        )
        parser.add_argument(
            "--calls",
            type=int,
            default=settings.DEMO_CALLS,
            help="how many (default %(default)s)",
        )
        parser.add_argument(
            "--seed", type=int, default=SEED, help=f"the chance to use (default {SEED})"
        )
        parser.add_argument(
            "--today",
            type=date.fromisoformat,
            default=None,
            help="the day up to which the data reaches, as 2026-11-23 (default today)",
        )
        parser.add_argument(
            "--reset", action="store_true", help="drop the company's own tables and start anew"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        require_demo()
        began = time.monotonic()
        today = options["today"] or datetime.now(UTC).date()
        plan = Plan(options["customers"], options["calls"], options["seed"], today)
        try:
            seeded = seed_sources(
                plan=plan,
                urls=settings.SOURCE_URLS,
                existing=Existing.REPLACE if options["reset"] else Existing.REFUSE,
                tell=self.stdout.write,
            )
        except SeedingRefused as refusal:
            raise CommandError(str(refusal)) from None
        rows = sum(sum(one.rows.values()) for one in seeded)
        self.stdout.write(f"{rows:,} rows in {time.monotonic() - began:.1f} s")
