"""Under which identifiers a person is known, over all sources together.

A record in one source may hold the number under which another source knows the person, so every
search begins with the identifiers of all. A source that cannot be asked fails the search: an
answer that leaves out what it alone could find must not look complete.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from datamap.connectors import connector_for
from datamap.domain.by_hand import is_by_hand
from datamap.domain.keys import SubjectKeys
from datamap.domain.links import LinkedColumn, linked_columns
from datamap.domain.schema import DataMap, Resource
from datamap.domain.vocabulary import KeyKind
from lib.refusals import Refusal
from requests_portal.models import Case
from requests_portal.queries import representative_of

Place = tuple[str, str]  # resource id and table name
#: Where an identifier was found; None when the person gave it.
Origin = Place | None
Beat = Callable[[], None]
#: Each pass follows the records one step further; a person is never that many steps wide.
_PASSES = 10
#: Several people may have one of these.
_SHAREABLE = (KeyKind.PHONE, KeyKind.IP)

_Origins = dict[tuple[str, str], Place]  # by kind and value
_Choice = Callable[[SubjectKeys], SubjectKeys]


class NothingToSearchBy(Refusal):
    """Nobody can be searched for by a name alone."""


class NeverSettles(Exception):
    """Every pass finds further identifiers: the map joins people who do not belong together."""


@dataclass(frozen=True, kw_only=True)
class KnownAs:
    """One identifier. `proven`: our records join it to the person's own e-mail address, and to
    nobody else's record.

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


def case_reference(case_id: UUID) -> str:
    """Return under which reference sources are searched and changed for a case."""
    return f"case:{case_id}"


def keys_given(case: Case) -> SubjectKeys:
    """Return the identifiers the person gave.

    Where somebody speaks for another these are the other's; the address of the one who writes is
    searched only where nothing else was given, as a child's data stands under a parent's address.
    """
    spoken_for = representative_of(case)
    email = case.email if spoken_for is None else spoken_for.person_email
    others = SubjectKeys(
        emails=(email,) if email else (),
        phones=(case.phone,) if case.phone else (),
        customer_numbers=(case.customer_number,) if case.customer_number else (),
    )
    return others or _address(case)


def own_keys(case: Case) -> SubjectKeys:
    """Return the person's own address, which was confirmed; none where another writes for them."""
    return SubjectKeys() if representative_of(case) else _address(case)


def _address(case: Case) -> SubjectKeys:
    return SubjectKeys(emails=(case.email,) if case.email else ())


def keys_at_once(case: Case) -> SubjectKeys:
    """Return by what a person is known before any search: their own address alone, if it is known.

    For somebody who is spoken for it is what the other gave, once the mandate is checked.
    """
    return own_keys(case) or keys_given(case)


def identify(case: Case, data_map: DataMap, *, beat: Beat) -> list[KnownAs]:
    """Return all identifiers to search for, each with where it came from.

    `beat` is called before each source is asked, to keep a lease. Raises SourceError when a source
    that identifies people cannot be asked, and NeverSettles.
    """
    sources = _Sources(data_map, beat, case_reference(case.id))
    own = own_keys(case)
    sources.ask_people(own if case.only_proven else keys_given(case))
    proven, origins = sources.prove(own) if own else (own, {})
    keys = proven
    if not case.only_proven:
        keys, origins = sources.grow(keys_given(case))
    surely = set(proven)
    return [
        KnownAs(
            kind=kind,
            value=value,
            origin=origins.get((kind, value)),
            proven=(kind, value) in surely,
        )
        for kind, value in keys
    ]


def keys_from(known: Iterable[Mapping[str, Any]]) -> SubjectKeys:
    """Return the identifiers as they were noted by `KnownAs.as_json`."""
    return SubjectKeys.of_pairs((str(one["kind"]), str(one["value"])) for one in known)


