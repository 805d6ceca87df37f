"""Workers killed at random points (SIGKILL) of a large erasure and of a large extraction.

Each piece of work must end complete, exactly once: nothing left, nothing doubled, nothing of
anybody else touched.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.models import Event
from datamap.domain.erasing import Tally
from datamap.domain.keys import SubjectKeys
from datamap.services import load_map
from erasure.domain.states import PlanState
from erasure.models import Plan
from erasure.services.approval import approve_plan
from erasure.services.leases import LEASE
from erasure.services.planning import prepare_plan
from erasure.services.work import retry, work_next
from lib.blobs import Blob
from lib.units import LeasedUnit, Status
from requests_portal.domain.intake import Intake
from requests_portal.domain.rights import Channel, Right
from requests_portal.models import Case, CollectedTable, CollectionUnit
from requests_portal.queries import collected_rows
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import retry_unit, start_collection
from tests.killing.company import KEPT, ROWS, Company, write_map

KILLS = 20
_BYSTANDERS = range(900, 903)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(
    make_database: Callable[[], str], settings: Settings, tmp_path: Path
) -> Iterator[Company]:
    """The source, with people whose rows nobody may touch."""
    company = Company(make_database())
    settings.SOURCE_URLS = {"SOURCE_BIG_URL": company.url}
    load_map(directory=write_map(tmp_path), by=Actor.system("test"), at=timezone.now())
    for number in _BYSTANDERS:
        company.add_person(number, share=100)
    yield company
    company.close()


class Workers:
    """Starts workers one after the other, each with its clock past the former's lease."""

    def __init__(self, kind: str, company: Company) -> None:
        self.kind = kind
        self.kills = 0
        self.ahead = timedelta()
        self._random = random.Random(20260101)  # noqa: S311 (when to kill)
        host = connection.settings_dict
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": (
                f"postgres://{host['USER']}:{host['PASSWORD']}@{host['HOST']}:{host['PORT']}"
                f"/{host['NAME']}"
            ),
            "SOURCE_BIG_URL": company.url,
            "ERASURE_LEDGER": settings.ERASURE_LEDGER,
            "ERASURE_TRANSACTION_ROWS": "5000",
            "ERASURE_STEP_ROWS": "1000",
        }

    def run(self, *, at_most: float) -> bool:
        """Run one worker and kill it within that many seconds; True when it ended before."""
        command = [sys.executable, "-m", "tests.killing.worker", self.kind]
        with subprocess.Popen(
            [*command, str(self.ahead.total_seconds())],
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as worker:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "working\n"
            time.sleep(self._random.uniform(0, at_most))
            ended = worker.poll() is not None
            worker.kill()
        self.ahead += LEASE + timedelta(seconds=5)
        if not ended:
            self.kills += 1
        return ended


def is_over(unit: LeasedUnit, again: Callable[[], None]) -> bool:
    """Tell whether a unit is done; one that was given up after many deaths is ordered again."""
    unit.refresh_from_db()
    if unit.status == Status.FAILED:
        assert unit.error_code == "interrupted"
        again()
    return unit.status == Status.DONE


def approved_plan(email: str, number: int) -> Plan:
    first, second = (
        User.objects.get_or_create(email=f"{name}@example.org", defaults={"roles": [Role.DPO]})[0]
        for name in ("first", "second")
    )
    keys = SubjectKeys(emails=(email,))
    plan = prepare_plan(
        reference=f"test:{number}",
        keys=keys,
        given=keys,
        claims={},
        tell_when_gone=False,
        by=first,
        at=timezone.now(),
    )
    assert work_next(clock=timezone.now)
    plan.refresh_from_db()
    return approve_plan(plan=plan, seen_hash=plan.hash, by=second, at=timezone.now())


def test_erasure_of_100_000_rows_killed_twenty_times_ends_complete_and_once(
    company: Company,
) -> None:
    untouched = company.state(_BYSTANDERS)
    workers = Workers("erasure", company)
    number = 0
    while workers.kills < KILLS:
        number += 1
        plan = approved_plan(company.add_person(number), number)
        kept = company.state(range(number, number + 1))["calls"]
        unit = plan.units.get(phase="execute")
        again = _retry_plan(plan, workers)
        while not is_over(unit, again):
            workers.run(at_most=1.2)
        _assert_erased_once(plan, company, number, kept)
    assert company.state(_BYSTANDERS) == untouched


def _retry_plan(plan: Plan, workers: Workers) -> Callable[[], None]:
    return lambda: retry(plan=plan, by=Actor.system("test"), at=timezone.now() + workers.ahead)


def _assert_erased_once(plan: Plan, company: Company, number: int, kept: tuple[int, str]) -> None:
    plan.refresh_from_db()
    assert plan.state == PlanState.DONE
    now = company.state(range(number, number + 1))
    gone = {name: now[name][0] for name in ("people", "orders", "parts")}
    assert gone == {"people": 0, "orders": 0, "parts": 0}
    assert company.anonymised_notes(number)[0] == now["notes"][0] == ROWS["notes"]
    assert now["calls"] == kept
    assert kept[0] == KEPT
    executed = {one.table_name: Tally.parse(one.executed).rows for one in plan.tables.all()}
    assert executed == {**ROWS, "calls": 0}
    done = Event.objects.filter(verb="erasure.plan_done", object_id=str(number))
    assert done.count() == 1


def test_extraction_of_100_000_rows_killed_twenty_times_ends_complete_and_once(
    company: Company,
) -> None:
    workers = Workers("collection", company)
    number = 0
    while workers.kills < KILLS:
        number += 1
        case = _case_of(company.add_person(number))
        start_collection(case=case, by=Actor.system("test"), at=timezone.now())
        unit = CollectionUnit.objects.get(case=case)
        again = _retry_search(unit, workers)
        while not is_over(unit, again):
            workers.run(at_most=0.7)
        _assert_collected_once(case)


def _retry_search(unit: CollectionUnit, workers: Workers) -> Callable[[], None]:
    return lambda: retry_unit(unit=unit, by=Actor.system("test"), at=timezone.now() + workers.ahead)


def _case_of(email: str) -> Case:
    return receive_case(
        intake=Intake(
            right=Right.ACCESS,
            channel=Channel.PORTAL,
            language="en",
            entity_code="EE",
            received_at=timezone.now(),
            name="Person",
            email=email,
        ),
        by=Actor.person(),
        at=timezone.now(),
    )


def _assert_collected_once(case: Case) -> None:
    tables = CollectedTable.objects.filter(unit__case=case).select_related("blob")
    found = {}
    for table in tables:
        keys = [row.values["id"] for row in collected_rows(table)]
        assert len(keys) == len(set(keys)) == table.row_count
        found[table.table_name] = len(keys)
    assert found == {**ROWS, "calls": KEPT}
    assert Blob.objects.filter(collectedtable__isnull=True, kind="collection").count() == 0
    done = Event.objects.filter(verb="collection.done", object_id=str(case.id))
    assert done.count() == 1
