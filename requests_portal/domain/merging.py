"""When two requests are one (EDPB Guidelines 01/2022: a repeated request moves no clock). Pure."""

from dataclasses import dataclass
from datetime import date

from lib.refusals import Refusal
from requests_portal.domain.rights import Right


class MergeRefused(Refusal):
    """The two cannot be merged; nothing was changed."""


class NotTheSamePerson(MergeRefused):
    """Nothing that they name is one person's, or they are made for different people."""


class SameRequest(MergeRefused):
    """It is one and the same request."""


class EarlierClock(MergeRefused):
    """The one that would end has the earlier date; it has to be the one that goes on."""


class AnotherRight(MergeRefused):
    """They are about different rights, and nobody said that one covers the other."""


@dataclass(frozen=True, kw_only=True)
class Mergeable:
    """What decides on a merge; `person`: keyed hashes, any of which says whose request it is."""

    reference: str
    person: frozenset[bytes]
    right: Right
    entity_code: str
    safe_on: date


def check_merge(ending: Mergeable, going_on: Mergeable, *, covers_both: bool) -> None:
    """Refuse a merge that would lose a request or move a clock.

    `covers_both`: staff state that the one that goes on answers both. Raises SameRequest,
    NotTheSamePerson, EarlierClock, AnotherRight.
    """
    if ending.reference == going_on.reference:
        raise SameRequest("A request cannot be merged into itself.")
    if ending.person.isdisjoint(going_on.person):
        raise NotTheSamePerson("The two requests are not known to be of one person.")
    if ending.safe_on < going_on.safe_on:
        raise EarlierClock("The older request goes on: merge the newer one into it.")
    same = (ending.right, ending.entity_code) == (going_on.right, going_on.entity_code)
    if not (same or covers_both):
        raise AnotherRight("The two are about different rights or companies.")
