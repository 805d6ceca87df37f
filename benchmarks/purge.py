"""python -m benchmarks.purge [ROWS]: measure purges beside bare statements; write the table."""

import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import django
from django.core.management import call_command

from benchmarks.server import servers

RESULTS = Path(__file__).resolve().parent / "results-purge.md"
ROWS = 10_000_000
_ROUNDS = 3
_MB = 1 << 20
_MACHINE = "{} rows, half of them due. {}, {} cores, Python {}, PostgreSQL 18, files on disk."


def main(rows: int, *, keep: bool) -> None:
    """Measure and report; only a run of the full size is written down."""
    with servers() as started, tempfile.TemporaryDirectory() as directory:
        for name in ("LARGE", "DIVIDED", "MANY"):
            os.environ[f"SOURCE_{name}_URL"] = started.source
        django.setup()
        call_command("migrate", verbosity=0)
        # Imported when Django is set up.
        from audit.domain.actor import Actor  # noqa: PLC0415
        from benchmarks.archive import write_map  # noqa: PLC0415
        from datamap.services import load_map  # noqa: PLC0415

        at = datetime.now(UTC)
        load_map(directory=write_map(Path(directory)), by=Actor.system("benchmark"), at=at)
        lines = ["| measured | figure | aim |", "|---|---:|---:|"]
        for what, figure, aim in figures(started.source, rows):
            print(f"{what}: {figure}", file=sys.stderr, flush=True)
            lines.append(f"| {what} | {figure} | {aim} |")
    machine = _MACHINE.format(
        f"{rows:,}", platform.system(), os.cpu_count(), platform.python_version()
    )
    text = "# Purges\n\n" + machine + "\n\n" + "\n".join(lines) + "\n"
    print(text)
    if keep:
        RESULTS.write_text(text)


def figures(address: str, rows: int) -> Iterator[tuple[str, str, str]]:
    """Measure one thing after another; each as what, figure and aim."""
    from benchmarks import archive, purging  # noqa: PLC0415 (Django is set up)

    half = rows // 2
    for kind in archive.KINDS:
        taken: dict[str, list[purging.Taken]] = {"bare": [], "bares": [], "one": [], "two": []}
        for number in range(_ROUNDS):
            for name in _turned(list(taken), number):
                archive.make_large(address, rows=rows, kind=kind)
                if name == "bare":
                    taken[name].append(purging.bare_delete(address, rows=rows))
                elif name == "bares":
                    taken[name].append(purging.bare_deletes(address, rows=rows, kind=kind))
                else:
                    workers = 1 if name == "one" else 2
                    made = purging.purge("large", address, rows=half, workers=workers)
                    taken[name].append(made)
        yield from _of_kind(kind, taken)
    archive.make_large(address, rows=rows, kind="scattered")
    writer = purging.Writer(address)
    idle = writer.latency(lambda: time.sleep(10))
    busy = writer.latency(lambda: purging.purge("large", address, rows=half))
    yield "a writer's 99th percentile beside the purge, times idle", f"{busy / idle:.2f}", "2"
    yield from _of_partitions(address, rows)
    archive.make_many(address)
    plans = [purging.purge("many", address, rows=0).planning for _ in range(_ROUNDS)]
    yield f"plan of {archive.MANY} tables, s", f"{median(plans):.2f}", "2"


def _turned(names: list[str], number: int) -> list[str]:
    turn = number % len(names)
    return names[turn:] + names[:turn]


def _of_kind(kind: str, taken: Mapping[str, list]) -> Iterator[tuple[str, str, str]]:  # type: ignore[type-arg]
    def middle(name: str, of: str) -> float:
        return float(median(getattr(one, of) for one in taken[name]))

    bare = middle("bare", "whole")
    print({name: [vars(one) for one in all_] for name, all_ in taken.items()}, file=sys.stderr)
    yield (
        f"{kind}: erasing, of the bare DELETE's rows per second",
        f"{bare / middle('one', 'erasing'):.2f}",
        "0.8",
    )
    yield (
        f"{kind}: the whole run (plan, erasing, search)",
        f"{bare / middle('one', 'whole'):.2f}",
        "",
    )
    yield (
        f"{kind}: erasing by two workers, times one",
        f"{middle('one', 'erasing') / middle('two', 'erasing'):.2f}",
        "1.5",
    )
    yield (
        f"{kind}: two bare DELETEs side by side, times one",
        f"{bare / middle('bares', 'whole'):.2f}",
        "",
    )
    yield (
        f"{kind}: WAL, times the bare DELETE's {middle('bare', 'wal') / _MB:,.0f} MB",
        f"{middle('one', 'wal') / middle('bare', 'wal'):.2f}",
        "",
    )


def _of_partitions(address: str, rows: int) -> Iterator[tuple[str, str, str]]:
    from benchmarks import archive, purging  # noqa: PLC0415 (Django is set up)

    bare, ours = [], []
    gone = rows // 16 * len(archive.partitions_due())
    for _ in range(_ROUNDS):
        archive.make_divided(address, rows=rows)
        bare.append(purging.bare_drop(address))
        archive.make_divided(address, rows=rows)
        ours.append(purging.purge("divided", address, rows=gone).erasing)
    yield "partitions dropped, times a bare DROP", f"{median(ours) / median(bare):.2f}", "1.5"


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else ROWS, keep=not sys.argv[1:])
