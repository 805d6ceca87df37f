"""Access: a person's rows out of the source, as bare SQL and as the product does it."""

from contextlib import closing
from datetime import UTC, datetime

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 (a class named like a variable)

from accounts.models import User
from audit.domain.actor import Actor
from benchmarks.company import COLUMNS, email_of
from datamap.connectors import connector_for
from datamap.domain.keys import SubjectKeys
from datamap.domain.lines import Lines
from datamap.domain.schema import Resource
from lib.units import Status
from requests_portal.domain.intake import Intake
from requests_portal.domain.rights import Channel, Outcome, Right
from requests_portal.models import Case, CollectedTable, Package
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decisions import decide
from requests_portal.services.packages import build_next

_TIMES_WRITTEN = 2  # in data.json and in a CSV


class Nowhere:
    """Takes what comes and forgets it, as /dev/null does, but for the number of rows."""

    def __init__(self) -> None:
        self.rows = 0

    def write(self, _row: bytes) -> None:
        self.rows += 1

    def take(self, lines: Lines) -> None:
        self.rows += lines.rows


def owned_by(cursor: Cursor, table: str, person: int) -> str:
    """Return the condition for the person's rows of `table`, as anybody would write it."""
    client = cursor.mogrify(
        "(SELECT id FROM clients WHERE lower(trim(email)) = %s)", [email_of(person)]
    ).decode()
    return f"{'id' if table == 'clients' else 'client_id'} IN {client}"


def copy_out(address: str, person: int, *, order: str = "", options: str = "") -> int:
    """Copy the person's rows out of each table, as bare SQL; return their number."""
    out = Nowhere()
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        for table, columns in COLUMNS.items():
            own = owned_by(cursor, table, person)
            query = f"SELECT {columns} FROM {table} WHERE {own} {order}"  # noqa: S608 (our own)
            cursor.copy_expert(f"COPY ({query}) TO STDOUT {options}", out)
    return out.rows


def extract(resource: Resource, person: int) -> int:
    """Extract the person's rows as JSON lines; return their number."""
    out = Nowhere()
    keys = SubjectKeys(emails=(email_of(person),))
    with connector_for(resource).snapshot() as reader:
        for table in resource.tables:
            reader.lines(table, keys, out.take)
    return out.rows


def file_request(person: int, *, by: User) -> Case:
    """Return the person's request for access, taken up and waiting to be searched for."""
    now = datetime.now(UTC)
    case = receive_case(
        intake=Intake(
            right=Right.ACCESS,
            channel=Channel.PORTAL,
            language="en",
            entity_code="EE",
            received_at=now,
            name="Person",
            email=email_of(person),
        ),
        by=Actor.person(),
        at=now,
    )
    start_collection(case=case, by=Actor.staff(by.pk), at=now)
    return case


def collect(case: Case) -> int:
    """Search for the case and seal what is found; return the number of rows."""
    while collect_next(clock=_now):
        pass
    return sum(CollectedTable.objects.filter(unit__case=case).values_list("row_count", flat=True))


def build_package(case: Case, *, by: User) -> int:
    """Decide the case and build its package; return the number of rows in it."""
    case.refresh_from_db()
    decide(case=case, outcome=Outcome.GRANTED, message="", identity_checked=True, by=by, at=_now())
    while build_next(clock=_now):
        pass
    return Package.objects.get(case=case, status=Status.DONE).rows_done // _TIMES_WRITTEN


def _now() -> datetime:
    return datetime.now(UTC)
