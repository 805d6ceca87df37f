"""What people keep by hand: a filing cabinet, a mailbox, a service without an interface.

A verb that needs a person opens a task and raises AwaitingPerson; once the task is signed, the
same call returns the answer. What was uploaded for a reference is held in memory as a database, so
that finding, masking, surveying and changing are the same code as anywhere.

Safety principle: nothing counts as searched, erased or corrected that nobody has signed. A writing
transaction is only carried out in memory: what it changed is the instruction to the owner, and it
commits when exactly that is signed.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from django.db import transaction
from django.utils import timezone
from sqlalchemy import Connection

from datamap.connectors.base import ExtractedRow, FieldChange, Purging, Reader, Writer
from datamap.connectors.errors import AwaitingPerson, SourceRefused
from datamap.connectors.manual_asking import ask_to_change, ask_to_search, withdraw_changes
from datamap.connectors.manual_holding import Held, HeldRows, held_for, take_over
from datamap.connectors.manual_rows import in_memory, rows_in
from datamap.connectors.sql import SqlReader, SqlWriter
from datamap.connectors.sql_writing import refuse_other_resource
from datamap.domain.erasing import KeyRange, Part, Permit, Scope, Survey, Tally
from datamap.domain.instructions import instructions
from datamap.domain.keys import FoundKey, Resolved, SubjectKeys
from datamap.domain.lines import Sink
from datamap.domain.links import LinkedColumn
from datamap.domain.schema import Resource, Table
from datamap.domain.tasks import Verb, keys_searched


class ManualConnector:
    """One resource that a person keeps, used for one reference."""

    def __init__(self, resource: Resource, reference: str) -> None:
        self.resource = resource
        self.reference = reference

    def health(self) -> None:
        """Return: a person is always there, and `datamap check` says who has no account."""

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        """Open what was answered so far for the reference."""
        held = held_for(self.resource, self.reference)
        with in_memory(self.resource, held.rows) as connection:
            yield ManualReader(self.resource, connection, held)

    def locate(self, keys: SubjectKeys) -> Resolved:
        """See `Reader.locate`."""
        with self.snapshot() as reader:
            return reader.locate(keys)

    def links(self, columns: Collection[LinkedColumn], keys: SubjectKeys) -> tuple[FoundKey, ...]:
        """See `Reader.links`."""
        with self.snapshot() as reader:
            return reader.links(columns, keys)

    def identifiers(self, kinds: Collection[str]) -> Iterator[tuple[str, str]]:  # noqa: ARG002 (the protocol's)
        """Refuse: nobody writes down everybody."""
        raise _by_hand(self.resource, self.resource.tables[0])

    def count(self, table: Table, keys: SubjectKeys) -> int:
        """See `Reader.count`."""
        with self.snapshot() as reader:
            return reader.count(table, keys)

    @contextmanager
    def extract(self, table: Table, keys: SubjectKeys) -> Iterator[Iterator[ExtractedRow]]:
        """See `Reader.extract`."""
        with self.snapshot() as reader, reader.extract(table, keys) as rows:
            yield rows

    def lines(self, table: Table, keys: SubjectKeys, into: Sink) -> None:
        """See `Reader.lines`."""
        with self.snapshot() as reader:
            reader.lines(table, keys, into)

    def count_by_controller(self, table: Table, keys: SubjectKeys) -> Mapping[str | None, int]:
        """See `Reader.count_by_controller`."""
        with self.snapshot() as reader:
            return reader.count_by_controller(table, keys)

    def survey(self, table: Table, scope: Scope) -> Survey:
        """See `Reader.survey`."""
        with self.snapshot() as reader:
            return reader.survey(table, scope)

    def steps(self, table: Table, scope: Scope, *, size: int) -> Iterator[KeyRange]:
        """See `Reader.steps`."""
        with self.snapshot() as reader:
            return iter(list(reader.steps(table, scope, size=size)))

    @contextmanager
    def writing(self, permit: Permit) -> Iterator[Writer]:
        """Change the rows in memory; commit if just this is signed, else ask for it.

        AwaitingPerson comes at the end of the `with`, when all that is to be done is known.
        """
        refuse_other_resource(self.resource, permit)
        try:
            with transaction.atomic():
                # A holding that changed meanwhile would be overwritten: one writer at a time.
                held = held_for(self.resource, self.reference, lock=True)
                with in_memory(self.resource, held.rows) as connection:
                    before = rows_in(self.resource, connection)
                    writer = ManualWriter(self.resource, connection, permit, held)
                    yield writer
                    after = rows_in(self.resource, connection)
                self._commit(held, writer, before, after)
        except AwaitingPerson as waiting:
            waiting.ask()
            raise

    def _commit(
        self, held: Held, writer: "ManualWriter", before: HeldRows, after: HeldRows
    ) -> None:
        """Take over what was changed if it is signed; raise AwaitingPerson otherwise."""
        verb = writer.verb
        if verb is None:
            return
        wanted = instructions(self.resource, before, after, erasing=verb is Verb.ERASE)
        if not wanted:
            withdraw_changes(self.resource, self.reference, verb, writer.touched)
        elif held.allows(verb, wanted):
            take_over(held, verb, wanted, after=after, at=timezone.now())
        else:
            raise ask_to_change(self.resource, self.reference, verb, wanted, writer.touched)

    def parts(self, table: Table, scope: Scope, *, at_most: int) -> tuple[Part, ...]:  # noqa: ARG002 (the protocol's)
        """Refuse: what is due of everybody is not known here."""
        raise _by_hand(self.resource, table)

    def purging(self, table: Table, part: Part) -> AbstractContextManager[Purging]:  # noqa: ARG002
        """Refuse, as `parts` does."""
        raise _by_hand(self.resource, table)


class ManualReader(SqlReader):
    """Reads what was answered; asks where the answers do not speak of somebody."""

    def __init__(self, resource: Resource, connection: Connection, held: Held) -> None:
        super().__init__(resource, connection)
        self._held = held

    def _searched(self, keys: SubjectKeys) -> None:
        """Return if a signed search covers `keys`; raise AwaitingPerson otherwise."""
        missing = self._held.missing(keys_searched(self._resource, keys))
        if missing:
            raise ask_to_search(self._resource, self._held.reference, missing)

    def _of_person(self, table: Table, scope: Scope) -> None:
        if scope.keys is None:
            raise _by_hand(self._resource, table)
        self._searched(scope.keys)

    def locate(self, keys: SubjectKeys) -> Resolved:
        """See `Reader.locate`; nobody is asked where no table identifies people."""
        if any(table.identifies for table in self._resource.tables):
            self._searched(keys)
        return super().locate(keys)

    def links(self, columns: Collection[LinkedColumn], keys: SubjectKeys) -> tuple[FoundKey, ...]:
        """See `Reader.links`."""
        if columns:
            self._searched(keys)
        return super().links(columns, keys)

    def count(self, table: Table, keys: SubjectKeys) -> int:
        """See `Reader.count`."""
        self._searched(keys)
        return super().count(table, keys)

    def extract(
        self, table: Table, keys: SubjectKeys
    ) -> AbstractContextManager[Iterator[ExtractedRow]]:
        """See `Reader.extract`."""
        self._searched(keys)
        return super().extract(table, keys)

    def identifiers(self, kinds: Collection[str]) -> Iterator[tuple[str, str]]:  # noqa: ARG002 (the protocol's)
        """Refuse: nobody writes down everybody."""
        raise _by_hand(self._resource, self._resource.tables[0])

    def lines(self, table: Table, keys: SubjectKeys, into: Sink) -> None:
        """See `Reader.lines`."""
        self._searched(keys)
        super().lines(table, keys, into)

    def count_by_controller(self, table: Table, keys: SubjectKeys) -> Mapping[str | None, int]:
        """See `Reader.count_by_controller`."""
        self._searched(keys)
        return super().count_by_controller(table, keys)

    def survey(self, table: Table, scope: Scope) -> Survey:
        """See `Reader.survey`; only of one person."""
        self._of_person(table, scope)
        return super().survey(table, scope)

    def steps(self, table: Table, scope: Scope, *, size: int) -> Iterator[KeyRange]:
        """See `Reader.steps`; only of one person."""
        self._of_person(table, scope)
        yield from super().steps(table, scope, size=size)


class ManualWriter(ManualReader, SqlWriter):
    """Changes the rows in memory, and remembers which verb did it in which tables."""

    def __init__(
        self, resource: Resource, connection: Connection, permit: Permit, held: Held
    ) -> None:
        SqlWriter.__init__(self, resource, connection, permit)
        self._held = held
        self._scope = permit.scope
        self.verb: Verb | None = None
        self.touched: set[str] = set()

    def erase(self, table: Table, within: KeyRange | None = None) -> Tally:
        """See `Writer.erase`."""
        self._begin(Verb.ERASE, table)
        return SqlWriter.erase(self, table, within)

    def rectify(self, table: Table, change: FieldChange) -> bool:
        """See `Writer.rectify`."""
        self._begin(Verb.RECTIFY, table)
        return SqlWriter.rectify(self, table, change)

    def restrict(self, table: Table, *, restricted: bool) -> int:
        """See `Writer.restrict`."""
        self._begin(Verb.RESTRICT, table)
        return SqlWriter.restrict(self, table, restricted=restricted)

    def _begin(self, verb: Verb, table: Table) -> None:
        self._of_person(table, self._scope)
        self.touched.add(table.name)
        # An erasure in the same transaction is what the owner has to know.
        self.verb = verb if self.verb is None else max(self.verb, verb, key=_GRAVITY.index)


_GRAVITY = (Verb.RESTRICT, Verb.RECTIFY, Verb.ERASE)


def _by_hand(resource: Resource, table: Table) -> SourceRefused:
    return SourceRefused("by_hand", resource=resource.title.en, table=table.name)
