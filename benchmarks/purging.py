"""Purges of an archive by worker processes, beside the bare statements that do the same."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any, Final

from audit.domain.actor import Actor
from benchmarks import archive
from benchmarks.archive import cursor_of
from benchmarks.measure import WrongCount
from retention.domain.purge_stages import RunState, Stage
from retention.models import PurgeRun
from retention.services.purge_runs import start_run

_BEFORE: Final = "2019-01-01 00:00+02"  # what is due at AS_OF was anchored before
AS_OF: Final = datetime(2026, 6, 1, tzinfo=UTC)
_LONGEST: Final = 3600  # seconds
_PAUSE: Final = 0.005  # between two rows of the writer


@dataclass
class Taken:
    """What a purge took: seconds of the whole run and of its erasing alone, bytes of WAL."""

    whole: float
    erasing: float
    wal: int
    planning: float = 0


def bare_delete(address: str, *, rows: int) -> Taken:
    """Delete the due half of `calls` by one statement."""
    with cursor_of(address) as cursor, _wal(cursor) as written:
        begin = time.perf_counter()
        cursor.execute("DELETE FROM calls WHERE at < %s", [_BEFORE])
        taken = time.perf_counter() - begin
        if cursor.rowcount != rows // 2:
            raise WrongCount(f"{cursor.rowcount} rows instead of {rows // 2}")
        return Taken(taken, taken, written())


def bare_deletes(address: str, *, rows: int, kind: str) -> Taken:
    """Delete the due half of `calls` by two statements side by side, each half of it."""
    with cursor_of(address) as cursor, _wal(cursor) as written:
        cursor.execute("SELECT pg_relation_size('calls') / current_setting('block_size')::int")
        (blocks,) = cursor.fetchone()
        middle = blocks // (4 if kind == "clustered" else 2)
        begin = time.perf_counter()
        with ThreadPoolExecutor() as pool:
            halves = [(0, middle), (middle, blocks)]
            gone = sum(pool.map(lambda half: _delete_blocks(address, *half), halves))
        taken = time.perf_counter() - begin
        if gone != rows // 2:
            raise WrongCount(f"{gone} rows instead of {rows // 2}")
        return Taken(taken, taken, written())


def _delete_blocks(address: str, first: int, end: int) -> int:
    with cursor_of(address) as cursor:
        bounds = [_BEFORE, f"({first},0)", f"({end},0)"]
        cursor.execute(
            "DELETE FROM calls WHERE at < %s AND ctid >= %s::tid AND ctid < %s::tid", bounds
        )
        return int(cursor.rowcount)


def bare_drop(address: str) -> float:
    """Detach and drop the partitions of `routes` that are due; return seconds."""
    with cursor_of(address) as cursor:
        begin = time.perf_counter()
        for name in archive.partitions_due():
            cursor.execute(f"DROP TABLE {name}")
        return time.perf_counter() - begin


def purge(resource: str, address: str, *, rows: int, workers: int = 1) -> Taken:
    """Purge a resource by so many worker processes; `rows` is how many have to go."""
    with cursor_of(address) as cursor, _workers(workers), _wal(cursor) as written:
        begin = time.perf_counter()
        run = start_run(
            by=Actor.system("benchmark"), at=datetime.now(UTC), as_of=AS_OF, resource_id=resource
        )
        planned = _until(run, lambda: run.stage != Stage.PLAN) - begin
        erased = _until(run, lambda: run.stage not in {Stage.PLAN, Stage.PURGE}) - begin
        ended = _until(run, lambda: run.finished_at is not None) - begin
        wal = written()
    gone = sum(one.erased for one in run.tables.all())
    if RunState(run.state) is not RunState.DONE or gone != rows:
        raise WrongCount(f"{run.state}: {gone} rows instead of {rows}")
    return Taken(ended, erased - planned, wal, planned)


def _until(run: PurgeRun, reached: Callable[[], bool]) -> float:
    """Return when the run is there."""
    limit = time.monotonic() + _LONGEST
    while not reached():
        if time.monotonic() > limit:
            raise TimeoutError(f"the run is still {run.state} at {run.stage}")
        time.sleep(0.01)
        run.refresh_from_db()
    return time.perf_counter()


@contextmanager
def _workers(number: int) -> Iterator[None]:
    """Start worker processes that are ready; end them afterwards."""
    command = [sys.executable, "-m", "benchmarks.purge_worker"]
    started = [
        subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE) for _ in range(number)
    ]
    try:
        for one in started:
            if one.stdout is None or not one.stdout.readline():
                raise RuntimeError("a worker did not start")
        yield
    finally:
        for one in started:
            one.terminate()
            one.wait()


@contextmanager
def _wal(cursor: Any) -> Iterator[Callable[[], int]]:  # noqa: ANN401 (a driver's cursor)
    cursor.execute("SELECT pg_current_wal_insert_lsn()")
    (begin,) = cursor.fetchone()

    def written() -> int:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", [begin])
        return int(cursor.fetchone()[0])

    yield written


# --- somebody else who writes ------------------------------------------------------------------
class Writer:
    """Adds a row to `calls` and changes one that is not due, again and again, and takes the time.

    In a process of its own, so that ours does not slow it down.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def latency(self, during: Callable[[], object]) -> float:
        """Return the 99th percentile of a transaction's seconds while `during` runs."""
        command = [sys.executable, "-m", "benchmarks.purge_writer", self._address]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
        try:
            during()
            told, _ = process.communicate(b"end\n")
        finally:
            process.kill()
        return quantiles([float(one) for one in told.split()], n=100)[98]


def write(address: str) -> None:
    """Write until a line comes in; print the seconds of each transaction."""
    ended = threading.Event()

    def wait_for_line() -> None:
        sys.stdin.readline()
        ended.set()

    threading.Thread(target=wait_for_line, daemon=True).start()
    times = []
    with cursor_of(address) as cursor:
        cursor.execute("SELECT max(id) FROM calls")
        (number,) = cursor.fetchone()
        kept = number
        while not ended.is_set():
            number += 1
            begin = time.perf_counter()
            cursor.execute("INSERT INTO calls VALUES (%s, '+3', '2025-06-01', 1, 'new')", [number])
            cursor.execute("UPDATE calls SET seconds = seconds + 1 WHERE id = %s", [kept - 1])
            times.append(time.perf_counter() - begin)
            time.sleep(_PAUSE)
    print(*times)
