"""References of the live schema beside what the map does: rows that could not go, or that would
go along unplanned.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from datamap.domain.hanging import hangings
from datamap.domain.schema import Resource, Table
from datamap.domain.vocabulary import Erasing

_LETS_GO = ("SET NULL", "SET DEFAULT")


@dataclass(frozen=True)
class LiveReference:
    """A foreign key. `table` as a map names it; `on_delete` is the database's rule, "" for none."""

    columns: tuple[str, ...]
    table: str
    their_columns: tuple[str, ...]
    on_delete: str = ""


def reference_findings(
    resource: Resource, references: Mapping[str, Sequence[LiveReference]]
) -> Iterator[tuple[str, str]]:
    """Yield (table, message) for each foreign key that stands against an erasure."""
    mapped = {table.name: table for table in resource.tables}
    hanging = {(one.child, one.parent, one.on) for one in hangings(resource)}
    for name in [*mapped, *(one.name for one in resource.plain_tables)]:
        for one in references.get(name, ()):
            parent = mapped.get(one.table)
            if parent is None or not _goes(parent) or one.on_delete.upper() in _LETS_GO:
                continue
            on = tuple(sorted(zip(one.columns, one.their_columns, strict=False)))
            message = _message(name, mapped.get(name), one, (name, one.table, on) in hanging)
            if message:
                yield name, message


def _message(name: str, child: Table | None, one: LiveReference, hangs: bool) -> str:  # noqa: FBT001 (private)
    cascades = one.on_delete.upper() == "CASCADE"
    outcome = "would delete these rows too" if cascades else "would refuse that"
    refers = f"refers to `{one.table}` by {', '.join(one.columns)}"
    if child is None or not hangs:
        if child is not None and name == one.table:
            return ""  # a tree within one table: all rows of a statement go together
        advice = "find it through that table" if child else "describe it, found through that table"
        return (
            f"{refers}, whose rows may be deleted, and is not found through it: the database "
            f"{outcome}; {advice}, or set the reference to NULL on delete"
        )
    if Erasing.ANONYMISE in (child.erasure.on_request, child.erasure.when_due):
        return (
            f"{refers}, whose rows are deleted while these are anonymised: the database {outcome}; "
            "anonymise that table too, or set the reference to NULL on delete"
        )
    return ""


def _goes(table: Table) -> bool:
    return Erasing.DELETE in (table.erasure.on_request, table.erasure.when_due)
