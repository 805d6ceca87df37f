"""Where the person wants the data to go, and how much of it there is (Art. 20)."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from datamap.queries import map_of
from requests_portal.domain.lifecycle import UNDECIDED
from requests_portal.domain.porting import Target, Wish, columns_for
from requests_portal.domain.rights import Right
from requests_portal.models import Case, PortingWish
from requests_portal.queries import units_of
from requests_portal.services.moves import CaseMovedOn, locked_case
from requests_portal.services.trail import record_on_case


def keep_wish(*, case: Case, wish: Wish) -> PortingWish:
    """Write down the wish of a new case; company and address only where they are needed."""
    return PortingWish.objects.create(case=case, **_columns(wish))


def note_wish(*, case: Case, wish: Wish, by: User, at: datetime) -> None:
    """Write down another wish of the person, until it is decided. Raises CaseMovedOn."""
    with transaction.atomic():
        locked = locked_case(case, UNDECIDED)
        if Right(locked.right) is not Right.PORTABILITY:
            raise CaseMovedOn
        PortingWish.objects.update_or_create(case=locked, defaults=_columns(wish))
        record_on_case(
            "porting.wish_noted",
            by=Actor.staff(by.pk),
            at=at,
            case_id=locked.id,
            data={"target": wish.target.value},
        )


def keep_wish_of(other: Case, *, case: Case) -> None:
    """Take over where the data is to go from a request that ends in this one, if it says more."""
    if Right(case.right) is not Right.PORTABILITY:
        return
    wish = PortingWish.objects.filter(case=other).exclude(target=Target.ME.value).first()
    here = PortingWish.objects.filter(case=case).first()
    if wish is None or (here is not None and here.target != Target.ME.value):
        return
    given = {"target": wish.target, "company": wish.company, "url": wish.url}
    PortingWish.objects.update_or_create(case=case, defaults=given)


def _columns(wish: Wish) -> dict[str, str | None]:
    return {
        "target": wish.target.value,
        "company": None if wish.target is Target.ME else wish.company,
        "url": wish.url if wish.target is Target.URL else None,
    }


def rows_to_hand_over(case: Case) -> int:
    """Return how many of the rows found an answer hands out, of those of our own."""
    right = Right(case.right)
    return sum(
        collected.row_count
        for unit in units_of(case)
        for resource in [map_of(unit.map_version.hash).resource(unit.resource_id)]
        for collected in unit.tables.all()
        if collected.is_ours and columns_for(right, resource.table(collected.table_name))
    )
