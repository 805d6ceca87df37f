"""The identifiers by which a person is found."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from datamap.domain.vocabulary import KeyKind


@dataclass(frozen=True)
class SubjectKeys:
    """Normalised identifiers of one person: lower-case e-mails, phones in E.164.

    `custom` holds pairs (kind, value) for kinds that a map names itself; they are compared as
    they are.
    """

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    customer_numbers: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    custom: tuple[tuple[str, str], ...] = ()

    def of(self, kind: str) -> tuple[str, ...]:
        """Return the values of one kind, in order."""
        own = {
            KeyKind.EMAIL.value: self.emails,
            KeyKind.PHONE.value: self.phones,
            KeyKind.CUSTOMER_NUMBER.value: self.customer_numbers,
            KeyKind.IP.value: self.ips,
        }
        if kind in own:
            return own[kind]
        return tuple(value for name, value in self.custom if name == kind)

    def __bool__(self) -> bool:
        return any((self.emails, self.phones, self.customer_numbers, self.ips, self.custom))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield each identifier as (kind, value)."""
        for kind in KeyKind:
            yield from ((kind.value, value) for value in self.of(kind.value))
        yield from self.custom

    def as_json(self) -> list[list[str]]:
        """Return the identifiers as JSON: a list of [kind, value]. Keep it sealed."""
        return [[kind, value] for kind, value in self]

    @classmethod
    def from_json(cls, given: Sequence[Sequence[str]]) -> "SubjectKeys":
        """Read `as_json`."""
        return cls.of_pairs((kind, value) for kind, value in given)

    @classmethod
    def of_pairs(cls, pairs: Iterable[tuple[str, str]]) -> "SubjectKeys":
        """Return the identifiers given as (kind, value), each once, in their order."""
        by_kind: dict[str, dict[str, None]] = {}
        for kind, value in pairs:
            by_kind.setdefault(kind, {})[value] = None
        known = {kind: tuple(by_kind.pop(kind.value, ())) for kind in KeyKind}
        return cls(
            emails=known[KeyKind.EMAIL],
            phones=known[KeyKind.PHONE],
            customer_numbers=known[KeyKind.CUSTOMER_NUMBER],
            ips=known[KeyKind.IP],
            custom=tuple((kind, value) for kind, values in by_kind.items() for value in values),
        )


@dataclass(frozen=True)
class FoundKey:
    """A further identifier of the person, and the table it was found in."""

    kind: str
    value: str
    table: str


@dataclass(frozen=True)
class Resolved:
    """All identifiers of a person in one resource: those given first, then those found."""

    keys: SubjectKeys
    found: tuple[FoundKey, ...]
