"""A legal hold as pages show it: codes in words, references as names."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import get_language

from datamap.domain.vocabulary import Category
from datamap.queries import NoMap, current_map
from retention.domain.holding import HoldKind, HoldState
from retention.models import LegalHold
from retention.services.hold_preview import HeldTable
from retention.texts import CATEGORIES, HOLD_KINDS, IDENTIFIERS
from retention.views.shown import Text, name_of


@dataclass(frozen=True, kw_only=True)
class ShownHold:
    """One hold in words. `identifiers` only where the people are shown."""

    hold: LegalHold
    kind: Text
    resources: tuple[str, ...]
    categories: tuple[Text, ...]
    controllers: tuple[str, ...]
    identifiers: tuple[tuple[Text, str], ...]
    placed_by: str
    proposed_by: str
    released_by: str
    is_due: bool


def controller_names() -> dict[str, str]:
    """Return the controllers of the map in force by id; empty without a map."""
    try:
        return {one.id: one.name for one in current_map().controllers}
    except NoMap:
        return {}


def shown_hold(
    hold: LegalHold,
    *,
    titles: Mapping[str, str],
    people: Mapping[str, str],
    controllers: Mapping[str, str],
    with_people: bool = False,
) -> ShownHold:
    """Return a hold in words; with `with_people` also whose data it is."""
    is_over = hold.state == HoldState.RELEASED.value
    return ShownHold(
        hold=hold,
        kind=HOLD_KINDS[HoldKind(hold.kind)],
        resources=tuple(titles.get(one, one) for one in hold.resources),
        categories=tuple(CATEGORIES[Category(one)] for one in hold.categories),
        controllers=tuple(controllers.get(one, one) for one in hold.controllers),
        identifiers=tuple(
            (IDENTIFIERS.get(kind, kind), value) for kind, value in hold.keys if with_people
        ),
        placed_by=name_of(hold.placed_by, people),
        proposed_by=name_of(hold.proposed_by, people),
        released_by=name_of(hold.released_by, people),
        is_due=not is_over and hold.review_on <= timezone.localdate(),
    )


def shown_preview(tables: list[HeldTable]) -> list[tuple[str, str, int | None]]:
    """Return the titles of resource and table, and the rows (None: not counted)."""
    language = get_language() or "en"
    return [
        (one.resource.title.in_language(language), one.table.title.in_language(language), one.rows)
        for one in tables
    ]
