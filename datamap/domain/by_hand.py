"""What the map of a resource that is kept by hand has to keep to.

Only one person's records are ever known of it. So a record must not lead to another person's
record that is not known: nobody could tell then that it has to stay.
"""

from collections.abc import Iterator, Mapping

from datamap.domain.schema import Column, ManualConnector, Resource, Table, Through
from datamap.domain.vocabulary import ColumnType

Finding = tuple[tuple[str | int, ...], str]
_INSTANTS = (ColumnType.DATE, ColumnType.DATETIME)


def is_by_hand(resource: Resource) -> bool:
    """Tell whether people are asked for what the resource holds."""
    return isinstance(resource.connector, ManualConnector)


def by_hand_findings(table: Table, tables: Mapping[str, Table]) -> Iterator[Finding]:
    """Yield what is wrong with one of the `tables` of a resource that is kept by hand."""
    joins = [place for place, one in enumerate(table.find) if isinstance(one, Through)]
    if joins and len(table.find) > 1:
        message = "stands beside another way; what is kept by hand is found by one join, or by none"
        yield ("find", joins[0]), message
    yield from _anchor(table, tables)


def _anchor(table: Table, tables: Mapping[str, Table]) -> Iterator[Finding]:
    anchor = table.retention.anchor
    if anchor is None:
        return
    owner = table if anchor.through is None else tables.get(anchor.through)
    if anchor.through is not None and not _belong_together(table, anchor.through, tables):
        message = f"`{anchor.through}` is neither found through this table nor leads to it"
        yield ("retention", "anchor"), message
    elif anchor.column is not None and owner and _type_of(owner, anchor.column) not in _INSTANTS:
        message = f"counts from `{owner.name}.{anchor.column}`; give that column `type: date` or"
        yield ("retention", "anchor"), f"{message} `type: datetime`, a file does not say it"


def _belong_together(table: Table, name: str, tables: Mapping[str, Table]) -> bool:
    return _leads(table, name) or (name in tables and _leads(tables[name], table.name))


def _leads(table: Table, name: str) -> bool:
    return any(isinstance(one, Through) and one.through == name for one in table.find)


def _type_of(table: Table, name: str) -> ColumnType | None:
    found: list[Column] = [column for column in table.columns if column.name == name]
    return found[0].type if found else None
