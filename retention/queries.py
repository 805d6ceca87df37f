"""Which restrictions and holds are in force, and what they keep from being removed."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from uuid import UUID

from django.db.models import Q, QuerySet

from datamap.domain.erasing import Exclusion
from datamap.domain.keys import SubjectKeys
from datamap.queries import current_map
from lib.keyed_hash import keyed_hash
from retention.domain.holding import HoldState
from retention.models import (
    EvidenceFreeze,
    LegalHold,
    LegalHoldKey,
    OverdueSample,
    Restriction,
    RestrictionKey,
)

_IN_FORCE = Q(lifted_at__isnull=True)
RESTRICTION = "restriction"
HOLD, EVIDENCE = "hold", "evidence"


def key_hashes(keys: SubjectKeys) -> list[bytes]:
    """Return the keyed hash of each identifier: the same value of two kinds has two."""
    return [keyed_hash(f"{kind}:{value}", purpose="restriction-key") for kind, value in keys]


def is_restricted(keys: SubjectKeys) -> bool:
    """Tell whether a restriction in force names one of these identifiers: one indexed query."""
    return RestrictionKey.objects.filter(
        hash__in=key_hashes(keys), restriction__lifted_at__isnull=True
    ).exists()


def restriction_of(keys: SubjectKeys) -> list[Restriction]:
    """Return the restrictions in force that name one of these identifiers, the oldest first."""
    named = RestrictionKey.objects.filter(hash__in=key_hashes(keys)).values("restriction_id")
    return list(Restriction.objects.filter(_IN_FORCE, id__in=named).order_by("starts_at", "id"))


def exclusions_for(resource_id: str, *, of_everybody: bool = False) -> tuple[Exclusion, ...]:
    """Return what restrictions and holds in force keep in one resource, in an order of its own.

    Where rows `of_everybody` go (a purge), also what open requests need as evidence; an erasure
    that a request asks for is not held up by it. Those of one scope are told as one, so that a
    statement grows with identifiers and not with cases.
    """
    here = Q(resources=[]) | Q(resources__contains=[resource_id])
    restricted = Restriction.objects.filter(_IN_FORCE, here)
    holds = LegalHold.objects.filter(here).exclude(state=HoldState.RELEASED.value)
    return (
        *_merged(restricted.only("sealed_keys", "tables", "categories")),
        *_held(holds),
        *(_evidence() if of_everybody else ()),
    )


def _held(holds: Iterable[LegalHold]) -> tuple[Exclusion, ...]:
    """Return what holds keep; all that is narrowed alike in one."""
    by_scope: dict[Exclusion, set[tuple[str, str]]] = {}
    for one in holds:
        named = frozenset(one.controllers)
        scope = replace(
            one.exclusion,
            keys=SubjectKeys() if one.names_people else None,
            resources=frozenset(),
            controller_keys=frozenset(one.controller_keys) | controller_keys(named),
        )
        by_scope.setdefault(scope, set()).update(one.keys)
    found = (
        scope if scope.keys is None else replace(scope, keys=SubjectKeys.of_pairs(sorted(pairs)))
        for scope, pairs in by_scope.items()
    )
    return tuple(sorted(found, key=repr))


def controller_keys(controllers: Collection[str]) -> frozenset[str]:
    """Return how rows of shared tables name these controllers, by the map in force."""
    if not controllers:
        return frozenset()
    known = current_map().controllers
    return frozenset(one.source_key for one in known if one.id in controllers and one.source_key)


def _evidence() -> tuple[Exclusion, ...]:
    needed = {pair for freeze in EvidenceFreeze.objects.only("sealed_keys") for pair in freeze.keys}
    if not needed:
        return ()
    return (Exclusion(EVIDENCE, keys=SubjectKeys.of_pairs(sorted(needed))),)


def frozen_references() -> frozenset[str]:
    """Return for what rows are kept as evidence."""
    return frozenset(EvidenceFreeze.objects.values_list("reference", flat=True))


def holds_on(keys: SubjectKeys) -> list[LegalHold]:
    """Return the holds in force that name one of these identifiers, the oldest first."""
    named = LegalHoldKey.objects.filter(hash__in=key_hashes(keys)).values("hold_id")
    return list(holds(in_force=True).filter(id__in=named).order_by("placed_at", "id"))


def is_under_hold(keys: SubjectKeys, *, resource: str, table: str, category: str) -> bool:
    """Tell whether a hold in force speaks of a person's rows of a table."""
    return any(
        one.covers(resource, table, category)
        and (one.keys is None or not set(one.keys).isdisjoint(keys))
        for one in exclusions_for(resource)
        if one.reason == HOLD
    )


def holds(*, in_force: bool) -> QuerySet[LegalHold]:
    """Return the holds in force, whose review comes first first; or the released, newest first."""
    if in_force:
        found = LegalHold.objects.exclude(state=HoldState.RELEASED.value)
        return found.order_by("review_on", "placed_at", "id")
    found = LegalHold.objects.filter(state=HoldState.RELEASED.value)
    return found.order_by("-released_at", "id")


def hold_by_id(hold_id: UUID) -> LegalHold | None:
    return LegalHold.objects.filter(id=hold_id).first()


def _merged(restrictions: Iterable[Restriction]) -> tuple[Exclusion, ...]:
    by_scope: dict[tuple[tuple[str, ...], ...], set[tuple[str, str]]] = {}
    for one in restrictions:
        scope = tuple(sorted(one.tables)), tuple(sorted(one.categories))
        by_scope.setdefault(scope, set()).update(one.keys)
    return tuple(
        Exclusion(
            RESTRICTION,
            keys=SubjectKeys.of_pairs(sorted(pairs)),
            tables=frozenset(tables),
            categories=frozenset(categories),
        )
        for (tables, categories), pairs in sorted(by_scope.items())
    )


def restrictions(*, in_force: bool) -> QuerySet[Restriction]:
    """Return the restrictions in force, or those that were lifted, the newest first."""
    chosen = _IN_FORCE if in_force else ~_IN_FORCE
    return Restriction.objects.filter(chosen).order_by("-starts_at", "id")


def restriction_by_id(restriction_id: UUID) -> Restriction | None:
    return Restriction.objects.prefetch_related("marks").filter(id=restriction_id).first()


def latest_samples() -> QuerySet[OverdueSample]:
    """Return the latest look at each table."""
    return OverdueSample.objects.order_by("resource_id", "table_name", "-at").distinct(
        "resource_id", "table_name"
    )
