"""How far an exclusion reaches beside whose rows it names: one controller, a span of days.

Safety principle: neither condition is ever NULL, and what cannot be told counts as covered: a row
that names no controller, a row without a usable anchor.
"""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from datamap.connectors.sql_anchors import anchor_holds
from datamap.connectors.sql_days import ColumnTypes, anchor_days
from datamap.connectors.sql_known import Known, negated
from datamap.domain.erasing import FIRST_USABLE, NO_LATER, Exclusion
from datamap.domain.schema import Resource, Table


def named_controller(exclusion: Exclusion, table: Table, of: FromClause) -> Known:
    """Rows of the controllers that an exclusion is limited to, and rows that name none."""
    if not exclusion.controllers:
        return True
    if table.controller_column is None:
        return table.controller in exclusion.controllers
    column = of.c[table.controller_column]
    named = sa.cast(column, sa.String)
    blank = sa.or_(column.is_(None), sa.func.trim(named) == "")
    return sa.or_(blank, named.in_(sorted(exclusion.controller_keys)))


def within_days(
    resource: Resource, table: Table, types: ColumnTypes, exclusion: Exclusion, of: FromClause
) -> Known:
    """Rows whose anchor lies in an exclusion's days, and rows without a usable anchor."""
    first, last = exclusion.anchored_from, exclusion.anchored_until
    anchor = table.retention.anchor
    if anchor is None or (first is None and last is None):
        return True
    days = anchor_days(resource, table, types)

    def outside(of: ColumnElement[Any]) -> ColumnElement[bool]:
        beyond = []
        if first is not None and first > FIRST_USABLE:
            beyond.append(days.before(of, first))
        if last is not None and last < NO_LATER - timedelta(days=1):
            beyond.append(sa.not_(days.before(of, max(last + timedelta(days=1), FIRST_USABLE))))
        usable = sa.and_(sa.not_(days.before(of, FIRST_USABLE)), days.before(of, NO_LATER))
        return sa.and_(usable, sa.or_(sa.false(), *beyond))

    return negated(anchor_holds(resource, anchor, of, outside))
