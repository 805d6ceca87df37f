"""What every connector does, whatever it connects to."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from datamap.domain.erasing import BlockRange, KeyRange, Part, Permit, Scope, Survey, Tally
from datamap.domain.keys import FoundKey, Resolved, SubjectKeys
from datamap.domain.lines import Sink
from datamap.domain.links import LinkedColumn
from datamap.domain.schema import Pace, Table
from datamap.domain.vocabulary import Obstacle

JSONValue = str | int | float | bool | None | list["JSONValue"] | dict[str, "JSONValue"]


@dataclass(frozen=True, slots=True)
class ExtractedRow:
    """One row as it may be shown: JSON-ready, secrets left out, third parties masked.

    `values` is in the map's column order. `anchor` is what retention counts from: an ISO date, or
    an ISO instant with offset; None where the source has none (yet). `controller_key` is the
    value of the table's `controller_column`, see `datamap.queries.controller_of`.
    """

    values: dict[str, JSONValue]
    anchor: str | None
    controller_key: str | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one row to be corrected, as a check and a write in one (Art. 16).

    Values are JSON-ready as `ExtractedRow` gives them; `row` holds the primary key's columns.
    """

    row: Mapping[str, JSONValue]
    column: str
    old: JSONValue
    new: JSONValue


class Reader(Protocol):
    """Finds and reads one person's data. All methods raise SourceError."""

    def locate(self, keys: SubjectKeys) -> Resolved:
        """Return `keys` and the further identifiers of the same person, found in one pass."""
        ...

    def links(self, columns: Collection[LinkedColumn], keys: SubjectKeys) -> tuple[FoundKey, ...]:
        """Return the values of `columns` in the person's rows that are not among `keys` yet.

        Of the kind `domain.finding.link_kind`: by them rows of other resources are the person's.
        """
        ...

    def identifiers(self, kinds: Collection[str]) -> Iterator[tuple[str, str]]:
        """Stream everybody's identifiers of some kinds, as (kind, value), in constant memory.

        Normalised as those of `SubjectKeys`, link kinds included; one may come more than once. For
        finding who is meant by keyed hashes: take nothing else from it, and keep none.
        """
        ...

    def count(self, table: Table, keys: SubjectKeys) -> int:
        """Return how many rows of `table` are the person's."""
        ...

    def extract(
        self, table: Table, keys: SubjectKeys
    ) -> AbstractContextManager[Iterator[ExtractedRow]]:
        """Stream the person's rows of `table` by primary key, in constant memory."""
        ...

    def lines(self, table: Table, keys: SubjectKeys, into: Sink) -> None:
        """Hand the person's rows over as JSON lines (`domain.lines`), a block at a time.

        As `extract` gives them and in its order, at the source's own speed where it can write
        them. What `into` raises ends it and passes through.
        """
        ...

    def count_by_controller(self, table: Table, keys: SubjectKeys) -> Mapping[str | None, int]:
        """Return how many of the person's rows each controller's key has.

        None: the table names its controller itself, or the row names none.
        """
        ...

    def survey(self, table: Table, scope: Scope) -> Survey:
        """Return what `scope` would do to `table` now, by the conditions that `erase` uses."""
        ...

    def steps(self, table: Table, scope: Scope, *, size: int) -> Iterator[KeyRange]:
        """Divide the rows that would go into ranges of about `size` rows, all of them covered."""
        ...


class Writer(Reader, Protocol):
    """One transaction that changes a source: committed at the end of `with`, or not at all."""

    def erase(self, table: Table, within: KeyRange | None = None) -> Tally:
        """Delete or anonymise the rows of the permit's scope; return exactly which went.

        Set-based. A row that is anonymised already is not counted again. Children go before their
        parents; tables of one group of `domain.hanging.bound_together` in one transaction.
        """
        ...

    def rectify(self, table: Table, change: FieldChange) -> bool:
        """Write the new value if the old one is still there and the row is the person's.

        False where it is not: a conflict, and nothing was changed. Raises NotCorrectable for a
        key, the column of a join, a secret or a value of another type, and NotPermitted where
        the permit is for everybody.
        """
        ...

    def restrict(self, table: Table, *, restricted: bool) -> int:
        """Set or clear the source's own mark on the person's rows, where the map names one.

        Rows that an exclusion of the permit covers keep their mark.
        Returns how many rows were marked; 0 where the table has no such column.
        """
        ...


#: Where a step of a purge begins and ends; None: a partition as a whole.
Stretch = KeyRange | BlockRange | None


class Purging(Protocol):
    """Erases everybody's rows of one part of a table, stretch by stretch. Raises SourceError."""

    def stretch(self, after: Stretch, *, size: int) -> Stretch:
        """Return the next stretch of about `size` rows, due or not; None: there is none left.

        A part that is one partition has no stretches.
        """
        ...

    def erase(self, permit: Permit, within: Stretch) -> int:
        """Erase the rows within a stretch that are due by the permit's scope; commit.

        Return how many went. The rows from which such a row's retention is counted, and that hang
        on it, go with it and are not counted. They do not go by themselves.
        """
        ...

    def obstacle(self, pace: Pace) -> Obstacle | None:
        """Return why the source should be left in peace for now."""
        ...


class Connector(Reader, Protocol):
    """One resource. Each method of its own reads a snapshot of its own."""

    def health(self) -> None:
        """Return if the source answers; raise SourceError otherwise."""
        ...

    def snapshot(self) -> AbstractContextManager[Reader]:
        """Open one read-only snapshot in which all tables are seen as of one instant."""
        ...

    def writing(self, permit: Permit) -> AbstractContextManager[Writer]:
        """Open one writing transaction for what `permit` allows."""
        ...

    def parts(self, table: Table, scope: Scope, *, at_most: int) -> tuple[Part, ...]:
        """Divide a table for a purge by `scope` into parts that workers may take side by side.

        At most `at_most` of about one size, and one more for each partition that can be dropped.
        """
        ...

    def purging(self, table: Table, part: Part) -> AbstractContextManager["Purging"]:
        """Open one connection for the purge of a part of `table`."""
        ...
