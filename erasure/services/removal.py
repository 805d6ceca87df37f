"""Removing tallied rows from the sources: exactly those, or none.

Safety principle: every removal passes the gate, so that restrictions and rules are looked at in the
same moment, and is compared with its tally before the source commits; a difference rolls it back.
A worker may be killed at any instruction: what a step removes is noted before the source commits
it and booked afterwards, and the next worker tells from what is still there which it was.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Protocol

from django.conf import settings
from django.db import transaction

from datamap.connectors import Connector, SourceError, SourceUnavailable, connector_for
from datamap.domain.erasing import KeyRange, Permit, Scope, Survey, Tally
from datamap.domain.schema import Resource
from datamap.domain.vocabulary import Erasing
from erasure.domain.accounting import applied
from erasure.domain.ordering import Children, TableId
from erasure.models import Removal
from erasure.services.leases import Clock
from erasure.sql import noting_pending
from ledger.domain.entries import Gone
from ledger.services.booking import Booked, book_erasure
from retention.queries import exclusions_for
from retention.services.gate import permitted


class RowsMoved(Exception):
    """Other rows would go than those tallied. Nothing of the step at hand was changed."""

    def __init__(self, present: Mapping[TableId, Survey]) -> None:
        self.present = present
        super().__init__("The rows are not those that were tallied.")


class _OtherRows(Exception):
    """A removal took other rows than tallied: what was done is rolled back."""


class Ledger(Protocol):
    """Where removals are accounted for. `beat` raises LeaseLost when the work is in other hands."""

    def beat(self) -> None:
        """Keep the work; inside a transaction nobody else can take it until its end."""
        ...

    def booked(self, removal: Removal, gone: Tally) -> None:
        """Take note, in the transaction of the booking, that rows are gone."""
        ...

    def failed(self, removals: Sequence[Removal], error: SourceError) -> None:
        """Note that these tables could not be erased now."""
        ...


@dataclass(frozen=True)
class Job:
    """The removal of one scope's rows from one resource.

    `scope` is without exclusions: the gate adds those in force at each step.
    """

    resource: Resource
    scope: Scope
    rules_hash: str
    ledger: Ledger
    #: For what people who keep a resource by hand are asked, and the removal is booked.
    reference: str
    clock: Clock
    #: Set by `booked_now`; the gate asks for it.
    booked: Booked | None = None

    def booked_now(self) -> "Job":
        """Note in the erasure ledger what goes, once, and return the job that may begin.

        Outside a transaction. Raises LedgerRefused.
        """
        booked = book_erasure(
            reference=self.reference,
            resource_id=self.resource.id,
            tables=[
                Gone(name, one.action.value, one.due_before)
                for name, one in self.scope.treatments.items()
                if one.action is not Erasing.KEEP
            ],
            who=self.scope.keys or (),
            rules=self.rules_hash,
            at=self.clock(),
        )
        return replace(self, booked=booked)

    @property
    def connector(self) -> Connector:
        return connector_for(self.resource, reference=self.reference)

    def look(self, removals: Iterable[Removal]) -> dict[TableId, Survey]:
        """Survey tables as of one instant, under what forbids removal now."""
        scope = self.scope_now()
        found: dict[TableId, Survey] = {}
        with self.connector.snapshot() as reader:
            for one in removals:
                self.ledger.beat()
                table = self.resource.table(one.table_name)
                found[one.table] = reader.survey(table, scope)
        return found

    def permitted(self) -> AbstractContextManager[Permit]:
        """Open the gate for one step."""
        return permitted(
            resource=self.resource,
            scope=self.scope,
            rules_hash=self.rules_hash,
            booked=self.booked,
        )

    def scope_now(self) -> Scope:
        return replace(self.scope, exclusions=exclusions_for(self.resource.id))


Block = Sequence[Removal]


def remove_all(
    blocks: Sequence[Block],
    *,
    children: Children,
    job_for: Callable[[str], Job],
    leaving: Collection[str] = (),
) -> list[SourceError]:
    """Erase the tables of all blocks that are not complete, in their order.

    A block whose transaction fails does not stop those that do not wait for it: a table waits for
    those before it whose rows hang on its own. Resources of `leaving` are not tried. Returns what
    failed. Raises RowsMoved, LedgerRefused.
    """
    failures: list[SourceError] = []
    by_table = {one.table: one for block in blocks for one in block}

    def may_go(block: Block, *, with_these: Sequence[Block] = ()) -> bool:
        together = {one.table for other in (block, *with_these) for one in other}
        return all(
            by_table[child].is_complete or by_table[child].position > one.position
            for one in block
            for child in children[one.table] - together
            if child in by_table
        )

    for resource_id, run in groupby(blocks, key=lambda block: block[0].resource_id):
        free: list[Block] = []
        for block in run:
            if not all(one.is_complete for one in block) and may_go(block, with_these=free):
                free.append(block)
        if free and resource_id not in leaving:
            failures += _remove_run(job_for(resource_id).booked_now(), free, may_go)
    return failures


def _remove_run(
    job: Job, blocks: list[Block], may_go: Callable[[Block], bool]
) -> list[SourceError]:
    """Erase blocks of one resource: few rows in one transaction, many block by block."""
    everything = [one for block in blocks for one in block if not one.is_complete]
    few = sum(one.left.rows for one in everything) <= settings.ERASURE_TRANSACTION_ROWS
    if few and len(blocks) > 1:
        try:
            _remove_together(job, everything)
        except SourceUnavailable as error:
            job.ledger.failed(everything, error)
            return [error]
        except SourceError:
            pass  # one table may stand in the way of the others: each on its own
        else:
            return []
    return _remove_one_by_one(job, blocks, may_go, in_steps=not few)


def _remove_one_by_one(
    job: Job, blocks: Iterable[Block], may_go: Callable[[Block], bool], *, in_steps: bool
) -> list[SourceError]:
    failures: list[SourceError] = []
    for block in blocks:
        left = [one for one in block if not one.is_complete]
        if not left or not may_go(block):
            continue
        try:
            if in_steps and len(block) == 1 and left[0].left.rows > settings.ERASURE_STEP_ROWS:
                _remove_in_steps(job, left[0])
            else:
                _remove_together(job, left)
        except SourceError as error:
            job.ledger.failed(left, error)
            failures.append(error)
    return failures


def settle(job: Job, removals: Iterable[Removal]) -> None:
    """Find out what interrupted steps removed, and that exactly the tallied rows are left.

    Raises RowsMoved otherwise.
    """
    unsettled = [one for one in removals if not one.is_complete]
    if not unsettled:
        return
    present = job.look(unsettled)
    gone = {
        one.table: applied(
            left=one.left,
            pending=Tally.parse(one.pending) if one.pending else None,
            present=present[one.table].going,
        )
        for one in unsettled
    }
    with transaction.atomic():
        job.ledger.beat()
        for one in unsettled:
            removed = gone[one.table]
            if removed is not None:
                _book(job, one, removed)
    if None in gone.values():
        raise RowsMoved(present)


def _remove_together(job: Job, removals: Sequence[Removal]) -> None:
    """Erase what is left of several tables in one transaction of the source."""
    with transaction.atomic():
        job.ledger.beat()
        for one in removals:
            _save(one, pending=one.left.as_text())
    try:
        _remove_at_once(job, removals)
    except _OtherRows:
        _look_why(job, removals)


def _remove_at_once(job: Job, removals: Sequence[Removal]) -> None:
    with job.permitted() as permit:
        job.ledger.beat()
        with job.connector.writing(permit) as writer:
            for one in removals:
                if writer.erase(job.resource.table(one.table_name)) != one.left:
                    raise _OtherRows
            job.ledger.beat()
        job.ledger.beat()
        for one in removals:
            _book(job, one, one.left)


def _remove_in_steps(job: Job, removal: Removal) -> None:
    """Erase a large table in bounded transactions; the last makes the sum right or is undone."""
    try:
        _remove_by_ranges(job, removal)
    except _OtherRows:
        _look_why(job, [removal])


def _remove_by_ranges(job: Job, removal: Removal) -> None:
    table = job.resource.table(removal.table_name)
    size = settings.ERASURE_STEP_ROWS
    ranges = list(job.connector.steps(table, job.scope_now(), size=size))
    with noting_pending() as note:
        for number, within in enumerate(ranges, 1):
            _remove_step(job, removal, within, note, is_last=number == len(ranges))
    if not removal.is_complete:
        raise _OtherRows


def _remove_step(
    job: Job,
    removal: Removal,
    within: KeyRange,
    note: Callable[[Removal, str], None],
    *,
    is_last: bool,
) -> None:
    with job.permitted() as permit:
        job.ledger.beat()
        with job.connector.writing(permit) as writer:
            gone = writer.erase(job.resource.table(removal.table_name), within)
            if gone.rows > removal.left.rows or (is_last and gone != removal.left):
                raise _OtherRows
            note(removal, gone.as_text())
            job.ledger.beat()
        job.ledger.beat()
        _book(job, removal, gone)


def _look_why(job: Job, removals: Sequence[Removal]) -> None:
    """Tell whether the rows moved, or somebody else was in the middle of the same change."""
    settle(job, removals)
    if not all(one.is_complete for one in removals):
        title = job.resource.title.en
        raise SourceUnavailable("changed", resource=title, table=removals[0].table_name)


def _book(job: Job, removal: Removal, gone: Tally) -> None:
    executed = Tally.parse(removal.executed) + gone
    _save(removal, executed=executed.as_text(), pending="")
    job.ledger.booked(removal, gone)


def _save(removal: Removal, **changes: str) -> None:
    type(removal)._base_manager.filter(pk=removal.pk).update(**changes)  # noqa: SLF001 (Django's public name)
    for name, value in changes.items():
        setattr(removal, name, value)
