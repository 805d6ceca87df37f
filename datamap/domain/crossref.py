"""What must agree between the parts of a map; every disagreement is told, with its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from datamap.domain.anonymising import planned_obstacles
from datamap.domain.by_hand import by_hand_findings, is_by_hand
from datamap.domain.links import link_findings
from datamap.domain.schema import (
    ByKey,
    Column,
    Controller,
    Part,
    PlainTable,
    Recipient,
    Resource,
    Table,
    Through,
)
from datamap.domain.vocabulary import Anonymising, Category, ColumnClass, Erasing, Role
from datamap.domain.yaml_source import Document, Path, Problem

P_co = TypeVar("P_co", bound=Part, covariant=True)
Finding = tuple[Path, str]


@dataclass(frozen=True)
class Placed(Generic[P_co]):
    """A part of the map and where it stands."""

    part: P_co
    document: Document
    path: Path


@dataclass
class Parts:
    """What was read so far, in order: each part by its id or name, with its place."""

    recipients: dict[str, Placed[Recipient]] = field(default_factory=dict)
    controllers: dict[str, Placed[Controller]] = field(default_factory=dict)
    heads: dict[str, Placed[Resource]] = field(default_factory=dict)
    tables: dict[str, dict[str, Placed[Table]]] = field(default_factory=dict)
    plain: dict[str, dict[str, Placed[PlainTable]]] = field(default_factory=dict)


def cross_problems(parts: Parts, *, complete: bool) -> Iterator[Problem]:
    """Yield what does not agree.

    `complete` is False when a part could not be read: then nothing is called missing, for it may
    be the part that is faulty.
    """
    if complete:
        yield from _outside_problems(parts)
    mapped = {
        resource_id: {name: placed.part for name, placed in own.items()}
        for resource_id, own in parts.tables.items()
    }
    for resource_id, own in parts.tables.items():
        plain = parts.plain.get(resource_id, {})
        around = _Around(
            tables=mapped[resource_id],
            plain={name: placed.part for name, placed in plain.items()},
            complete=complete,
        )
        for placed in own.values():
            for finding in _table_findings(placed.part, around):
                yield _at(placed, finding)
            for name, message in planned_obstacles(around.tables.values(), placed.part):
                yield _at(placed, (("columns", name, "erase"), message))
            head = parts.heads.get(resource_id)
            if head is not None and is_by_hand(head.part):
                for finding in by_hand_findings(placed.part, mapped[resource_id]):
                    yield _at(placed, finding)
        for name, finding in link_findings(resource_id, mapped, complete=complete):
            yield _at(own[name], finding)


def _outside_problems(parts: Parts) -> Iterator[Problem]:
    """Yield names of resources, recipients and controllers that no file describes."""
    first: dict[str, str] = {}
    for head in parts.heads.values():
        for finding in _unknown_recipients(head.part.recipients, parts.recipients):
            yield _at(head, finding)
        address = head.part.address_variable
        if address and first.setdefault(address, head.part.id) != head.part.id:
            message = f"is the address of `{first[address]}` already; describe the tables there"
            yield _at(head, (("connector", "url_env"), message))
    for resource_id, own in parts.tables.items():
        for placed in own.values():
            if resource_id not in parts.heads:
                message = f"belongs to the resource `{resource_id}`, which no file describes"
                yield placed.document.problem(placed.path, message)
            for finding in _outside_findings(placed.part, parts.recipients, parts.controllers):
                yield _at(placed, finding)


def _at(placed: Placed[Part], finding: Finding) -> Problem:
    path, message = finding
    return placed.document.problem((*placed.path, *path), message)


@dataclass(frozen=True)
class _Around:
    """The tables of one resource, as far as they could be read."""

    tables: Mapping[str, Table]
    plain: Mapping[str, PlainTable]
    complete: bool


def _table_findings(table: Table, around: _Around) -> Iterator[Finding]:
    if table.name in around.plain:
        yield (), "is also listed under `plain_tables`; it is one or the other"
    yield from _column_references(table)
    for column in table.columns:
        yield from (
            (("columns", column.name, *path), text) for path, text in _column(table, column)
        )
    yield from _roles(table)
    yield from _retention(table, around)
    for place, alternative in enumerate(table.find):
        if isinstance(alternative, Through):
            on = alternative.on
            for path, text in _join(table, alternative.through, on, around, plain_too=False):
                yield ("find", place, *path), text
    if _returns(table.name, around.tables, anchors=False):
        yield ("find",), "leads back to this table through its joins; break the circle"


def _column_references(table: Table) -> Iterator[Finding]:
    names = [column.name for column in table.columns]
    wanted: list[tuple[Path, str | None]] = [(("primary_key",), name) for name in table.primary_key]
    wanted += [
        (("find", place, "column"), alternative.column)
        for place, alternative in enumerate(table.find)
        if isinstance(alternative, ByKey)
    ]
    wanted += [
        (("columns", column.name, "region_column"), column.region_column)
        for column in table.columns
    ]
    wanted += [
        (("partitioned_on",), table.partitioned_on),
        (("restriction_column",), table.restriction_column),
        (("controller_column",), table.controller_column),
    ]
    for path, name in wanted:
        if name is not None and name not in names:
            yield path, f"names the column `{name}`, which is not among `columns`; list it there"
    if len(set(table.primary_key)) != len(table.primary_key):
        yield ("primary_key",), "names a column twice"


def _column(table: Table, column: Column) -> Iterator[Finding]:
    personal = column.column_class is ColumnClass.PERSONAL
    about_people = personal or column.column_class is ColumnClass.THIRD_PARTY
    if column.identifier is not None and not personal:
        message = "stands on a column that is not personal, so that it may be somebody else's"
        yield ("identifier",), message
    if column.generated and not _only_searched(table, column):
        message = "is for columns that searches alone use: class secret or technical, no `erase`"
        yield ("generated",), message
    if column.region and column.region_column:
        yield ("region_column",), "stands beside `region`; give one of them"
    if column.erase is Anonymising.TEXT and column.erase_text is None:
        yield ("erase",), "names no text; write {text: the fixed text}"
    if column.erase and column.name in table.primary_key:
        yield ("erase",), "would change the primary key; delete the row instead"
    anonymised = Erasing.ANONYMISE in (table.erasure.on_request, table.erasure.when_due)
    stays = column.erase is None and column.name not in table.primary_key
    if anonymised and about_people and stays:
        message = "the table is anonymised, so this column about people needs `erase`"
        yield (), message + ": null, hash, mask or {text: …}"


def _only_searched(table: Table, column: Column) -> bool:
    hidden = column.column_class in (ColumnClass.SECRET, ColumnClass.TECHNICAL)
    return hidden and column.erase is None and column.name not in table.primary_key


def _roles(table: Table) -> Iterator[Finding]:
    named = [key for key in ("controller", "controller_column") if getattr(table, key)]
    if table.role is Role.PROCESSOR:
        if table.category is not Category.ENTRUSTED:
            yield ("category",), "must be `entrusted`: the table's role is processor"
        if len(named) != 1:
            yield ("role",), "processor needs `controller` or `controller_column`, one of them"
        return
    if table.category is Category.ENTRUSTED:
        yield ("role",), "must be `processor`: the category is entrusted"
    if named:
        yield (named[0],), "is for tables whose role is processor"
    if table.legal_basis is None:
        yield ("legal_basis",), "is missing; say on which ground we hold this"
    if table.retention.dpa_end:
        yield ("retention", "dpa_end"), "is for tables whose role is processor"


def _retention(table: Table, around: _Around) -> Iterator[Finding]:
    retention = table.retention
    given = [part for part in (retention.anchor, retention.dpa_end, retention.none) if part]
    if len(given) != 1:
        yield ("retention",), "needs one of `anchor`, `dpa_end: true` and `none: reason`"
    anchor = retention.anchor
    if anchor is None:
        return
    path = ("retention", "anchor")
    if (anchor.through is None) != (anchor.on is None):
        yield path, "`through` and `on` go together"
    elif anchor.through is not None and anchor.on is not None:
        for rest, text in _join(table, anchor.through, anchor.on, around, plain_too=True):
            yield (*path, *rest), text
        for text in _joined_anchor(table, anchor.through, anchor.column, around):
            yield path, text
    elif anchor.column is None:
        yield path, "names no column"
    elif anchor.column not in {column.name for column in table.columns}:
        yield path, f"names the column `{anchor.column}`, which is not among `columns`"


def _joined_anchor(
    table: Table, through: str, column: str | None, around: _Around
) -> Iterator[str]:
    other, plain = around.tables.get(through), around.plain.get(through)
    if column is not None:
        columns = _columns_of(other, plain)
        if columns is not None and column not in columns:
            yield f"names the column `{column}`, which `{through}` does not list"
        return
    if plain is not None or (other is not None and other.retention.anchor is None):
        yield f"`{through}` has no anchor of its own; name its `column`"
    if _returns(table.name, around.tables, anchors=True):
        yield "leads back to this table; name a `column`"


def _join(
    table: Table, name: str, on: Mapping[str, str], around: _Around, *, plain_too: bool
) -> Iterator[Finding]:
    other = around.tables.get(name)
    plain = around.plain.get(name) if plain_too else None
    if other is None and plain is None:
        if around.complete:
            yield ("through",), f"names the table `{name}`, which this resource does not have"
        return
    here, there = {column.name for column in table.columns}, _columns_of(other, plain) or set()
    for ours, theirs in on.items():
        if ours not in here:
            yield ("on", ours), f"`{ours}` is not a column of `{table.name}`"
        if theirs not in there:
            yield ("on", ours), f"`{theirs}` is not a column of `{name}`"


def _columns_of(table: Table | None, plain: PlainTable | None) -> set[str] | None:
    if table is not None:
        return {column.name for column in table.columns}
    return set(plain.columns) if plain is not None else None


def _returns(start: str, tables: Mapping[str, Table], *, anchors: bool) -> bool:
    """Tell whether following the joins from `start` leads back to it."""
    seen: set[str] = set()
    ahead = _next(tables[start], anchors=anchors)
    while ahead:
        name = ahead.pop()
        if name == start:
            return True
        if name not in seen and name in tables:
            seen.add(name)
            ahead |= _next(tables[name], anchors=anchors)
    return False


def _next(table: Table, *, anchors: bool) -> set[str]:
    if anchors:
        anchor = table.retention.anchor
        follows = anchor is not None and anchor.column is None and anchor.through is not None
        return {str(anchor.through)} if anchor is not None and follows else set()
    return {one.through for one in table.find if isinstance(one, Through)}


def _outside_findings(
    table: Table,
    recipients: Mapping[str, Placed[Recipient]],
    controllers: Mapping[str, Placed[Controller]],
) -> Iterator[Finding]:
    yield from _unknown_recipients(table.recipients or (), recipients)
    if table.controller is not None and table.controller not in controllers:
        message = f"names `{table.controller}`, which no file describes under `controllers`"
        yield ("controller",), message


def _unknown_recipients(
    names: tuple[str, ...], recipients: Mapping[str, Placed[Recipient]]
) -> Iterator[Finding]:
    for name in names:
        if name not in recipients:
            message = f"names `{name}`, which no file describes under `recipients`"
            yield ("recipients",), message
