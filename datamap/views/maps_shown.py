"""The data map as pages show it: codes in words, one line a table, one line a change."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from datamap.domain.by_hand import is_by_hand
from datamap.domain.changes import Change
from datamap.domain.loads import LoadState
from datamap.domain.schema import Anchor, ByKey, DataMap, Link, Resource, Table
from datamap.domain.vocabulary import Role
from datamap.models import MapLoad
from datamap.texts import (
    ANONYMISING,
    CATEGORIES,
    CHANGES,
    CLASSES,
    ERASING,
    KINDS,
    LOAD_STATES,
)

Text = str | Promise
_LONGEST = 300


@dataclass(frozen=True, kw_only=True)
class ShownTable:
    """A table in one line."""

    resource: Resource
    table: Table
    title: str
    category: Text
    whose: str
    found_by: Sequence[Text]
    counts_from: str
    on_request: Text
    when_due: Text


@dataclass(frozen=True, kw_only=True)
class ShownResource:
    """A source with the tables that were asked for."""

    resource: Resource
    title: str
    by_hand: bool
    tables: Sequence[ShownTable]


@dataclass(frozen=True, kw_only=True)
class ShownColumn:
    """A column in one line."""

    name: str
    title: str
    column_class: Text
    identifier: Text
    erase: Text


@dataclass(frozen=True, kw_only=True)
class ShownChange:
    """A difference of two contents in one line."""

    where: str
    kind: Text
    old: str
    new: str
    widens: bool


@dataclass(frozen=True, kw_only=True)
class ShownLoad:
    """One loading of a map."""

    load: MapLoad
    label: Text
    tone: str
    by: str


def shown_resources(datamap: DataMap, *, wanted: str = "") -> list[ShownResource]:
    """Return every source with its tables; with `wanted` only those in which it stands."""
    found = []
    for resource in datamap.resources:
        tables = [
            shown_table(datamap, resource, one) for one in resource.tables if _has(one, wanted)
        ]
        if tables or not wanted:
            title = resource.title.in_language(_language())
            by_hand = is_by_hand(resource)
            found.append(
                ShownResource(resource=resource, title=title, by_hand=by_hand, tables=tables)
            )
    return found


def shown_table(datamap: DataMap, resource: Resource, table: Table) -> ShownTable:
    """Return a table in the reader's words."""
    return ShownTable(
        resource=resource,
        table=table,
        title=table.title.in_language(_language()),
        category=CATEGORIES[table.category],
        whose=_whose(datamap, table),
        found_by=list(dict.fromkeys(_ways(table))),
        counts_from=_counts_from(table),
        on_request=_on_request(table),
        when_due=ERASING[table.erasure.when_due],
    )


def shown_columns(table: Table) -> Iterator[ShownColumn]:
    """Yield the columns of a table in the reader's words."""
    for column in table.columns:
        yield ShownColumn(
            name=column.name,
            title=column.title.in_language(_language()) if column.title else "",
            column_class=CLASSES[column.column_class],
            identifier=KINDS.get(column.identifier or "", column.identifier or ""),
            erase=ANONYMISING[column.erase] if column.erase else "",
        )


def shown_changes(changes: Iterable[Change]) -> list[ShownChange]:
    """Return differences in the reader's words, those that widen first."""
    lines = [
        ShownChange(
            where=one.where,
            kind=CHANGES[one.kind],
            old=_value(one.old),
            new=_value(one.new),
            widens=one.widens,
        )
        for one in changes
    ]
    return sorted(lines, key=lambda line: not line.widens)


def shown_load(load: MapLoad) -> ShownLoad:
    """Return a loading in the reader's words."""
    label, tone = LOAD_STATES[LoadState(load.state)]
    by = load.loaded_by.name if load.loaded_by else _("the command line")
    return ShownLoad(load=load, label=label, tone=tone, by=by)


def _language() -> str:
    return get_language() or "en"


def _has(table: Table, wanted: str) -> bool:
    texts = [table.name, *table.title.model_dump().values()]
    texts += [column.name for column in table.columns]
    return any(wanted.casefold() in str(text).casefold() for text in texts)


def _whose(datamap: DataMap, table: Table) -> str:
    if table.role is Role.CONTROLLER:
        return _("our own")
    if table.controller is None:
        return _("several controllers")
    return datamap.controller(table.controller).name


def _on_request(table: Table) -> Text:
    if table.role is Role.PROCESSOR:
        return _("pass the request to the controller")
    return ERASING[table.erasure.on_request]


def _ways(table: Table) -> Iterator[Text]:
    for one in table.find:
        if isinstance(one, ByKey):
            yield KINDS.get(one.key, one.key)
        elif isinstance(one, Link):
            yield f"{one.resource}.{one.through}"
        else:
            yield one.through


def _counts_from(table: Table) -> str:
    if table.retention.dpa_end:
        return _("end of the agreement")
    if table.retention.none is not None:
        return table.retention.none.in_language(_language())
    return _anchor(table.retention.anchor) if table.retention.anchor else ""


def _anchor(anchor: Anchor) -> str:
    return ".".join(part for part in (anchor.through, anchor.column) if part)


def _value(value: Any) -> str:  # noqa: ANN401 (a document's value)
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and "columns" in value:
        return _("a table with %(count)s columns") % {"count": len(value["columns"])}
    if isinstance(value, dict) and "tables" in value:
        return _("a source with %(count)s tables") % {"count": len(value["tables"])}
    if isinstance(value, dict) and "en" in value:
        return str(value.get(_language(), value["en"]))
    if isinstance(value, dict) and not any(isinstance(one, dict | list) for one in value.values()):
        return ", ".join(f"{key}: {one}" for key, one in value.items())
    text = "" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
