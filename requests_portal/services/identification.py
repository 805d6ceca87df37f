"""Under which identifiers a person is known, over all sources together.

A record in one source may hold the number under which another source knows the person, so every
search begins with the identifiers of all. A source that cannot be asked fails the search: an
answer that leaves out what it alone could find must not look complete.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from datamap.connectors import connector_for
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import DataMap
from datamap.domain.vocabulary import KeyKind
from requests_portal.models import Case

#: Where an identifier was found: resource id and table name; None when the person gave it.
Origin = tuple[str, str] | None
Beat = Callable[[], None]
#: Each pass follows the records one step further; a person is never that many steps wide.
_PASSES = 10


class NeverSettles(Exception):
    """Every pass finds further identifiers: the map joins people who do not belong together."""


@dataclass(frozen=True, kw_only=True)
class KnownAs:
    """One identifier. `proven`: our records join it to the person's own e-mail address.

    One that is not may be another person's: staff must look before anything found by it is
    handed out.
    """

    kind: str
    value: str
    origin: Origin
    proven: bool

    def as_json(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "value": self.value,
            "origin": list(self.origin) if self.origin else None,
            "proven": self.proven,
        }


def keys_given(case: Case) -> SubjectKeys:
    """Return the identifiers the person gave."""
    return SubjectKeys(
        emails=(case.email,),
        phones=(case.phone,) if case.phone else (),
        customer_numbers=(case.customer_number,) if case.customer_number else (),
    )


def identify(case: Case, data_map: DataMap, *, beat: Beat) -> list[KnownAs]:
    """Return all identifiers to search for, each with where it came from.

    `beat` is called before each source is asked, to keep a lease. Raises SourceError when a source
    that identifies people cannot be asked, and NeverSettles.
    """
    own = SubjectKeys(emails=(case.email,))
    proven, proven_origins = _grow(own, data_map, beat)
    keys, origins = proven, proven_origins
    if not case.only_proven:
        keys, origins = _grow(keys_given(case), data_map, beat)
    return [
        KnownAs(
            kind=kind.value,
            value=value,
            origin=origins.get((kind.value, value)),
            proven=value in proven.of(kind.value),
        )
        for kind in KeyKind
        for value in keys.of(kind.value)
    ]


def keys_from(known: Iterable[Mapping[str, Any]]) -> SubjectKeys:
    """Return the identifiers as they were noted by `KnownAs.as_json`."""

    def of(kind: KeyKind) -> tuple[str, ...]:
        return tuple(str(one["value"]) for one in known if one["kind"] == kind.value)

    return SubjectKeys(
        emails=of(KeyKind.EMAIL),
        phones=of(KeyKind.PHONE),
        customer_numbers=of(KeyKind.CUSTOMER_NUMBER),
        ips=of(KeyKind.IP),
    )


def _grow(
    keys: SubjectKeys, data_map: DataMap, beat: Beat
) -> tuple[SubjectKeys, dict[tuple[str, str], tuple[str, str]]]:
    """Ask every identifying source until none knows more."""
    origins: dict[tuple[str, str], tuple[str, str]] = {}
    asking = [r for r in data_map.resources if any(table.identifies for table in r.tables)]
    for _ in range(_PASSES):
        before = keys
        for resource in asking:
            beat()
            resolved = connector_for(resource).locate(keys)
            for found in resolved.found:
                origins.setdefault((found.kind, found.value), (resource.id, found.table))
            keys = resolved.keys
        if keys == before:
            return keys, origins
    raise NeverSettles
