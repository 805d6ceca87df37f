"""Which restrictions are in force, and what they keep from being removed."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from datamap.domain.erasing import Exclusion
from datamap.domain.keys import SubjectKeys
from lib.keyed_hash import keyed_hash
from retention.models import OverdueSample, Restriction, RestrictionKey

_IN_FORCE = Q(lifted_at__isnull=True)
RESTRICTION = "restriction"


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


def exclusions_for(resource_id: str) -> tuple[Exclusion, ...]:
    """Return what the restrictions in force keep in one resource, in an order of its own.

    Those of one scope are told as one, so that a statement grows with identifiers and not with
    cases.
    """
    in_force = Restriction.objects.filter(
        _IN_FORCE, Q(resources=[]) | Q(resources__contains=[resource_id])
    )
    return _merged(in_force.only("sealed_keys", "tables", "categories"))


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
