"""What a purge does to each table, and when it has to stop and ask a person. Pure.

Safety principle: a row goes only if its date has come by the rule of its category. A row without
an anchor, with one that no record can have, of a controller whose agreement runs, or of a table
whose map names no anchor, stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from datamap.domain.erasing import Survey, Treatment
from datamap.domain.schema import Controller, DataMap, Resource, Table
from datamap.domain.vocabulary import Erasing, Role
from lib.entities import Entity, entity
from retention.domain.categories import Category
from retention.domain.expiry import expires_at, is_due
from retention.domain.treatments import due_before

#: No record of a telephony company is older: what says so is no date.
EARLIEST_ANCHOR: Final = date(1990, 1, 1)


class Alarm(StrEnum):
    """Why a table is not purged before a person has looked at it."""

    SHARE = "share"  # more of the table is due than is usual
    NUMBER = "number"  # more rows are due than may go in one run
    JUMP = "jump"  # many more than in the runs before
    NO_ANCHOR = "no_anchor"  # rows without a date, more than a person has accepted
    FUTURE_ANCHOR = "future_anchor"
    EARLY_ANCHOR = "early_anchor"  # before EARLIEST_ANCHOR


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much may go without a question. `share` of a table's rows, from `share_from` rows on;
    `jump` is the factor over the largest of the last runs, from `jump_from` rows on.
    """

    share: float = 0.5
    share_from: int = 100
    number: int = 5_000_000
    jump: float = 10.0
    jump_from: int = 1_000


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What a purge would do to one table, in rows. `rows`: all there are."""

    rows: int
    due: int
    held: int
    needed: int
    no_anchor: int
    early: int
    future: int
    oldest: date | None


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """How many rows without a usable date a person has accepted in a table."""

    no_anchor: int = 0
    early: int = 0
    future: int = 0


def purge_treatments(
    resource: Resource, *, data_map: DataMap, now: datetime
) -> Mapping[str, Treatment]:
    """Return what a purge at `now` does to each table of `resource`, by its name."""
    return {table.name: _treatment(table, resource, data_map, now) for table in resource.tables}


def _treatment(table: Table, resource: Resource, data_map: DataMap, now: datetime) -> Treatment:
    keep = Treatment(Erasing.KEEP)
    at_home = entity(resource.entity)
    if Category(table.category.value) is Category.ENTRUSTED or table.role is Role.PROCESSOR:
        return _entrusted(table, data_map, at_home, now) or keep
    if table.retention.anchor is None:
        return keep
    day = due_before(category=table.category.value, now=now, entity=at_home)
    return Treatment(table.erasure.when_due, due_before=day, due_from=EARLIEST_ANCHOR)


def _entrusted(table: Table, data_map: DataMap, at_home: Entity, now: datetime) -> Treatment | None:
    """Return what goes of data we hold for others: all of those whose agreement's time is over."""
    over = [one for one in data_map.controllers if _is_over(one, at_home, now)]
    if table.controller is not None:
        due = any(one.id == table.controller for one in over)
        return Treatment(table.erasure.when_due) if due else None
    keys = frozenset(one.source_key for one in over if one.source_key)
    if table.controller_column is None or not keys:
        return None
    return Treatment(table.erasure.when_due, controllers=keys)


def _is_over(controller: Controller, at_home: Entity, now: datetime) -> bool:
    if controller.dpa_ended_on is None:
        return False
    until = expires_at(
        category=Category.ENTRUSTED.value,
        anchor=controller.dpa_ended_on,
        entity=at_home,
        dpa_months=controller.dpa_months,
    )
    return is_due(now, until)


def usable_days(today: date) -> tuple[date, date]:
    """Return the first day that an anchor can have, and the first that it cannot have any more."""
    return EARLIEST_ANCHOR, today + timedelta(days=2)


def outlook_of(survey: Survey, *, by: Treatment, today: date) -> Outlook:
    """Return a survey of everybody's rows as a purge looks at it; `today` is the entity's.

    Dates are looked at where they decide `by` the treatment.
    """
    kept = survey.kept if by.due_before is not None else {}
    first, end = usable_days(today)
    return Outlook(
        rows=sum(survey.kept.values())
        + sum(one.rows for one in (survey.going, survey.needed, survey.held, survey.done)),
        due=survey.going.rows,
        held=survey.held.rows,
        needed=survey.needed.rows,
        no_anchor=kept.get(None, 0),
        early=sum(rows for day, rows in kept.items() if day and day < first),
        future=sum(rows for day, rows in kept.items() if day and day >= end),
        oldest=survey.oldest,
    )


def alarms_of(
    seen: Outlook, *, before: Sequence[int], accepted: Accepted, limits: Limits
) -> tuple[Alarm, ...]:
    """Return why a table has to wait for a person, in the order of `Alarm`; none: it need not.

    `before` are the rows that went in the last runs. Where nothing is due nothing is asked: dates
    that are missing do no harm then.
    """
    return tuple(_alarms(seen, before, accepted, limits)) if seen.due else ()


def _alarms(
    seen: Outlook, before: Sequence[int], accepted: Accepted, limits: Limits
) -> Iterator[Alarm]:
    if seen.due >= limits.share_from and seen.due > limits.share * seen.rows:
        yield Alarm.SHARE
    if seen.due > limits.number:
        yield Alarm.NUMBER
    if before and seen.due >= limits.jump_from and seen.due > limits.jump * max(*before, 1):
        yield Alarm.JUMP
    if seen.no_anchor > accepted.no_anchor:
        yield Alarm.NO_ANCHOR
    if seen.future > accepted.future:
        yield Alarm.FUTURE_ANCHOR
    if seen.early > accepted.early:
        yield Alarm.EARLY_ANCHOR


#: The bounds of a stretch, in rows.
_STRETCH: Final = range(1_000, 2_000_000)


def next_size(size: int, *, seconds: float, aim: float) -> int:
    """Return how many rows the next stretch should have, to take `aim` seconds.

    Never more than twice or less than half of the last one: a single slow moment says little.
    """
    factor = min(max(aim / max(seconds, 0.001), 0.5), 2.0)
    return min(max(int(size * factor), min(size, _STRETCH.start)), _STRETCH.stop)


def levels_of(resource: Resource, children: Mapping[str, frozenset[str]]) -> Mapping[str, int]:
    """Return in which round each table of a resource goes: children before their parents.

    Tables in a circle share the round of the last of them.
    """
    found: dict[str, int] = {}

    def level(name: str, above: frozenset[str]) -> int:
        if name in above:
            return 0
        if name not in found or above:
            below = [level(one, above | {name}) for one in children.get(name, ()) if one != name]
            deepest = 1 + max(below, default=-1)
            if above:
                return deepest
            found[name] = deepest
        return found[name]

    return {table.name: level(table.name, frozenset()) for table in resource.tables}
