"""The figures of a run as ratios, for people."""

import os
import platform
from collections.abc import Sequence

from benchmarks.run import Figures

_LIMIT_MB = 60
_MACHINE = "Measured on {}, {} cores, Python {}, PostgreSQL 18 with its files on disk, in one run."
_ACCESS = (
    ("`COPY` as CSV", "copy_csv"),
    ("`COPY`, ordered by key", "copy_ordered"),
    ("extraction to JSON lines (aim: 2)", "extract"),
    ("collection, sealed", "collect"),
    ("package: JSON, CSV, HTML in a ZIP", "package"),
)
_ERASURE = (
    ("erasure through the gate (aim: 1.5)", "erase"),
    ("plan", "plan"),
    ("plan carried out, checked and searched again", "carry_out"),
)
_WORKS = (
    ("extraction", "extract"),
    ("collection", "collect"),
    ("collection and package", "package"),
    ("erasure", "erase"),
    ("plan and erasure", "carry_out"),
)


def report(all_figures: Sequence[Figures]) -> str:
    """Return the tables as Markdown: ratios of medians, memory and numbers of statements."""
    sizes = [f"{one.rows:,}" for one in all_figures]
    parts = [
        _MACHINE.format(platform.system(), os.cpu_count(), platform.python_version()),
        _table(
            "Access, times a bare `COPY (SELECT ...) TO STDOUT`",
            sizes,
            [
                (title, [f"{one.times[name] / one.times['copy']:.2f}" for one in all_figures])
                for title, name in _ACCESS
            ],
        ),
        _table(
            "Erasure, times plain DELETE and UPDATE in one transaction",
            sizes,
            [
                (title, [f"{one.times[name] / one.times['plain']:.2f}" for one in all_figures])
                for title, name in _ERASURE
            ],
        ),
    ]
    if all(one.memory for one in all_figures):
        parts += [
            _table(
                f"Memory of a worker above idle, MB (aim: {_LIMIT_MB})",
                sizes,
                [
                    (title, [f"{one.memory[name]:.0f}" for one in all_figures])
                    for title, name in _WORKS
                ],
            ),
            _table(
                "Statements, in the source and our own database together",
                sizes,
                [
                    (title, [f"{one.statements[name]:,}" for one in all_figures])
                    for title, name in _WORKS
                ],
            ),
        ]
    return "\n\n".join(parts) + "\n"


def _table(title: str, sizes: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    lines = [
        f"| {title} | {' | '.join(sizes)} |",
        f"|---|{'---:|' * len(sizes)}",
        *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows),
    ]
    return "\n".join(lines)
