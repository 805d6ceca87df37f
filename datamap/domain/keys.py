"""The identifiers by which a person is found."""

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
