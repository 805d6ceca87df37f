"""The record of processing activities (GDPR Art. 30), computed from the map. Pure.

Nothing is typed in twice and nothing invented: what the law asks for and the map does not say is
a `Missing` that names the place in the map where it belongs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeAlias, TypeVar

from datamap.domain.particulars import data_kinds_of, recipients_of
from datamap.domain.schema import Controller, DataMap, LocalizedText, Recipient, Resource, Table
from datamap.domain.transfers import Cover, Transfer, transfer_by, transfer_to
from datamap.domain.vocabulary import Category, DataKind, LegalBasis, Role

Item = TypeVar("Item")


class Gap(StrEnum):
    """What the law asks for and the map does not say."""

    SUBJECTS = "subjects"  # Art. 30(1)(c)
    SECURITY = "security"  # Art. 30(1)(g), (2)(d)
    SAFEGUARD = "safeguard"  # Art. 30(1)(e), (2)(c): no decision covers the country
    COVERED = "covered"  # ... a decision covers only some recipients there
    CONTROLLER = "controller"  # Art. 30(2)(a): no controller of the map has a `source_key`


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One gap, and the place in the map where it is closed, as in `platform.calls.subjects`."""

    gap: Gap
    place: str


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A table with the resource it lies in."""

    resource: Resource
    table: Table

    @property
    def place(self) -> str:
        """Return its place in the map."""
        return f"{self.resource.id}.{self.table.name}"


@dataclass(frozen=True, kw_only=True)
class Activity:
    """One purpose of one controller: what Art. 30(1)(b)-(g) or 30(2)(b)-(d) ask for.

    `entity` is the code of the group's company that is controller, or processor. `controllers`
    are those on whose behalf it works: none for own data, one in a record, several only after
    `together`. `categories` have a time limit by their rule, `unlimited` are reasons for none.
    """

    role: Role
    entity: str
    controllers: tuple[Controller, ...]
    purpose: LocalizedText
    legal_basis: LegalBasis | None
    tables: tuple[Kept, ...]
    subjects: tuple[LocalizedText, ...]
    data: tuple[DataKind, ...]
    recipients: tuple[Recipient, ...]
    transfers: tuple[Transfer, ...]
    categories: tuple[Category, ...]
    unlimited: tuple[LocalizedText, ...]
    security: tuple[LocalizedText, ...]
    missing: tuple[Missing, ...]


_Key: TypeAlias = tuple[Role, str, Controller | None, LocalizedText, LegalBasis | None]


def activities_of(datamap: DataMap, *, on: date) -> tuple[Activity, ...]:
    """Return every activity as of the day `on`, own ones first, in the order of the map.

    A table belongs to one activity; one that several controllers share, to one of each of them.
    """
    groups: dict[_Key, list[Kept]] = {}
    for resource in datamap.resources:
        for table in resource.tables:
            for controller in _controllers(datamap, table):
                key = (table.role, resource.entity, controller, table.purpose, table.legal_basis)
                groups.setdefault(key, []).append(Kept(resource=resource, table=table))
    found = [_activity(datamap, held, key[2], on) for key, held in groups.items()]
    return tuple(sorted(found, key=lambda one: one.role is Role.PROCESSOR))


def of_role(activities: Iterable[Activity], role: Role) -> tuple[Activity, ...]:
    """Return the activities of Art. 30(1), as controller, or of Art. 30(2), as processor."""
    return tuple(one for one in activities if one.role is role)


def together(activities: Iterable[Activity]) -> tuple[Activity, ...]:
    """Return the activities with those joined that differ only in the controller."""
    found: list[Activity] = []
    for one in activities:
        same = (at for at, other in enumerate(found) if _is_same(one, other))
        at = next(same, None)
        if at is None:
            found.append(one)
        else:
            found[at] = replace(found[at], controllers=found[at].controllers + one.controllers)
    return tuple(found)


def missing_in(activities: Iterable[Activity]) -> tuple[Missing, ...]:
    """Return every gap once, in the order of the activities."""
    return _unique(one for activity in activities for one in activity.missing)


def _is_same(one: Activity, other: Activity) -> bool:
    return replace(one, controllers=()) == replace(other, controllers=())


def _controllers(datamap: DataMap, table: Table) -> Sequence[Controller | None]:
    """Whose data a table holds: None is our own, or nobody whom the map names."""
    if table.role is Role.CONTROLLER:
        return [None]
    if table.controller is not None:
        return [datamap.controller(table.controller)]
    return [one for one in datamap.controllers if one.source_key is not None] or [None]


def _activity(
    datamap: DataMap, held: Sequence[Kept], controller: Controller | None, on: date
) -> Activity:
    first = held[0]
    recipients = _unique(
        one for kept in held for one in recipients_of(datamap, kept.resource, kept.table)
    )
    kinds = {one for kept in held for one in data_kinds_of(kept.table)}
    tables = [kept.table for kept in held]
    transfers = _transfers(held, recipients, on)
    return Activity(
        role=first.table.role,
        entity=first.resource.entity,
        controllers=() if controller is None else (controller,),
        purpose=first.table.purpose,
        legal_basis=first.table.legal_basis,
        tables=tuple(held),
        subjects=_unique(one for kept in held for one in _subjects(kept)),
        data=tuple(kind for kind in DataKind if kind in kinds),
        recipients=recipients,
        transfers=transfers,
        categories=_unique(one.category for one in tables if one.retention.none is None),
        unlimited=_unique(one.retention.none for one in tables if one.retention.none is not None),
        security=_unique(one for kept in held for one in kept.resource.security or ()),
        missing=_unique(_missing(held, controller, transfers)),
    )


def _subjects(kept: Kept) -> tuple[LocalizedText, ...]:
    own = kept.table.subjects
    return (kept.resource.subjects or ()) if own is None else own


def _transfers(
    held: Sequence[Kept], recipients: Iterable[Recipient], on: date
) -> tuple[Transfer, ...]:
    kept_at = (transfer_by(one.resource.location, one.resource.id, on=on) for one in held)
    told = (transfer_to(one, on=on) for one in recipients)
    return _unique(one for one in (*kept_at, *told) if one is not None)


_UNCOVERED: Mapping[Cover, Gap] = {Cover.NONE: Gap.SAFEGUARD, Cover.IN_PART: Gap.COVERED}


def _missing(
    held: Sequence[Kept], controller: Controller | None, transfers: Iterable[Transfer]
) -> Iterator[Missing]:
    for kept in held:
        is_own = kept.table.role is Role.CONTROLLER
        if not is_own and controller is None:
            yield Missing(gap=Gap.CONTROLLER, place=f"{kept.place}.controller_column")
        if is_own and not _subjects(kept):  # Art. 30(2) does not ask a processor for them
            yield Missing(gap=Gap.SUBJECTS, place=f"{kept.place}.subjects")
        if not kept.resource.security:
            yield Missing(gap=Gap.SECURITY, place=f"{kept.resource.id}.security")
    for transfer in transfers:
        if transfer.cover in _UNCOVERED:
            yield Missing(gap=_UNCOVERED[transfer.cover], place=f"{transfer.place}.safeguard")


def _unique(found: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(found))
