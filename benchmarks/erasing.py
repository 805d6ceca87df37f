"""Erasure: a person's rows out of the source, as bare SQL and as the product does it."""

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from uuid import uuid4

import psycopg2

from accounts.models import User
from benchmarks.access import owned_by
from benchmarks.company import email_of
from datamap.connectors import connector_for
from datamap.domain.erasing import Scope, Tally, Treatment
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource
from datamap.domain.vocabulary import Erasing
from erasure.domain.states import PlanState
from erasure.models import Plan
from erasure.services.approval import approve_plan
from erasure.services.planning import prepare_plan
from erasure.services.work import work_next
from ledger.services.booking import Booked
from retention.domain.treatments import rules_hash
from retention.services.gate import permitted

_DELETED = ("calls", "messages", "uploads")
#: In this order, for visits are found through their client.
_OVERWRITTEN = {
    "visits": "address = NULL, agent = 'removed'",
    "clients": "number = NULL, name = NULL, email = NULL",
}
_TREATMENTS: Mapping[str, Treatment] = {
    **dict.fromkeys(_DELETED, Treatment(Erasing.DELETE)),
    **dict.fromkeys(_OVERWRITTEN, Treatment(Erasing.ANONYMISE)),
}


def plain_statements(address: str, person: int) -> int:
    """Delete and overwrite the person's rows as bare SQL, in one transaction."""
    rows = 0
    with (
        closing(psycopg2.connect(address)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        for table in _DELETED:
            own = owned_by(cursor, table, person)
            cursor.execute(f"DELETE FROM {table} WHERE {own}")  # noqa: S608 (our own)
            rows += cursor.rowcount
        for table, change in _OVERWRITTEN.items():
            own = owned_by(cursor, table, person)
            cursor.execute(f"UPDATE {table} SET {change} WHERE {own}")  # noqa: S608
            rows += cursor.rowcount
    return rows


def erase(resource: Resource, person: int) -> int:
    """Do the same through the gate and the connector, in one transaction of the source."""
    rows = 0
    scope = Scope(SubjectKeys(emails=(email_of(person),)), _TREATMENTS)
    booked = Booked("benchmark", resource.id)
    gate = permitted(resource=resource, scope=scope, rules_hash=rules_hash(), booked=booked)
    with gate as permit, connector_for(resource).writing(permit) as writer:
        for name in (*_DELETED, *_OVERWRITTEN):
            rows += writer.erase(resource.table(name)).rows
    return rows


def plan(person: int, *, by: User) -> Plan:
    """Return the plan of the person's erasure, surveyed."""
    keys = SubjectKeys(emails=(email_of(person),))
    made = prepare_plan(
        reference=f"benchmark:{uuid4()}",
        keys=keys,
        given=keys,
        claims={},
        tell_when_gone=False,
        by=by,
        at=_now(),
    )
    while work_next(clock=_now):
        pass
    made.refresh_from_db()
    return made


def carry_out(made: Plan, *, by: User) -> int:
    """Approve the plan and carry it out, with the search afterwards; return the rows that went."""
    approve_plan(plan=made, seen_hash=made.hash, by=by, at=_now())
    while work_next(clock=_now):
        pass
    made.refresh_from_db()
    if PlanState(made.state) is not PlanState.DONE:
        errors = list(made.tables.exclude(error_code="").values_list("table_name", "error_code"))
        raise RuntimeError(f"The plan is {made.state} {made.stop_reason}: {errors}")
    return sum(Tally.parse(table.executed).rows for table in made.tables.all())


def _now() -> datetime:
    return datetime.now(UTC)
