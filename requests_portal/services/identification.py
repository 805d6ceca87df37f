"""Under which identifiers a person is known, over all sources together.

A record in one source may hold the number under which another source knows the person, so every
search begins with the identifiers of all. A source that cannot be asked fails the search: an
answer that leaves out what it alone could find must not look complete.
"""

from dataclasses import dataclass

from datamap.connectors import connector_for
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import DataMap
from datamap.domain.vocabulary import KeyKind
from requests_portal.models import Case

#: Where an identifier was found: resource id and table name; None when the person gave it.
Origin = tuple[str, str] | None
_PASSES = 3


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


def identify(case: Case, data_map: DataMap) -> tuple[SubjectKeys, list[KnownAs]]:
    """Return all identifiers of the person, and each with where it came from.

    Raises SourceError when a source that identifies people cannot be asked.
    """
    keys, origins = _grow(keys_given(case), data_map)
    proven, _origins = _grow(SubjectKeys(emails=(case.email,)), data_map)
    known = [
        KnownAs(
            kind=kind.value,
            value=value,
            origin=origins.get((kind.value, value)),
            proven=value in proven.of(kind.value),
        )
        for kind in KeyKind
        for value in keys.of(kind.value)
    ]
    return keys, known


def _grow(
    keys: SubjectKeys, data_map: DataMap
) -> tuple[SubjectKeys, dict[tuple[str, str], tuple[str, str]]]:
    """Ask every identifying source until none knows more."""
    origins: dict[tuple[str, str], tuple[str, str]] = {}
    asking = [r for r in data_map.resources if any(table.identifies for table in r.tables)]
    for _ in range(_PASSES):
        before = keys
        for resource in asking:
            resolved = connector_for(resource).resolve(keys)
            for found in resolved.found:
                origins.setdefault((found.kind, found.value), (resource.id, found.table))
            keys = resolved.keys
        if keys == before:
            break
    return keys, origins
