"""How far a purge run, and each of its tables, has come. Pure."""

from enum import IntEnum, StrEnum


class Stage(IntEnum):
    """A run goes on to the next stage when none of its tables is left in the one before."""

    PLAN = 0  # what is due is counted
    PURGE = 1  # it goes, children before their parents
    CHECK = 2  # searched again
    OVER = 3


class RunState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"  # by a person; goes on where it stopped
    DONE = "done"  # nothing that was due is left
    INCOMPLETE = "incomplete"  # a table failed, waited for a person, or has something left
    ENDED = "ended"  # by a person, before its end