class _Sources:
    """The sources that identify people, or that rows elsewhere join."""

    def __init__(self, data_map: DataMap, beat: Beat, reference: str) -> None:
        self._beat = beat
        self._reference = reference
        self._asked = [
            (resource, columns)
            # People last: they are asked when programs know no more.
            for resource in sorted(data_map.resources, key=is_by_hand)
            for columns in [linked_columns(data_map, resource.id)]
            if columns or any(table.identifies for table in resource.tables)
        ]
        self._identifying = {
            (resource.id, table.name)
            for resource, _ in self._asked
            for table in resource.tables
            if table.identifies
        }

    def ask_people(self, keys: SubjectKeys) -> None:
        """Have whoever is asked search once for all that programs know of `keys`.

        Later calls ask by parts of it. Raises AwaitingPerson until it is answered.
        """
        if not any(is_by_hand(resource) for resource, _ in self._asked):
            return
        everything, everyone = keys, self._asked
        self._asked = [one for one in everyone if not is_by_hand(one[0])]
        try:
            everything, _ = self.grow(keys)
        finally:
            self._asked = everyone
        for resource, columns in everyone:
            if is_by_hand(resource):
                self._further(resource, columns, everything, known=everything)

    def grow(
        self, keys: SubjectKeys, *, by: _Choice = lambda keys: keys
    ) -> tuple[SubjectKeys, _Origins]:
        """Ask until none knows more; `by` chooses the identifiers that are asked by."""
        origins: _Origins = {}
        for _ in range(_PASSES):
            before = keys
            for resource, columns in self._asked:
                found = self._further(resource, columns, by(keys), known=keys)
                origins |= found
                keys = _with(keys, found)
            if keys == before:
                return keys, origins
        raise NeverSettles

    def prove(self, keys: SubjectKeys) -> tuple[SubjectKeys, _Origins]:
        """Return what our records join to `keys`, but for what may lead to somebody else.

        Several people may have one phone number. Where a table knows the person already, a
        further record to which such a value alone leads may be another's: neither what it says
        nor the value is proven then.
        """
        origins: _Origins = {}
        for _ in range(_PASSES):
            keys, found = self.grow(keys, by=_without_shareable)
            origins |= found
            known_in = self._identifying & set(origins.values())
            further = self._ask(keys, known=keys)
            own = {pair: place for pair, place in further.items() if place not in known_in}
            if not own:
                return (self._without_shared(keys, known_in) if further else keys), origins
            origins |= own
            keys = _with(keys, own)
        raise NeverSettles

    def _without_shared(self, keys: SubjectKeys, known_in: set[Place]) -> SubjectKeys:
        """Return `keys` without the values that lead to records of somebody else."""

        def is_shared(pair: tuple[str, str]) -> bool:
            found = self._ask(SubjectKeys.of_pairs([pair]), known=keys)
            return not known_in.isdisjoint(found.values())

        return SubjectKeys.of_pairs(
            pair for pair in keys if pair[0] not in _SHAREABLE or not is_shared(pair)
        )

    def _ask(self, keys: SubjectKeys, *, known: SubjectKeys) -> _Origins:
        found: _Origins = {}
        for resource, columns in self._asked:
            found |= self._further(resource, columns, keys, known=known)
        return found

    def _further(
        self,
        resource: Resource,
        columns: tuple[LinkedColumn, ...],
        keys: SubjectKeys,
        *,
        known: SubjectKeys,
    ) -> _Origins:
        """Return what one source knows beside what is known, and in which table."""
        self._beat()
        with connector_for(resource, reference=self._reference).snapshot() as reader:
            found = (*reader.locate(keys).found, *reader.links(columns, keys))
        already = set(known)
        return {
            (one.kind, one.value): (resource.id, one.table)
            for one in found
            if (one.kind, one.value) not in already
        }


def _with(keys: SubjectKeys, found: _Origins) -> SubjectKeys:
    return SubjectKeys.of_pairs([*keys, *found]) if found else keys


def _without_shareable(keys: SubjectKeys) -> SubjectKeys:
    return replace(keys, phones=(), ips=())
