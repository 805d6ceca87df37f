"""One run: found a company of each size, measure access and erasure in it, and give the figures."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from benchmarks import access, erasing
from benchmarks.company import MAP, found_company
from benchmarks.measure import interleaved
from datamap.domain.schema import Resource
from datamap.services import load_map
from datamap.services.loading import read_map

if TYPE_CHECKING:
    from erasure.models import Plan
    from requests_portal.models import Case

#: How often the works of each size are repeated.
ROUNDS: Final = {50: 9, 10_000: 5, 100_000: 3, 1_000_000: 3}
MEMORY: Final = ("extract", "collect", "package", "erase", "carry_out")
_STATEMENT: Final = re.compile(r"LOG:  statement: ")


@dataclass
class Figures:
    """What was measured for persons of one size. Times in seconds, memory in MB above idle."""

    rows: int
    times: dict[str, float] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    statements: dict[str, int] = field(default_factory=dict)


def resource() -> Resource:
    """Return the benchmarks' company as the map describes it."""
    return read_map(MAP).resource("company")


def measure(address: str, *, rows: int, rounds: int, log: Path | None = None) -> Figures:
    """Measure everything for persons with `rows` rows; statements and memory only with `log`.

    `address` is the source's; the product's own database is the settings'.
    """
    one, other = _staff()
    load_map(directory=MAP, by=Actor.system("benchmark"), at=datetime.now(UTC))
    figures = Figures(rows)
    further = 2 * len(MEMORY)
    found_company(address, rows=rows, people=3 * rounds + further + 1)
    _measure_access(figures, address, rounds, by=one)
    people = range(2 + further, 2 + further + 3 * rounds)
    _measure_erasure(figures, address, rounds, people, one=one, other=other)
    if log is not None:
        _measure_workers(figures, range(2, 2 + further), log)
    return figures


def _staff() -> tuple[User, User]:
    users = [
        User.objects.get_or_create(
            email=f"{name}@example.org", defaults={"name": name, "roles": [Role.DPO.value]}
        )[0]
        for name in ("first", "second")
    ]
    return users[0], users[1]


def _measure_access(figures: Figures, address: str, rounds: int, *, by: User) -> None:
    company = resource()
    cases: list[Case] = []
    figures.times |= interleaved(
        {
            "copy": lambda person: access.copy_out(address, person),
            "copy_csv": lambda person: access.copy_out(address, person, options="(FORMAT csv)"),
            "copy_ordered": lambda person: access.copy_out(address, person, order="ORDER BY id"),
            "extract": lambda person: access.extract(company, person),
            "collect": lambda _person: access.collect(cases[-1]),
        },
        rounds=rounds,
        rows=figures.rows,
        before={"collect": lambda person: cases.append(access.file_request(person, by=by))},
    )
    figures.times |= interleaved(
        {"package": lambda _person: access.build_package(cases.pop(), by=by)},
        rounds=min(rounds, 2),
        rows=figures.rows,
    )


def _measure_erasure(
    figures: Figures, address: str, rounds: int, people: range, *, one: User, other: User
) -> None:
    company = resource()
    plans: list[Plan] = []
    planning: list[float] = []

    def plan(person: int) -> None:
        begin = time.perf_counter()
        plans.append(erasing.plan(person, by=one))
        planning.append(time.perf_counter() - begin)

    figures.times |= interleaved(
        {
            "plain": lambda person: erasing.plain_statements(address, person),
            "erase": lambda person: erasing.erase(company, person),
            "carry_out": lambda _person: erasing.carry_out(plans[-1], by=other),
        },
        rounds=rounds,
        rows=figures.rows,
        persons=people,
        before={"carry_out": plan},
    )
    figures.times["plan"] = median(planning)


def _measure_workers(figures: Figures, people: range, log: Path) -> None:
    persons = iter(people)
    for work in MEMORY:
        with _statements_in(log) as counted:
            told = _worker(work, next(persons))
        figures.memory[work] = told["peak"] - told["idle"]
        figures.statements[work] = counted()


def _worker(work: str, person: int) -> Mapping[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.worker", work, str(person)],
        check=True,
        env=os.environ | {"PGOPTIONS": "-c log_statement=all"},
        capture_output=True,
        text=True,
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


@contextmanager
def _statements_in(log: Path) -> Iterator[Callable[[], int]]:
    """Count the statements that the server is given meanwhile, by its log."""
    begin = log.stat().st_size
    yield lambda: len(_STATEMENT.findall(log.read_bytes()[begin:].decode(errors="replace")))
