"""What the person at the terminal sees: short lines, how long each step took, no noise."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_WIDTH = 44


def say(text: str = "") -> None:
    """Print a line at once, also where the output is a pipe."""
    print(text, flush=True)


def complain(text: str) -> None:
    """Print what went wrong where errors belong."""
    print(f"\n{text}", file=sys.stderr, flush=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print `name` when the step is done, with its duration in seconds; nothing if it fails."""
    started = time.monotonic()
    yield
    say(f"  {name:<{_WIDTH}} {time.monotonic() - started:5.1f} s")
