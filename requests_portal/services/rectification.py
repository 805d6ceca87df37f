"""Applying corrections in the sources: one leased unit of work per field.

Safety: a field is written only where the old value is still there and the row is the person's; the
source looks and writes in one statement. A correction that is applied twice has the effect of one:
where the new value stands already, it is done. A source that refuses is seen by staff and retried.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from audit.domain.actor import Actor
from datamap.connectors import AwaitingPerson, SourceError, connector_for
from datamap.connectors.base import FieldChange, Reader
from datamap.domain.correcting import NotCorrectable
from datamap.domain.erasing import Scope
from datamap.domain.schema import Table
from datamap.models import ManualTask
from datamap.queries import map_of
from datamap.services.waiting import await_person, resume
from lib.faults import log_fault
from lib.units import LeaseLost, backoff, claim_next, extend_lease, fail, finish
from requests_portal.models import Correction
from requests_portal.services.identification import case_reference
from requests_portal.services.trail import record_on_case
from retention.domain.treatments import rules_hash
from retention.services.gate import permitted

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
#: Longer than one statement on a source may take.
LEASE = timedelta(seconds=settings.SOURCE_STATEMENT_TIMEOUT) + timedelta(minutes=1)
MAX_ATTEMPTS = 8
_CORRECT = "requests_portal.tasks.apply_corrections"
_WORKER = Actor.system("rectification")


@dataclass(frozen=True)
class _Present:
    """What stands in a field; `gone` where no such row is the person's."""

    value: Any = None
    gone: bool = False


def correct_next(*, clock: Clock) -> bool:
    """Apply one correction that is due; False when there was nothing to do."""
    ordered = Correction.objects.filter(ordered_at__isnull=False)
    correction = claim_next(ordered, at=clock(), lease=LEASE)
    if correction is None:
        return False
    try:
        if correction.attempts > MAX_ATTEMPTS:  # its worker died every time
            _give_back(correction, code="interrupted", text="", at=clock())
        else:
            _apply(correction, clock=clock)
    except LeaseLost:
        logger.info("correction %s is in other hands now", correction.pk)
    except AwaitingPerson as waiting:
        await_person(correction, waiting, at=clock())
    except SourceError as error:
        _give_back(correction, code=error.code, text=error.advice, at=clock())
    except NotCorrectable as error:
        _give_back(correction, code=f"not_correctable_{error.reason}", text="", at=clock())
    except Exception as error:  # noqa: BLE001 (whatever it was, the unit must not be lost)
        log_fault(logger, f"correction {correction.pk}", error)
        _give_back(correction, code="internal", text="", at=clock())
    return True


def resume_corrections(*, task: ManualTask, at: datetime, **_: object) -> None:
    """Go on where a person has answered (`datamap.signals.task_answered`)."""
    kind, _colon, case_id = task.reference.partition(":")
    if kind == "case":
        resume(Correction.objects.filter(case_id=case_id), at=at, task=_CORRECT)


def _apply(correction: Correction, *, clock: Clock) -> None:
    resource = map_of(correction.map_version.hash).resource(correction.resource_id)
    table = resource.table(correction.table_name)
    change = FieldChange(
        row=correction.row_key,
        column=correction.column,
        old=correction.old_value,
        new=correction.new_value,
    )
    scope = Scope(keys=correction.keys, treatments={})
    with permitted(resource=resource, scope=scope, rules_hash=rules_hash()) as permit:
        extend_lease(correction, at=clock(), lease=LEASE)
        connector = connector_for(resource, reference=case_reference(correction.case_id))
        with connector.writing(permit) as writer:
            done = writer.rectify(table, change)
            # By a worker before us, say, that died before it could tell: the source compares.
            done = done or writer.rectify(table, replace(change, old=change.new))
            present = None if done else _present(writer, table, correction)
        _settle(correction, present, at=clock())


def _present(reader: Reader, table: Table, correction: Correction) -> _Present:
    """Look for the row among the person's; a conflict is rare, so it may take a while."""
    with reader.extract(table, correction.keys) as rows:
        for row in rows:
            if all(row.values.get(name) == key for name, key in correction.row_key.items()):
                return _Present(row.values[correction.column])
    return _Present(gone=True)


def _settle(correction: Correction, present: _Present | None, *, at: datetime) -> None:
    """Record what came of it; `present` None: the new value stands there."""
    if present is None:
        finish(correction, at=at)
        _record("correction.applied", correction, at=at)
        return
    also = {
        "has_conflict": True,
        "present_value": present.value,
        "row_is_gone": present.gone,
    }
    finish(correction, at=at, also=also)
    _record("correction.conflicted", correction, at=at)


def _give_back(correction: Correction, *, code: str, text: str, at: datetime) -> None:
    final = correction.attempts >= MAX_ATTEMPTS or code.startswith("not_correctable")
    retry_at = None if final else at + backoff(correction.attempts)
    try:
        with transaction.atomic():
            fail(correction, at=at, code=code, text=text, retry_at=retry_at)
            _record("correction.failed", correction, at=at)
    except LeaseLost:
        logger.info("correction %s is in other hands now", correction.pk)


def _record(verb: str, correction: Correction, *, at: datetime) -> None:
    record_on_case(
        verb,
        by=_WORKER,
        at=at,
        case_id=correction.case_id,
        data={
            "resource": correction.resource_id,
            "table": correction.table_name,
            "column": correction.column,
            "attempt": correction.attempts,
        },
    )
