"""What every connector does, whatever it connects to.

Later verbs (rectify, restrict, erase, purge) join these; a reader never changes a source.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from datamap.domain.keys import Resolved, SubjectKeys
from datamap.domain.schema import Table

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


class Reader(Protocol):
    """Finds and reads one person's data. All methods raise SourceError."""

    def resolve(self, keys: SubjectKeys) -> Resolved:
        """Return `keys` and the further identifiers of the same person, found in one pass."""
        ...

    def count(self, table: Table, keys: SubjectKeys) -> int:
        """Return how many rows of `table` are the person's."""
        ...

    def extract(
        self, table: Table, keys: SubjectKeys
    ) -> AbstractContextManager[Iterator[ExtractedRow]]:
        """Stream the person's rows of `table` by primary key, in constant memory."""
        ...


class Connector(Reader, Protocol):
    """One resource. Each method of its own reads a snapshot of its own."""

    def health(self) -> None:
        """Return if the source answers; raise SourceError otherwise."""
        ...

    def snapshot(self) -> AbstractContextManager[Reader]:
        """Open one read-only snapshot in which all tables are seen as of one instant."""
        ...
