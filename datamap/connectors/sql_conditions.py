"""Which rows a scope takes, as SQL: one set of conditions for what is planned and what is done.

Safety principle: a row goes only if it is the person's, its treatment takes it now, no exclusion
covers it and no row that stays hangs on it. A condition that is NULL takes nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.selectable import FromClause, NamedFromClause

from datamap.connectors.sql_anchors import anchor_holds
from datamap.connectors.sql_anonymising import anonymised_columns, untouched
from datamap.connectors.sql_days import ColumnTypes, anchor_days
from datamap.connectors.sql_excluding import named_controller, within_days
from datamap.connectors.sql_known import Condition, Known, all_of, any_of, as_sql, negated
from datamap.connectors.sql_matching import matching, table_clause
from datamap.domain.erasing import Exclusion, KeyRange, Scope, Treatment
from datamap.domain.hanging import Hanging, paths_to
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource, Table
from datamap.domain.vocabulary import Erasing

__all__ = [
    "Condition",
    "Conditions",
    "Known",
    "all_of",
    "among",
    "any_of",
    "as_sql",
    "bare_table",
    "in_range",
    "negated",
]


class Conditions:
    """The conditions of one scope in one resource, for the tables of one connection."""

    def __init__(self, resource: Resource, scope: Scope, types: ColumnTypes) -> None:
        self.resource = resource
        self.scope = scope
        self.types = types

    def mine(self, table: Table, of: NamedFromClause) -> Known:
        """Rows of the scope's keys; without keys, everybody's."""
        if self.scope.keys is None:
            return True
        found = self._matching(table, of, self.scope.keys)
        return False if found is None else found

    def treated(self, table: Table, of: FromClause) -> Known:
        """Rows whose treatment takes them now, as far as their anchor decides. May be NULL."""
        treatment = self.scope.treatment(table.name)
        if treatment.action is Erasing.KEEP:
            return False
        return all_of(_of_controllers(table, treatment, of), self._due(table, treatment, of))

    def _due(self, table: Table, treatment: Treatment, of: FromClause) -> Known:
        day, first = treatment.due_before, treatment.due_from
        if day is None:
            return True
        if table.retention.anchor is None:
            return False
        days = anchor_days(self.resource, table, self.types)

        def between(anchor: ColumnElement[Any]) -> ColumnElement[bool]:
            before = days.before(anchor, day)
            return before if first is None else sa.and_(before, sa.not_(days.before(anchor, first)))

        return anchor_holds(self.resource, table.retention.anchor, of, between)

    def excluded(self, table: Table, of: NamedFromClause) -> Known:
        """Rows that an exclusion covers. May be NULL."""
        return any_of(*self._exclusions(table, of))

    def done(self, table: Table, of: FromClause) -> Known:
        """Rows that are anonymised already, where that is what the treatment asks. Never NULL."""
        if self.scope.treatment(table.name).action is not Erasing.ANONYMISE:
            return False
        left = [
            untouched(self.types.backend, column, of.c[column.name])
            for column in anonymised_columns(table)
        ]
        return sa.not_(sa.or_(*left)) if left else True

    def needs(self, table: Table, of: NamedFromClause) -> list[Condition]:
        """Return the ways in which a row that stays hangs on a row, directly or through others.

        None is ever NULL. A row that is anonymised, or about to be, is nobody's any more and
        needs nothing.
        """
        found: list[Condition] = []
        kept_whole: list[tuple[Hanging, ...]] = []
        for path in paths_to(self.resource, table):
            if any(path[: len(above)] == above for above in kept_whole):
                continue  # whatever hangs further down hangs on rows that stay anyway
            found += self._stays(path, of)
            if self.scope.treatment(path[-1].child).action is Erasing.KEEP:
                kept_whole.append(path)
        return found

    def going(self, table: Table, of: NamedFromClause) -> Known:
        """Rows that go now, by everything above."""
        return self.allowed(table, of, self.treated(table, of))

    def allowed(self, table: Table, of: NamedFromClause, taken: Known) -> Known:
        """Rows among those `taken` that are the person's and that nothing keeps."""
        return all_of(
            self.mine(table, of),
            taken,
            negated(self.done(table, of)),
            negated(self.excluded(table, of)),
            *(sa.not_(one) for one in self.needs(table, of)),
        )

    def _matching(self, table: Table, of: NamedFromClause, keys: SubjectKeys) -> Condition | None:
        return matching(self.resource, table, of, keys, backend=self.types.backend)

    def _exclusions(self, table: Table, of: NamedFromClause) -> Iterator[Known]:
        for one in self.scope.exclusions:
            if one.covers(self.resource.id, table.name, table.category.value):
                yield all_of(
                    self._theirs(one, table, of),
                    named_controller(one, table, of),
                    within_days(self.resource, table, self.types, one, of),
                )

    def _theirs(self, exclusion: Exclusion, table: Table, of: NamedFromClause) -> Known:
        if exclusion.keys is None:
            return True
        theirs = self._matching(table, of, exclusion.keys)
        return False if theirs is None else theirs

    def _stays(self, path: tuple[Hanging, ...], of: NamedFromClause) -> Iterator[Condition]:
        """Yield, for each reason to stay, that a row at the end of `path` has it.

        Each is a condition of its own, because a database can join on one and not on either.
        """
        tables = [self.resource.table(step.child) for step in path]
        last, found = tables[-1], path[-1].found
        for place, _ in enumerate(self._why(last, table_clause(last), found=found)):
            here = [table_clause(table) for table in tables]
            reasons = list(self._why(last, here[-1], found=found))
            why = all_of(reasons[place], negated(self.done(last, here[-1])))
            if why is False:
                continue
            above = (of, *here[:-1])
            joins = (
                child.c[ours] == parent.c[theirs]
                for step, child, parent in zip(path, here, above, strict=True)
                for ours, theirs in step.on
            )
            inside = sa.select(1).select_from(*here).where(*joins)
            yield sa.exists(inside if why is True else inside.where(why))
            if why is True:
                return

    def _why(self, table: Table, of: NamedFromClause, *, found: bool) -> Iterator[Known]:
        yield negated(self.treated(table, of))
        yield from self._exclusions(table, of)
        # A row that is found through a person's row is the person's; others may be anybody's.
        yield False if found else negated(self.mine(table, of))


