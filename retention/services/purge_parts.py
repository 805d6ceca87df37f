"""The parts of a table in a run: how it is divided, and how one worker purges a part.

Safety principle: each stretch opens the gate anew, so that a restriction or a stop set meanwhile
wins; every statement carries the whole condition of what may go. A worker may die at any
instruction: what is due stays due by the run's own time, and the next worker goes on where the
last one stopped.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min

from datamap.connectors import connector_for
from datamap.connectors.base import Purging, Stretch
from datamap.domain.erasing import BlockRange, NotPermitted, Part, PartKind, Permit, Scope
from datamap.domain.vocabulary import Obstacle
from ledger.domain.entries import Gone
from ledger.services.booking import Booked, book_purge
from lib.units import Status, advance, finish, postpone
from lib.wakeups import wake
from retention.domain.purge_stages import RunState, Stage
from retention.domain.purging import next_size
from retention.models import PurgePart, PurgeRun, PurgeTable
from retention.services.gate import permitted
from retention.services.purge_outlook import place_of, scope_of
from retention.services.purge_runs import PURGE, stop_in_force

Clock = Callable[[], datetime]
LEASE = timedelta(seconds=settings.SOURCE_STATEMENT_TIMEOUT) + timedelta(minutes=1)
#: How long a source is left in peace, and how often it is asked whether it wants to be.
PEACE = timedelta(seconds=30)
_ASKED_EVERY = 5.0  # seconds
_LONGEST_REST = 30.0  # seconds
#: More workers than this are not called for one table.
_MOST_CALLED = 8


class Halted(NotPermitted):
    """The run was paused or ended, or all purges were stopped."""


class InTheWay(Exception):
    """The source should be left in peace for a while."""

    def __init__(self, obstacle: Obstacle) -> None:
        self.obstacle = obstacle
        super().__init__(obstacle.value)


def divide(unit: PurgeTable, *, at: datetime) -> None:
    """Book the purge of a table, divide it into parts that workers take side by side, call them.

    Raises SourceError, LedgerRefused.
    """
    kept = _not_gone_below(unit)
    _book(unit, kept, at=at)
    resource, table, data_map = place_of(unit)
    scope = scope_of(resource, data_map=data_map, as_of=unit.run.as_of, kept=kept)
    parts = connector_for(resource).parts(table, scope, at_most=settings.PURGE_PARTS)
    with transaction.atomic():
        also = {} if unit.began_at else {"began_at": at}
        postpone(unit, until=at, also=also)
        PurgePart.objects.bulk_create(
            PurgePart(
                table=unit,
                round=unit.rounds,
                position=position,
                kind=part.kind.value,
                leaf=part.leaf,
                next_block=part.blocks.first if part.blocks else None,
                end_block=part.blocks.end if part.blocks else None,
                not_before=at,
            )
            for position, part in enumerate(parts)
        )
        for _ in parts[:_MOST_CALLED]:
            wake(PURGE)


def _book(unit: PurgeTable, kept: frozenset[str], *, at: datetime) -> Booked:
    """Note in the ledger, once for a run, that what is due in a table goes."""
    run = unit.run
    return book_purge(
        reference=f"purge:{run.pk}",
        resource_id=unit.resource_id,
        gone=Gone(unit.table_name, unit.action, unit.due_before),
        kept=kept,
        as_of=run.as_of,
        rules=run.rules_hash,
        at=at,
    )


def _not_gone_below(unit: PurgeTable) -> frozenset[str]:
    """Return the tables of the resource whose due rows stay for now: they ask, or failed.

    What hangs on a row keeps it.
    """
    others = unit.run.tables.filter(resource_id=unit.resource_id).exclude(pk=unit.pk)
    stuck = [
        one
        for one in others
        if one.status == Status.FAILED or (one.stage == Stage.PURGE and one.asks)
    ]
    return frozenset(one.table_name for one in stuck)


def purge_part(part: PurgePart, clock: Clock) -> None:
    """Erase what is due in a part, all of it. Raises as `divide`, Halted, InTheWay."""
    _PartPurge(part, clock).run()


class _PartPurge:
    """The purge of one part, by the treatments of its run."""

    def __init__(self, part: PurgePart, clock: Clock) -> None:
        self.part = part
        self.unit = part.table
        self.clock = clock
        self.resource, self.table, self.data_map = place_of(self.unit)
        self.kept = _not_gone_below(self.unit)
        self.booked = _book(self.unit, self.kept, at=clock())
        self._asked = -_ASKED_EVERY

    def run(self) -> None:
        """Take stretch after stretch, each as large as takes the time it should."""
        with connector_for(self.resource).purging(self.table, self._place()) as purge:
            if self.part.kind == PartKind.PARTITION:
                self._take(purge, None)
            else:
                self._go_through(purge)
        finish(self.part, at=self.clock())

    def _go_through(self, purge: Purging) -> None:
        size = self.unit.stretch_rows or settings.PURGE_STEP_ROWS
        stretch = purge.stretch(None, size=size)
        while stretch is not None and not self._is_over():
            taken = self._take(purge, stretch)
            size = next_size(size, seconds=taken, aim=settings.PURGE_STEP_SECONDS)
            stretch = purge.stretch(stretch, size=size)
        PurgeTable.objects.filter(pk=self.unit.pk).update(stretch_rows=size)

    def _take(self, purge: Purging, stretch: Stretch) -> float:
        """Erase what is due in a stretch; return how many seconds it took."""
        self._ask(purge)
        began = time.monotonic()
        with self._leave() as permit:
            gone = purge.erase(permit, stretch)
        self._note(stretch, gone)
        taken = time.monotonic() - began
        share = self.resource.pace.share
        time.sleep(min(taken * (1 / share - 1), _LONGEST_REST))
        return taken

    def _place(self) -> Part:
        part = self.part
        blocks = None
        if part.next_block is not None and part.end_block is not None:
            blocks = BlockRange(part.next_block, part.end_block)
        return Part(PartKind(part.kind), part.leaf, blocks)

    def _scope(self) -> Scope:
        as_of = self.unit.run.as_of
        return scope_of(self.resource, data_map=self.data_map, as_of=as_of, kept=self.kept)

    @contextmanager
    def _leave(self) -> Iterator[Permit]:
        """Open the gate for one stretch, unless the run was halted meanwhile."""
        run = self.unit.run
        gate = permitted(
            resource=self.resource,
            scope=self._scope(),
            rules_hash=run.rules_hash,
            booked=self.booked,
        )
        with gate as permit:
            # Read under the gate's lock, which a stop waits for.
            running = PurgeRun.objects.filter(pk=run.pk, state=RunState.RUNNING).exists()
            if stop_in_force() is not None or not running:
                raise Halted
            yield permit

    def _ask(self, purge: Purging) -> None:
        """Ask the source now and then whether it should be left in peace."""
        now = time.monotonic()
        if now - self._asked < _ASKED_EVERY:
            return
        self._asked = now
        obstacle = purge.obstacle(self.resource.pace)
        if obstacle is not None:
            raise InTheWay(obstacle)

    def _is_over(self) -> bool:
        """Tell, and note, whether the time that a run may take in this source is over."""
        minutes = self.resource.pace.minutes
        if minutes is None:
            return False
        here = self.unit.run.tables.filter(resource_id=self.unit.resource_id)
        began = here.aggregate(first=Min("began_at"))["first"]
        over = began is not None and self.clock() - began >= timedelta(minutes=minutes)
        if over:
            PurgeTable.objects.filter(pk=self.unit.pk).update(out_of_time=True)
        return bool(over)

    def _note(self, stretch: Stretch, gone: int) -> None:
        with transaction.atomic():
            advance(self.part, at=self.clock(), lease=LEASE)
            if isinstance(stretch, BlockRange):
                PurgePart.objects.filter(pk=self.part.pk).update(next_block=stretch.end)
            PurgeTable.objects.filter(pk=self.unit.pk).update(erased=F("erased") + gone)
