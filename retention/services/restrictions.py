"""Setting and lifting restrictions of processing (GDPR Art. 18).

A restriction holds from the commit of `restrict_person` on: every removal goes through the gate,
which waits for these transactions as they wait for it. The sources' own marks follow, see `marks`.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.domain.actor import Actor
from audit.domain.event_data import JSONValue
from audit.services import record
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Category
from lib.refusals import Refusal
from retention.domain.restricting import Reason
from retention.models import Restriction, RestrictionKey
from retention.queries import key_hashes
from retention.services.marks import order_marks
from retention.signals import restriction_set
from retention.sql import hold_removals


class NobodyNamed(Refusal):
    """A restriction needs at least one identifier of the person."""


class RestrictionRefused(Exception):
    """The step does not fit how the restriction stands; nothing was changed."""


class AlreadyLifted(RestrictionRefused):
    """The restriction is lifted."""


class NoticeAlreadySent(RestrictionRefused):
    """The person was told already that the restriction will be lifted."""


class NoticeNotSent(RestrictionRefused):
    """The person must be told before a restriction is lifted (Art. 18(3))."""


def restrict_person(  # noqa: PLR0913 (how far it reaches is said in three ways)
    *,
    keys: SubjectKeys,
    reason: Reason,
    by: Actor,
    at: datetime,
    resources: Collection[str] = (),
    tables: Collection[str] = (),
    categories: Collection[Category] = (),
    reference: str = "",
    note: str = "",
) -> Restriction:
    """Restrict the processing of a person's data to storage, from `at` on.

    Waits for a step that is changing a source. `resources` (ids), `tables` ("resource.table") and
    `categories` narrow it; empty means all. `reference` is opaque, such as "case:<uuid>". Raises
    NobodyNamed.
    """
    if not keys:
        raise NobodyNamed("Name at least one identifier of the person.")
    with transaction.atomic():
        hold_removals()
        restriction = Restriction.objects.create(
            reason=reason.value,
            sealed_keys=keys.as_json(),
            note=note,
            resources=sorted(resources),
            tables=sorted(tables),
            categories=sorted(category.value for category in categories),
            reference=reference,
            starts_at=at,
            set_by=_author(by),
        )
        RestrictionKey.objects.bulk_create(
            RestrictionKey(restriction=restriction, hash=one) for one in key_hashes(keys)
        )
        order_marks(restriction, at=at)
        _record("restriction.set", restriction, by=by, at=at, **_told(restriction))
        restriction_set.send(sender=Restriction, restriction=restriction, at=at)
    return restriction


def note_notice_sent(*, restriction: Restriction, by: Actor, at: datetime) -> Restriction:
    """Note that the person was told that the restriction will be lifted (Art. 18(3)).

    Raises AlreadyLifted, NoticeAlreadySent.
    """
    with transaction.atomic():
        locked = _in_force(restriction.pk)
        if locked.notice_sent_at is not None:
            raise NoticeAlreadySent
        locked.notice_sent_at, locked.notice_sent_by = at, _author(by)
        locked.save(update_fields=["notice_sent_at", "notice_sent_by"])
        _record("restriction.notice_sent", locked, by=by, at=at)
    return locked


def lift(*, restriction: Restriction, by: Actor, at: datetime) -> Restriction:
    """Lift a restriction whose notice was sent; the sources' marks are cleared after it.

    Raises AlreadyLifted, NoticeNotSent.
    """
    with transaction.atomic():
        hold_removals()
        locked = _in_force(restriction.pk)
        if locked.notice_sent_at is None:
            raise NoticeNotSent
        locked.lifted_at, locked.lifted_by = at, _author(by)
        locked.save(update_fields=["lifted_at", "lifted_by"])
        order_marks(locked, at=at)
        _record("restriction.lifted", locked, by=by, at=at)
    return locked


def pass_on(*, reference: str, to: str, by: Actor, at: datetime) -> int:
    """Let the restrictions in force that `reference` asked for stand for `to`; return how many.

    They cover what they covered: only who answers for them, and ends them, is another.
    """
    with transaction.atomic():
        held = list(
            Restriction.objects.select_for_update(no_key=True).filter(
                reference=reference, lifted_at__isnull=True
            )
        )
        for restriction in held:
            restriction.reference = to
            restriction.save(update_fields=["reference"])
            _record("restriction.passed_on", restriction, by=by, at=at, reference=to)
    return len(held)


def _in_force(restriction_id: UUID) -> Restriction:
    locked = Restriction.objects.select_for_update(no_key=True).get(pk=restriction_id)
    if locked.lifted_at is not None:
        raise AlreadyLifted
    return locked


def _author(by: Actor) -> str:
    return f"{by.kind.value}:{by.ref}"


def _told(restriction: Restriction) -> dict[str, JSONValue]:
    return {
        "reason": restriction.reason,
        "resources": restriction.resources,
        "tables": restriction.tables,
        "categories": restriction.categories,
        "reference": restriction.reference,
    }


def _record(
    verb: str, restriction: Restriction, *, by: Actor, at: datetime, **data: JSONValue
) -> None:
    record(
        verb,
        by=by,
        at=at,
        object_kind="restriction",
        object_id=str(restriction.pk),
        data=data,
    )
