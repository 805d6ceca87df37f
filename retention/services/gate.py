"""The gate through which everything goes that changes a source.

Safety principle: nothing is removed past a restriction or legal hold in force, or under rules that
changed since it was planned. Both are looked at here, under a lock that is held until the step has
committed in the source: one set while a step runs waits for that step, and the next one sees it.
Whatever goes wrong inside undoes the step. Nothing is removed that is not in the erasure
ledger, and nothing at all is changed while a restore has not been made good.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.db import transaction

from datamap.connectors import AwaitingPerson
from datamap.domain.erasing import NotPermitted, Permit, Scope
from datamap.domain.schema import Resource
from datamap.domain.vocabulary import Erasing
from ledger.services.booking import Booked, require_booked, require_in_step
from retention.domain import treatments
from retention.queries import exclusions_for
from retention.sql import hold_changes


class RulesChanged(NotPermitted):
    """The step was planned under other retention rules than those in force; plan anew."""


@contextmanager
def permitted(
    *, resource: Resource, scope: Scope, rules_hash: str, booked: Booked | None = None
) -> Iterator[Permit]:
    """Give leave to change the rows of `scope` in `resource` while the `with` lasts.

    Open and end the source's transaction inside it. The permit's scope is `scope` with the
    exclusions in force now added. `rules_hash` is that of the rules the step was planned under;
    `booked` proves that what a removal takes is in the erasure ledger. Our own transaction is open
    inside, so keep what must survive a failure outside. Raises RulesChanged, LedgerRefused.
    """
    _refuse_unbooked(resource, scope, booked)
    try:
        with transaction.atomic():
            hold_changes()
            # A statement after the lock: it sees what was committed while the lock was waited for.
            in_force = exclusions_for(resource.id, of_everybody=scope.keys is None)
            if rules_hash != treatments.rules_hash():
                raise RulesChanged("The retention rules are not those this was planned under.")
            exclusions = dict.fromkeys((*scope.exclusions, *in_force))
            yield Permit(resource.id, replace(scope, exclusions=tuple(exclusions)))
    except AwaitingPerson as waiting:
        waiting.ask()  # the task was rolled back with the transaction
        raise


def _refuse_unbooked(resource: Resource, scope: Scope, booked: Booked | None) -> None:
    if any(one.action is not Erasing.KEEP for one in scope.treatments.values()):
        require_booked(booked, resource_id=resource.id)
    if booked is None or not booked.is_replay:
        require_in_step()
