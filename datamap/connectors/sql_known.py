"""Conditions of which some are known without asking the source."""

import sqlalchemy as sa
from sqlalchemy.sql import ColumnElement

Condition = ColumnElement[bool]
#: A condition; True or False where it is known without asking the source.
Known = Condition | bool


def negated(condition: Known) -> Known:
    """Return the opposite; what is NULL counts as not so."""
    if isinstance(condition, bool):
        return not condition
    if isinstance(condition, sa.Exists):  # never NULL, and left as it is a database can join on it
        return sa.not_(condition)
    return sa.not_(sa.func.coalesce(condition, sa.false()))


def all_of(*conditions: Known) -> Known:
    """Return that all hold."""
    if any(one is False for one in conditions):
        return False
    asked = [one for one in conditions if not isinstance(one, bool)]
    return sa.and_(*asked) if asked else True


def any_of(*conditions: Known) -> Known:
    """Return that one holds."""
    if any(one is True for one in conditions):
        return True
    asked = [one for one in conditions if not isinstance(one, bool)]
    return sa.or_(*asked) if asked else False


def as_sql(condition: Known) -> Condition:
    """Return a condition that can stand in a statement, known or not."""
    if isinstance(condition, bool):
        return sa.true() if condition else sa.false()
    return condition
