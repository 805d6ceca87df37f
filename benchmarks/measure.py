"""Measuring several ways to do the same work beside one another."""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

Seconds = float
#: Does the work for a person, counted from 1, and returns the number of rows it met.
Work = Callable[[int], int]


class WrongCount(Exception):
    """A way of doing the work did not meet the rows it should have: its time means nothing."""


def interleaved(
    works: Mapping[str, Work],
    *,
    rounds: int,
    rows: int,
    persons: Sequence[int] | None = None,
    before: Mapping[str, Callable[[int], None]] | None = None,
) -> dict[str, Seconds]:
    """Return the median time of each work, done once in every round, each round in another order.

    `persons` are those whose rows go: each is used once. None: every work is done for person 1,
    after a round that is not counted. `before` is what a work needs and is not part of it.
    """
    times: dict[str, list[Seconds]] = {name: [] for name in works}
    left = list(persons) if persons is not None else None
    for number in range(rounds if left is not None else rounds + 1):
        names = list(works)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            person = 1 if left is None else left.pop()
            if before and name in before:
                before[name](person)
            begin = time.perf_counter()
            met = works[name](person)
            taken = time.perf_counter() - begin
            if met != rows:
                raise WrongCount(f"{name}: {met} rows instead of {rows}")
            if left is not None or number:
                times[name].append(taken)
    return {name: median(taken) for name, taken in times.items()}
