"""python -m benchmarks [ROWS ...]: measure persons of these sizes, print and write the tables."""

import sys
from pathlib import Path

import django
from django.core.management import call_command

from benchmarks.server import servers

RESULTS = Path(__file__).resolve().parent / "results.md"


def main(sizes: list[int]) -> None:
    """Measure and report; only a run of all sizes is written to results.md."""
    with servers() as started:
        django.setup()
        call_command("migrate", verbosity=0)
        # Imported when Django is set up.
        from benchmarks.report import report  # noqa: PLC0415
        from benchmarks.run import ROUNDS, measure  # noqa: PLC0415

        all_figures = []
        for rows in sizes or list(ROUNDS):
            print(f"{rows:,} rows", file=sys.stderr, flush=True)
            rounds = ROUNDS.get(rows, 3)
            figures = measure(started.source, rows=rows, rounds=rounds, log=started.log)
            print({name: round(taken, 4) for name, taken in figures.times.items()}, file=sys.stderr)
            all_figures.append(figures)
        text = report(all_figures)
    print(text)
    if not sizes:
        RESULTS.write_text(f"# Results\n\n{text}")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
