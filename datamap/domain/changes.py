"""What a new content of the map changes, and whether it widens what is erased. Pure.

Safety: a change widens unless it is known not to. Every key of the schema stands in one of the
tables below, so that a new key cannot be forgotten.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

from datamap.domain.schema import (
    Column,
    Controller,
    DataMap,
    Part,
    PlainTable,
    Recipient,
    Resource,
    Table,
)
from datamap.domain.vocabulary import Erasing, Role

Value: TypeAlias = Any  # of a document: JSON
Document = Mapping[str, Value]


class Kind(StrEnum):
    """What happened to a place of the map."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference. `place` leads to it by names, the last is the key; None is "not stated"."""

    place: tuple[str, ...]
    kind: Kind
    old: Value = None
    new: Value = None
    widens: bool

    @property
    def where(self) -> str:
        """Return the place in one line, as in `platform.orders.erasure`."""
        return ".".join(self.place)


#: Keys that only describe: they change what is told or how fast rows go, never which.
DESCRIPTIVE: Final[Mapping[type[Part], frozenset[str]]] = {
    DataMap: frozenset(),
    Recipient: frozenset({"name", "role", "country", "safeguard", "contact_email"}),
    Controller: frozenset({"name", "contact_email"}),
    Resource: frozenset(
        {"title", "location", "recipients", "owner", "order", "purge", "subjects", "security"}
    ),
    Table: frozenset(
        {"title", "description", "data", "purpose", "legal_basis", "source", "recipients"}
        | {"portable", "subjects"}
    ),
    Column: frozenset({"title", "data", "portable"}),
    PlainTable: frozenset({"reason", "columns"}),
}
#: Keys whose every change may let other rows, or more of a row, go.
DECIDING: Final[Mapping[type[Part], frozenset[str]]] = {
    DataMap: frozenset(),
    Recipient: frozenset(),
    Controller: frozenset({"dpa_ended_on", "dpa_months", "source_key"}),
    Resource: frozenset({"entity", "time_zone"}),
    Table: frozenset(
        {"category", "controller", "controller_column", "primary_key", "identifies", "retention"}
        | {"partitioned_on", "restriction_column", "time_zone"}
    ),
    Column: frozenset(
        {"region", "region_column", "time_zone", "type", "generated"} | {"mask"}  # of what is left
    ),
    PlainTable: frozenset(),
}
#: Keys that widen in one direction only, see `_by_direction`.
DIRECTED: Final[Mapping[type[Part], frozenset[str]]] = {
    Resource: frozenset({"connector"}),
    Table: frozenset({"role", "find", "erasure"}),
    Column: frozenset({"class", "identifier", "erase", "erase_text"}),
}
#: Keys that hold parts of the map, which are compared one by one, and the names of those parts.
HOLDING: Final[Mapping[type[Part], Mapping[str, tuple[str, type[Part]]]]] = {
    DataMap: {
        "recipients": ("id", Recipient),
        "controllers": ("id", Controller),
        "resources": ("id", Resource),
    },
    Resource: {"tables": ("name", Table), "plain_tables": ("name", PlainTable)},
    Table: {"columns": ("name", Column)},
}
_STRENGTH: Final = (Erasing.KEEP.value, Erasing.ANONYMISE.value, Erasing.DELETE.value)
#: Keys of a column that let an erasure reach further where the column is new.
_REACHING: Final = frozenset({"identifier", "erase", "erase_text"})


def document_of(datamap: DataMap) -> dict[str, Value]:
    """Return the map as it is stored: names as in YAML, nothing that only says the default."""
    return datamap.model_dump(mode="json", by_alias=True, exclude_none=True)


def differences(before: Document, after: Document) -> tuple[Change, ...]:
    """Return what `after` changes against `before`, two stored documents of a map, in its order."""
    return tuple(_parts(DataMap, before, after, ()))


def widens(changes: tuple[Change, ...]) -> bool:
    """Tell whether a second person has to confirm the changes before they take force."""
    return any(one.widens for one in changes)


def _parts(
    part: type[Part], before: Document, after: Document, place: tuple[str, ...]
) -> Iterator[Change]:
    holding = HOLDING.get(part, {})
    for key in dict.fromkeys((*before, *after)):
        if key in holding:
            yield from _held(holding[key], before.get(key, ()), after.get(key, ()), place)
        elif key not in _NAMES and before.get(key) != after.get(key):
            yield _changed(part, key, before.get(key), after.get(key), place)


_NAMES: Final = frozenset({"id", "name"})  # of parts, by which they are told apart


def _changed(part: type[Part], key: str, old: Value, new: Value, place: tuple[str, ...]) -> Change:
    kind = Kind.ADDED if old is None else Kind.REMOVED if new is None else Kind.CHANGED
    is_wider = key not in DESCRIPTIVE[part]
    if key in DIRECTED.get(part, ()):
        is_wider = _by_direction(key, old, new)
    return Change(place=(*place, key), kind=kind, old=old, new=new, widens=is_wider)


def _held(
    named: tuple[str, type[Part]],
    before: Value,
    after: Value,
    place: tuple[str, ...],
) -> Iterator[Change]:
    name, part = named
    old, new = ({one[name]: one for one in parts} for parts in (before, after))
    for each in dict.fromkeys((*old, *new)):
        here = (*place, str(each))
        if each not in new:
            lost = _is_wider_without(part, old[each])
            yield Change(place=here, kind=Kind.REMOVED, old=old[each], widens=lost)
        elif each not in old:
            gained = _is_wider_with(part, new[each])
            yield Change(place=here, kind=Kind.ADDED, new=new[each], widens=gained)
        else:
            yield from _parts(part, old[each], new[each], here)


def _is_wider_with(part: type[Part], new: Document) -> bool:
    if part is Resource:
        return bool(new.get("tables"))
    if part is Column:
        return any(new.get(key) is not None for key in _REACHING)
    return part is Table


def _is_wider_without(part: type[Part], old: Document) -> bool:
    """Rows hold back those that they were found through: without them, these may go."""
    if part is Resource:
        return any(_is_wider_without(Table, table) for table in old.get("tables", ()))
    return part is Table and any("through" in one for one in old["find"])


def _by_direction(key: str, old: Value, new: Value) -> bool:
    if key == "erasure":
        steps = ("on_request", "when_due")
        return any(_STRENGTH.index(new[one]) > _STRENGTH.index(old[one]) for one in steps)
    if key == "find":
        lost = [one for one in old if one not in new and "through" in one]
        return bool(lost) or any(one not in old for one in new)
    if key == "connector":
        return any(old.get(one) != new.get(one) for one in ("kind", "url_env"))
    if key == "role":
        return bool(new == Role.CONTROLLER.value)
    return key != "class" and new is not None