def _of_controllers(table: Table, treatment: Treatment, of: FromClause) -> Known:
    """Rows of the controllers that a treatment is limited to; those that name none stay."""
    if treatment.controllers is None:
        return True
    if table.controller_column is None:
        return False
    named = sa.cast(of.c[table.controller_column], sa.String)
    return named.in_(sorted(treatment.controllers))


def bare_table(table: Table) -> sa.TableClause:
    """Return the table without an alias: not every database deletes from one."""
    bare = getattr(table_clause(table), "element", None)
    if not isinstance(bare, sa.TableClause):
        raise TypeError("no table stands under the alias")
    return bare


def among(table: Table, of: NamedFromClause, keys: Sequence[tuple[object, ...]]) -> Known:
    """Return the condition that a row's key is one of `keys`."""
    if not keys:
        return False
    columns = [of.c[name] for name in table.primary_key]
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return sa.tuple_(*columns).in_(keys)


def in_range(table: Table, of: FromClause, within: KeyRange | None) -> Known:
    """Rows whose key lies in a range."""
    if within is None:
        return True
    key = [of.c[name] for name in table.primary_key]
    return all_of(
        True if within.after is None else _after(key, within.after),
        True if within.up_to is None else _up_to(key, within.up_to),
    )


def _after(key: Sequence[ColumnElement[Any]], bound: tuple[object, ...]) -> Condition:
    """Return `key > bound`, written so that every database can use an index for it."""
    first, value = key[0], bound[0]
    if len(key) == 1:
        return first > value
    return sa.and_(first >= value, sa.or_(first > value, _after(key[1:], bound[1:])))


def _up_to(key: Sequence[ColumnElement[Any]], bound: tuple[object, ...]) -> Condition:
    first, value = key[0], bound[0]
    if len(key) == 1:
        return first <= value
    return sa.and_(first <= value, sa.or_(first < value, _up_to(key[1:], bound[1:])))
