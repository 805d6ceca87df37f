"""What an erasure or purge does to the rows of a resource: how it is planned and done.

Safety principle: a row goes only if its table's treatment says so, its time has come, no exclusion
covers it and no row that stays hangs on it. Whatever is in doubt stays: a row without an anchor,
a table without a treatment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Erasing

_LANE = 1 << 64
#: What says that a record is older, or as new as this, is no date.
FIRST_USABLE, NO_LATER = date(1990, 1, 1), date(9999, 1, 1)


@dataclass(frozen=True, slots=True)
class Tally:
    """A set of rows of one table: how many, and a digest of their primary keys.

    The digest is the sum of a 64-bit hash of each key in two independent lanes, modulo 2**64, so
    that tallies of disjoint sets add up, whatever the order. The hash is the source's own:
    tallies of different sources cannot be compared.
    """

    rows: int = 0
    digest: tuple[int, int] = (0, 0)

    def __add__(self, other: "Tally") -> "Tally":
        return self._joined(other, 1)

    def __sub__(self, other: "Tally") -> "Tally":
        return self._joined(other, -1)

    def _joined(self, other: "Tally", sign: int) -> "Tally":
        first, second = (
            (ours + sign * theirs) % _LANE
            for ours, theirs in zip(self.digest, other.digest, strict=True)
        )
        return Tally(self.rows + sign * other.rows, (first, second))

    def as_text(self) -> str:
        """Return the tally as it is stored and hashed: ``rows:lane:lane``, lanes in hex."""
        return f"{self.rows}:{self.digest[0]:016x}:{self.digest[1]:016x}"

    @classmethod
    def parse(cls, text: str) -> "Tally":
        """Read `as_text`; ValueError for anything else."""
        rows, first, second = text.split(":")
        return cls(int(rows), (int(first, 16), int(second, 16)))


@dataclass(frozen=True, slots=True)
class Treatment:
    """What becomes of rows of one table. `due_before` None: of all of them.

    Otherwise only of rows whose anchor's local day (zone of the resource's entity) lies before
    that day, and not before `due_from`: what is older than that is no date. Later ones and those
    without an anchor stay. `controllers` None: of whatever controller; otherwise only of rows that
    the table's `controller_column` says are one of these.
    """

    action: Erasing
    due_before: date | None = None
    due_from: date | None = None
    controllers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Rows that nothing may remove now, whatever their treatment: a restriction or a legal hold.

    `keys` None: every row. `resources`, `tables` ("resource.table") and `categories` narrow the
    exclusion; empty means all. `controllers` limits it to rows of one of these controllers of the
    map, `controller_keys` being how rows of shared tables name them; rows that name none are
    covered. `anchored_from` and `anchored_until` (both included) limit it to rows whose anchor's
    local day lies there; rows without a usable anchor are covered. When in doubt, a row stays.
    """

    reason: str  # "restriction", "hold", "evidence"
    keys: SubjectKeys | None = None
    resources: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    controllers: frozenset[str] = frozenset()
    controller_keys: frozenset[str] = frozenset()
    anchored_from: date | None = None
    anchored_until: date | None = None

    def covers(self, resource: str, table: str, category: str) -> bool:
        """Tell whether the exclusion speaks of this table at all, as far as these decide."""
        return (
            (not self.resources or resource in self.resources)
            and (not self.tables or f"{resource}.{table}" in self.tables)
            and (not self.categories or category in self.categories)
        )

    def covers_day(self, day: date | None) -> bool:
        """Tell whether it covers rows of an anchor's local day; None: they have no anchor."""
        if day is None or not FIRST_USABLE <= day < NO_LATER:
            return True
        return (self.anchored_from is None or self.anchored_from <= day) and (
            self.anchored_until is None or day <= self.anchored_until
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows, and what becomes of them, for one resource. A table not named stays as it is.

    `keys` None: everybody's rows (a purge). Treatments are needed for all tables together,
    because a row stays while a row that stays hangs on it: one that is found through it, or
    counts its retention from it. A row that is anonymised is nobody's any more: it keeps nothing.
    """

    keys: SubjectKeys | None
    treatments: Mapping[str, Treatment]
    exclusions: tuple[Exclusion, ...] = ()
    #: Days, in order, at which a survey of everybody's rows tells these apart.
    told_apart: tuple[date, ...] = ()

    def treatment(self, table: str) -> Treatment:
        return self.treatments.get(table, Treatment(Erasing.KEEP))


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Rows from `after` (not included; None: from the first) to `up_to` (included; None: the last).

    Values are the primary key's columns in order, as the driver gives them.
    """

    after: tuple[object, ...] | None = None
    up_to: tuple[object, ...] | None = None


@dataclass(frozen=True, slots=True)
class BlockRange:
    """Rows that lie in the blocks from `first` (included) to `end` (not included)."""

    first: int
    end: int


class PartKind(StrEnum):
    """In which order the rows of a part of a table are purged."""

    BLOCKS = "blocks"  # as they lie in the source: PostgreSQL's heap
    KEYS = "keys"  # by primary key
    PARTITION = "partition"  # all at once: the partition is dropped


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a table that one worker purges by itself; the parts of a table are all of it.

    `leaf`: the partition in which it lies, by its name in the source; empty: the table itself.
    `blocks` belongs to BLOCKS alone.
    """

    kind: PartKind
    leaf: str = ""
    blocks: BlockRange | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a scope does to one table now. Every row of the scope's keys is in exactly one part."""

    going: Tally = Tally()
    #: Rows that stay by the treatment, by their anchor's local day; None: they have no anchor.
    #: Of everybody's rows by spans, not days: those before the first day of `Scope.told_apart` by
    #: the day before it, those from the last on by that day, others by the oldest of their span.
    kept: Mapping[date | None, int] = field(default_factory=dict)
    kept_tally: Tally = Tally()
    #: Rows that would go, but a row that stays hangs on them.
    needed: Tally = Tally()
    #: Rows that would go, but for an exclusion.
    held: Tally = Tally()
    #: Rows that are anonymised already, and still found; only where the treatment anonymises.
    done: Tally = Tally()
    #: Of all these rows, how many hold a value in a third party's column.
    third_party_rows: int = 0
    #: The earliest anchor's local day among those that go; None where none of them has one.
    oldest: date | None = field(default=None, compare=False)


class NotPermitted(Exception):
    """A permit was asked for or made where none can be."""


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to change the rows of `scope` in one resource, for as long as its giver holds the lock.

    Only `retention.services.gate` makes one: there, restrictions, rules and holds are checked.
    """

    resource: str
    scope: Scope
