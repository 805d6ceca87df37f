"""A restriction as pages show it: codes in words, references as names."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from datamap.connectors.errors import ADVICE, SourceError
from datamap.domain.vocabulary import Category
from datamap.queries import NoMap, current_map
from retention.domain.restricting import Reason
from retention.models import Restriction, SourceMark
from retention.texts import CATEGORIES, IDENTIFIERS, REASONS

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class ShownRestriction:
    """One restriction in words. `identifiers` only where the person is shown."""

    restriction: Restriction
    reason: Text
    resources: tuple[str, ...]
    tables: tuple[str, ...]
    categories: tuple[Text, ...]
    identifiers: tuple[tuple[Text, str], ...]
    set_by: str
    notice_sent_by: str
    lifted_by: str


@dataclass(frozen=True, kw_only=True)
class ShownMark:
    """How far one source is, and what stands against it."""

    mark: SourceMark
    title: str
    advice: str


def resource_titles() -> dict[str, str]:
    """Return the title of each resource of the map in force, by its id; empty without a map."""
    language = get_language() or "en"
    try:
        return {one.id: one.title.in_language(language) for one in current_map().resources}
    except NoMap:
        return {}


def titles_of_map() -> dict[str, str]:
    """Return the titles of resources by id, and of tables by "resource.table"."""
    language = get_language() or "en"
    try:
        resources = current_map().resources
    except NoMap:
        return {}
    tables = {
        f"{resource.id}.{table.name}": table.title.in_language(language)
        for resource in resources
        for table in resource.tables
    }
    return tables | {one.id: one.title.in_language(language) for one in resources}


def staff_names() -> dict[str, str]:
    """Return the names of all staff by the reference under which they act."""
    return {f"staff:{pk}": name for pk, name in User.objects.values_list("pk", "name")}


def shown(
    restriction: Restriction,
    *,
    titles: Mapping[str, str],
    people: Mapping[str, str],
    with_person: bool = False,
) -> ShownRestriction:
    """Return a restriction in words; with `with_person` also whose it is."""
    keys = restriction.keys if with_person else ()
    return ShownRestriction(
        restriction=restriction,
        reason=REASONS[Reason(restriction.reason)],
        resources=tuple(titles.get(one, one) for one in restriction.resources),
        tables=tuple(titles.get(one, one) for one in restriction.tables),
        categories=tuple(CATEGORIES[Category(one)] for one in restriction.categories),
        identifiers=tuple((IDENTIFIERS.get(kind, kind), value) for kind, value in keys),
        set_by=name_of(restriction.set_by, people),
        notice_sent_by=name_of(restriction.notice_sent_by, people),
        lifted_by=name_of(restriction.lifted_by, people),
    )


def shown_marks(restriction: Restriction, *, titles: Mapping[str, str]) -> list[ShownMark]:
    """Return how far each source is."""
    return [
        ShownMark(mark=one, title=titles.get(one.resource_id, one.resource_id), advice=_advice(one))
        for one in restriction.marks.all()
    ]


def name_of(author: str, people: Mapping[str, str]) -> str:
    """Return the name of who acted as "staff:3"; empty where nobody did."""
    return people.get(author, _("the system")) if author else ""


def _advice(mark: SourceMark) -> str:
    if mark.error_code not in ADVICE:
        return mark.error_text
    try:
        resource = current_map().resource(mark.resource_id)
    except (NoMap, KeyError):
        return mark.error_text
    title = resource.title.in_language(get_language() or "en")
    variable = resource.address_variable
    return SourceError(mark.error_code, resource=title, variable=variable).advice
