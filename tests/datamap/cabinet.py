"""A shop that is kept by hand: a SQLite file is the cabinet, and its owner does what tasks say.

So the contract of all connectors is asked of the manual one too.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from accounts.domain.roles import Role
from accounts.models import User
from datamap.connectors import AwaitingPerson, Connector, connector_for
from datamap.connectors.base import Reader, Writer
from datamap.connectors.sql_matching import matching, table_clause
from datamap.domain.changes import document_of
from datamap.domain.erasing import Permit, Scope
from datamap.domain.instructions import Instruction
from datamap.domain.keys import SubjectKeys
from datamap.domain.lines import shown_columns
from datamap.domain.schema import DataMap, Recipient, Resource, Table
from datamap.domain.schema import ManualConnector as ByHand
from datamap.domain.tasks import Outcome, TaskState, Verb
from datamap.models import ManualTask, MapVersion
from datamap.queries import map_of
from datamap.services.loading import hash_of
from datamap.services.manual import sign, upload_rows
from tests.accounts.factories import make_user
from tests.datamap.contract import RESOURCE, Ledger

T = TypeVar("T")
AT = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
REFERENCE = "test:1"


def by_hand(resource: Resource) -> Resource:
    """Return the resource as one that is kept by hand."""
    return resource.model_copy(update={"connector": ByHand(kind="manual")})


def put_in_force(*resources: Resource) -> MapVersion:
    """Make a map of these resources the current one."""
    ordered = sorted(resources, key=lambda one: (one.order, one.id))
    names = {name for one in resources for name in one.recipients}
    document = document_of(
        DataMap(
            recipients=tuple(_recipient(name) for name in sorted(names)), resources=tuple(ordered)
        )
    )
    return MapVersion.objects.create(
        hash=hash_of(document), document=document, loaded_at=AT, loaded_by="test", is_current=True
    )


def _recipient(name: str) -> Recipient:
    role = {"en": "x", "pl": "x", "et": "x", "lv": "x"}
    return Recipient.model_validate({"id": name, "name": name, "role": role, "country": "IE"})


def answer(
    task: ManualTask,
    by: User,
    files: Mapping[str, str] | None = None,
    *,
    at: datetime = AT,
) -> ManualTask:
    """Upload the files (by table) and sign."""
    resource = map_of(task.map_version.hash).resource(task.resource_id)
    for name, content in (files or {}).items():
        upload_rows(task=task, table=resource.table(name), content=content.encode(), by=by, at=at)
    outcome = Outcome.DONE
    if task.verb == Verb.SEARCH.value:
        outcome = Outcome.FOUND if files else Outcome.NOTHING_FOUND
    return sign(task=task, outcome=outcome, sentence="I did.", seen=bytes(task.key), by=by, at=at)


@dataclass(frozen=True)
class Owner:
    """Does what is asked, in the cabinet, and signs."""

    engine: sa.Engine
    user: User

    def answer_all(self) -> None:
        """Answer every open task."""
        for task in ManualTask.objects.filter(state=TaskState.OPEN.value):
            if task.verb == Verb.SEARCH.value:
                keys = SubjectKeys.from_json(task.wanted["keys"])
                answer(task, self.user, self._found(keys))
            else:
                for one in task.wanted["instructions"]:
                    self._carry_out(Instruction.from_json(one))
                answer(task, self.user)

    def _found(self, keys: SubjectKeys) -> dict[str, str]:
        files = {}
        with self.engine.connect() as connection:
            for table in RESOURCE.tables:
                rows = self._rows(connection, table, keys)
                if rows:
                    files[table.name] = "\n".join(json.dumps(row, default=str) for row in rows)
        return files

    def _rows(
        self, connection: sa.Connection, table: Table, keys: SubjectKeys
    ) -> list[dict[str, object]]:
        here = table_clause(table)
        condition = matching(RESOURCE, table, here, keys, backend="sqlite")
        if condition is None:
            return []
        shown = [here.c[column.name] for column in shown_columns(table)]
        found = connection.execute(sa.select(*shown).where(condition)).mappings()
        return [{str(name): _plain(value) for name, value in row.items()} for row in found]

    def _carry_out(self, one: Instruction) -> None:
        names = [column.name for column in RESOURCE.table(one.table).columns]
        clause = sa.table(one.table, *(sa.column(name) for name in names))
        where = [clause.c[name] == value for name, value in one.row.items()]
        with self.engine.begin() as connection:
            if one.removes:
                done = connection.execute(sa.delete(clause).where(*where))
            else:
                changed = sa.update(clause).where(*where).values({one.column: one.new})
                done = connection.execute(changed)
        assert done.rowcount == 1


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value


class Attended:
    """A connector whose owner answers at once, and whoever asked asks again."""

    def __init__(self, resource: Resource, owner: Owner) -> None:
        self._owner = owner
        self._connector = connector_for(resource, reference=REFERENCE)
        self._tables = resource.tables

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: self._again(
            lambda: getattr(self._connector, name)(*args, **kwargs)
        )

    def _again(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except AwaitingPerson:
            self._owner.answer_all()
            return call()

    @contextmanager
    def extract(self, table: Table, keys: SubjectKeys) -> Iterator[object]:
        self._again(lambda: self._connector.count(table, keys))
        with self._connector.extract(table, keys) as rows:
            yield rows

    @contextmanager
    def writing(self, permit: Permit) -> Iterator[Writer]:
        """Do it; where the owner has to sign it first, do the very same again."""
        keys = permit.scope.keys
        if keys is not None:
            self._again(lambda: self._connector.count(self._tables[0], keys))
        calls = _Remembered()
        try:
            with self._connector.writing(permit) as writer:
                calls.writer = writer
                yield cast("Writer", calls)
        except AwaitingPerson:
            self._owner.answer_all()
            with self._connector.writing(permit) as writer:
                calls.repeat(writer)


class _Remembered:
    """Passes calls on, and can make them again."""

    def __init__(self) -> None:
        self.writer: Reader | None = None
        self._calls: list[tuple[str, tuple[object, ...], dict[str, object], object]] = []

    def __getattr__(self, name: str) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            result = getattr(self.writer, name)(*args, **kwargs)
            self._calls.append((name, args, kwargs, result))
            return result

        return call

    def repeat(self, writer: Writer) -> None:
        for name, args, kwargs, result in self._calls:
            assert getattr(writer, name)(*args, **kwargs) == result


@dataclass(frozen=True)
class Cabinet(Ledger):
    """The shop of the contract tests, kept by hand."""

    owner: Owner | None = None

    @property
    def connector(self) -> Connector:
        assert self.owner is not None
        return cast("Connector", Attended(self.resource, self.owner))

    def writing(self, scope: Scope) -> AbstractContextManager[Writer]:
        return self.connector.writing(Permit(self.resource.id, scope))


def make_cabinet(ledger: Ledger) -> Cabinet:
    """Return the filled shop of `ledger` as one that is kept by hand; its map is in force."""
    resource = by_hand(ledger.resource)
    put_in_force(resource)
    owner = make_user(Role.ENGINEER, email=resource.owner.email)
    return Cabinet(ledger.source, resource, Owner(ledger.source.engine, owner))
