"""Under which identifiers our sources know the people whom holds name.

A source may know somebody by a number that only another source holds, and rows come and go: each
sweep asks the sources by all identifiers known so far, and keeps what they add. A hold never
forgets an identifier. A source that cannot be asked is asked again by the next sweep.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.domain.actor import Actor
from audit.services import record
from datamap.connectors import SourceError, connector_for
from datamap.domain.by_hand import is_by_hand
from datamap.domain.keys import SubjectKeys
from datamap.queries import current_map
from retention.domain.holding import HoldState
from retention.models import LegalHold, LegalHoldKey
from retention.queries import key_hashes
from retention.services.marks import MOST_IDENTIFIERS
from retention.sql import hold_removals

logger = logging.getLogger(__name__)

_SWEEP = Actor.system("holds")
#: Each pass follows the records one step further; a person is never that many steps wide.
_PASSES = 5


def widen_holds(*, at: datetime) -> int:
    """Add to holds in force what sources know of their people; return how many were widened."""
    named = LegalHold.objects.filter(names_people=True).exclude(state=HoldState.RELEASED.value)
    return sum(_widen(hold, at=at) for hold in named.order_by("placed_at"))


def _widen(hold: LegalHold, *, at: datetime) -> bool:
    keys = hold.keys
    for _ in range(_PASSES):
        found = _asked(keys)
        if set(found) == set(keys):
            break
        keys = found
    if set(keys) == set(hold.keys):
        return False
    if len(list(keys)) > MOST_IDENTIFIERS:
        logger.error("hold %s leads to too many identifiers; it stays as it is", hold.pk)
        return False
    return _keep(hold.pk, keys, at=at)


def _asked(keys: SubjectKeys) -> SubjectKeys:
    """Return `keys` and what the sources know beside them."""
    for resource in current_map().resources:
        if is_by_hand(resource) or not any(table.identifies for table in resource.tables):
            continue
        try:
            known = connector_for(resource).locate(keys).keys
        except SourceError as error:
            logger.warning("%s cannot be asked now: %s", resource.id, error.code)
        else:
            keys = SubjectKeys.of_pairs(dict.fromkeys([*keys, *known]))
    return keys


def _keep(hold_id: UUID, keys: SubjectKeys, *, at: datetime) -> bool:
    with transaction.atomic():
        hold_removals()
        hold = LegalHold.objects.select_for_update(no_key=True).get(pk=hold_id)
        known = set(hold.keys)
        added = [pair for pair in keys if pair not in known]
        if not added or hold.state == HoldState.RELEASED.value:
            return False
        hold.sealed_keys = SubjectKeys.of_pairs([*hold.keys, *added]).as_json()
        hold.save(update_fields=["sealed_keys"])
        LegalHoldKey.objects.bulk_create(
            LegalHoldKey(hold=hold, hash=one) for one in key_hashes(SubjectKeys.of_pairs(added))
        )
        record(
            "hold.widened",
            by=_SWEEP,
            at=at,
            object_kind="hold",
            object_id=str(hold_id),
            data={"identifiers": len(added)},
        )
    return True
