"""Who did it: a reference that is personal data of nobody outside the staff table."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class ActorKind(StrEnum):
    STAFF = "staff"
    PERSON = "person"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """The author of an event. A person is never named: the object of the event says which case."""

    kind: ActorKind
    ref: str

    @classmethod
    def staff(cls, user_id: int | str) -> Self:
        """A member of staff, by primary key (never by name or address)."""
        return cls(ActorKind.STAFF, str(user_id))

    @classmethod
    def person(cls) -> Self:
        """The data subject, at the portal."""
        return cls(ActorKind.PERSON, "")

    @classmethod
    def system(cls, name: str) -> Self:
        """The software itself; `name` says which part, "outbox" say."""
        return cls(ActorKind.SYSTEM, name)
