"""The record of processing activities in the reader's words: one content for page, PDF, XLSX."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from datamap.domain.records import (
    Activity,
    Gap,
    Missing,
    activities_of,
    missing_in,
    of_role,
    together,
)
from datamap.domain.schema import Controller, LocalizedText
from datamap.domain.transfers import Transfer
from datamap.domain.vocabulary import Category, Role
from datamap.queries import current_version, map_of
from lib.entities import Entity, entity
from retention.texts import CATEGORIES, COVERS, DATA_KINDS, GAPS, LEGAL_BASES, RETENTION

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class Line:
    """One fact of an activity. `missing` says what the map should say here, and where."""

    label: str
    values: tuple[str, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ShownController:
    """Somebody on whose behalf data is processed (Art. 30(2)(a))."""

    name: str
    contact: str
    agreement: str
    kept: str


@dataclass(frozen=True, kw_only=True)
class ShownActivity:
    """One activity: its purpose, whose it is, and the facts of Art. 30."""

    purpose: str
    entity: Entity
    controllers: tuple[ShownController, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Record:
    """The whole record, of one version of the map at one instant.

    `entrusted` are joined where only the controller differs; `each` has one per controller.
    """

    entities: tuple[Entity, ...]
    dpo_email: str
    own: tuple[ShownActivity, ...]
    entrusted: tuple[ShownActivity, ...]
    each: tuple[ShownActivity, ...]
    controllers: tuple[ShownController, ...]
    missing: tuple[str, ...]
    version_hash: str
    loaded_at: datetime
    at: datetime

    @property
    def made_at(self) -> str:
        """Return the instant to the second with its offset (ISO 8601), the same in each file."""
        return self.at.isoformat(sep=" ", timespec="seconds")


def record_of_processing(*, at: datetime) -> Record:
    """Return the record of the map in force in the active language; raise NoMap without one."""
    version = current_version()
    datamap = map_of(version.hash)
    activities = activities_of(datamap, on=timezone.localdate(at))
    own, entrusted = (of_role(activities, role) for role in (Role.CONTROLLER, Role.PROCESSOR))
    named = dict.fromkeys(whose for one in entrusted for whose in one.controllers)
    return Record(
        entities=tuple(entity(code) for code in dict.fromkeys(one.entity for one in activities)),
        dpo_email=settings.DPO_EMAIL,
        own=tuple(_shown(one) for one in own),
        entrusted=tuple(_shown(one) for one in together(entrusted)),
        each=tuple(_shown(one) for one in entrusted),
        controllers=tuple(_controller(one) for one in named),
        missing=_told(missing_in(activities)),
        version_hash=version.hash,
        loaded_at=version.loaded_at,
        at=at,
    )


def _shown(activity: Activity) -> ShownActivity:
    return ShownActivity(
        purpose=_in_words([activity.purpose])[0],
        entity=entity(activity.entity),
        controllers=tuple(_controller(one) for one in activity.controllers),
        lines=_lines(activity),
    )


def _lines(activity: Activity) -> tuple[Line, ...]:
    is_own = activity.role is Role.CONTROLLER
    controllers = tuple(one.name for one in activity.controllers)
    recipients = tuple(
        f"{one.name} ({one.country}), {_in_words([one.role])[0]}" for one in activity.recipients
    )
    first = (
        _line(_("Legal basis"), _basis(activity))
        if is_own
        else _line(_("On behalf of"), controllers, activity, Gap.CONTROLLER)
    )
    return (
        first,
        _line(_("Data subjects"), _in_words(activity.subjects), activity, Gap.SUBJECTS),
        _line(_("Personal data"), tuple(str(DATA_KINDS[one]) for one in activity.data)),
        _line(_("Recipients"), recipients or (_("Nobody outside our company"),)),
        _transfers(activity),
        _line(_("Time limits for erasure"), _limits(activity)),
        _line(_("Security measures"), _in_words(activity.security), activity, Gap.SECURITY),
        _line(_("Where"), _places(activity)),
    )


def _line(label: str, values: Sequence[str], activity: Activity | None = None, *gaps: Gap) -> Line:
    found = () if activity is None else _told(one for one in activity.missing if one.gap in gaps)
    return Line(label=label, values=tuple(values) or (() if found else ("–",)), missing=found)


def _basis(activity: Activity) -> tuple[str, ...]:
    return () if activity.legal_basis is None else (str(LEGAL_BASES[activity.legal_basis]),)


def _transfers(activity: Activity) -> Line:
    values = tuple(_transfer(one) for one in activity.transfers)
    none = _("None: all data stays in the European Economic Area")
    label = _("Transfers to third countries")
    return _line(label, values or (none,), activity, Gap.SAFEGUARD, Gap.COVERED)


def _transfer(transfer: Transfer) -> str:
    told = _in_words([transfer.safeguard]) if transfer.safeguard else ("",)
    ground = str(COVERS[transfer.cover]) % {"decision": transfer.decision, "safeguard": told[0]}
    return f"{transfer.name} ({transfer.country}): {ground}"


def _limits(activity: Activity) -> tuple[str, ...]:
    if len(activity.controllers) == 1:
        return (_kept(activity.controllers[0]),)
    by_rule = (_limit(one) for one in activity.categories)
    return (*by_rule, *_in_words(activity.unlimited))


def _limit(category: Category) -> str:
    return f"{CATEGORIES[category]}: {RETENTION[category]}"


def _places(activity: Activity) -> tuple[str, ...]:
    language = get_language() or "en"
    found: dict[str, list[str]] = {}
    for kept in activity.tables:
        at = kept.resource.location
        place = f"{kept.resource.title.in_language(language)}, {at.place} ({at.country})"
        found.setdefault(place, []).append(kept.table.title.in_language(language))
    return tuple(f"{place}: {', '.join(tables)}" for place, tables in found.items())


def _controller(controller: Controller) -> ShownController:
    return ShownController(
        name=controller.name,
        contact=controller.contact_email,
        agreement=(
            _("the agreement is running")
            if controller.dpa_ended_on is None
            else _("the agreement ended on %(day)s") % {"day": date_format(controller.dpa_ended_on)}
        ),
        kept=_kept(controller),
    )


def _kept(controller: Controller) -> str:
    return ngettext(
        "%(months)s month after the agreement ends",
        "%(months)s months after the agreement ends",
        controller.dpa_months,
    ) % {"months": controller.dpa_months}


def _told(missing: Iterable[Missing]) -> tuple[str, ...]:
    return tuple(str(GAPS[one.gap]) % {"place": one.place} for one in missing)


def _in_words(texts: Iterable[LocalizedText]) -> tuple[str, ...]:
    language = get_language() or "en"
    return tuple(one.in_language(language) for one in texts)
