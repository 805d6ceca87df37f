"""By which joins the rows of each table lead to a person.

Joins go from a table that is not yet reached to one that is, so that they never lead in a circle:
first those with columns that identify somebody, then what refers to them, then what they refer to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from datamap.domain.discovering import ForeignKey, Guess, SeenTable, bare_words
from datamap.domain.sides import is_staff
from datamap.domain.words import words_of

_STEM, _ENDING = 4, 3  # letters: klient_id and klienci, klienta_id and klienti
_TAILS = ("id", "no", "nr", "number", "key", "ref", "code", "uuid")


@dataclass(frozen=True)
class Joined:
    """One join of a table to a table that is reached."""

    through: str
    on: Mapping[str, str]
    guessed: bool = False
    backwards: bool = False  # the other table refers to this one
    of_staff: bool = False  # leads to whoever dealt with the row


@dataclass(frozen=True)
class JoinedTable:
    """A table with what its columns seem to be, and its joins."""

    table: SeenTable
    found: Sequence[Guess]
    joined: Sequence[Joined]
    of_staff: Sequence[Joined]


def joins(
    tables: Mapping[str, SeenTable], identifying: Sequence[str], personal: frozenset[str]
) -> Mapping[str, Sequence[Joined]]:
    """Return the joins of each table that is reached, those of staff last.

    `identifying` are the tables that hold identifiers themselves; `personal` those that hold data
    about people, which alone are joined backwards.
    """
    references = {
        name: [*table.foreign_keys, *_named_so(table, tables)] for name, table in tables.items()
    }
    reached: dict[str, list[Joined]] = {name: [] for name in identifying}
    while True:
        found = dict(_forwards(references, reached)) or dict(
            _backwards(references, reached, personal)
        )
        if not found:
            break
        reached.update(found)
    _between_identifying(references, reached, identifying)
    return reached


def staff_joins(
    table: SeenTable, tables: Mapping[str, SeenTable], reached: frozenset[str]
) -> list[Joined]:
    """Return the joins of a table that lead to whoever of the staff dealt with its rows."""
    references = [*table.foreign_keys, *_named_so(table, tables)]
    return [
        _joined(one, of_staff=True) for one in references if one.table in reached and _of_staff(one)
    ]


def _forwards(
    references: Mapping[str, Sequence[ForeignKey]], reached: Mapping[str, object]
) -> Iterator[tuple[str, list[Joined]]]:
    """Yield the tables that refer to what is reached. A table sees the last round, not this one."""
    for name, own in references.items():
        if name in reached:
            continue
        found = [_joined(one) for one in own if one.table in reached and not _of_staff(one)]
        if found:
            yield name, found


def _backwards(
    references: Mapping[str, Sequence[ForeignKey]],
    reached: Mapping[str, object],
    personal: frozenset[str],
) -> Iterator[tuple[str, list[Joined]]]:
    for name in references:
        if name in reached or name not in personal:
            continue
        found = [
            Joined(
                other, {there: here for here, there in one.on.items()}, one.guessed, backwards=True
            )
            for other in reached
            for one in references[other]
            if one.table == name and not _of_staff(one)
        ]
        if found:
            yield name, found


def _between_identifying(
    references: Mapping[str, Sequence[ForeignKey]],
    reached: dict[str, list[Joined]],
    identifying: Sequence[str],
) -> None:
    """Join tables that hold identifiers to each other too, where that makes no circle."""
    for name in identifying:
        for one in references[name]:
            is_new = one.table in reached and not _of_staff(one)
            if is_new and not _leads_to(one.table, name, reached):
                reached[name].append(_joined(one))


def _leads_to(start: str, wanted: str, reached: Mapping[str, Sequence[Joined]]) -> bool:
    seen, ahead = set(), [start]
    while ahead:
        here = ahead.pop()
        if here == wanted:
            return True
        if here not in seen:
            seen.add(here)
            ahead += [one.through for one in reached.get(here, ())]
    return False


def _joined(reference: ForeignKey, *, of_staff: bool = False) -> Joined:
    return Joined(reference.table, reference.on, reference.guessed, of_staff=of_staff)


def _of_staff(reference: ForeignKey) -> bool:
    return any(is_staff(words_of(name)) for name in reference.columns)


def _named_so(table: SeenTable, tables: Mapping[str, SeenTable]) -> Iterator[ForeignKey]:
    """Yield the references that only the names tell: `customer_id` beside a table `customers`."""
    bound = {name for one in table.foreign_keys for name in one.columns}
    for name, kind in table.columns.items():
        words = words_of(name)
        is_own = name in bound or table.primary_key == (name,)
        if is_own or len(words) == 1 or words[-1] not in _TAILS:
            continue
        meant = [
            (closeness, other.name, key)
            for other in tables.values()
            if other.name != table.name
            for closeness in [_closeness(" ".join(words[:-1]), " ".join(bare_words(other.name)))]
            for key in [_their_key(words, other)]
            if closeness and key is not None and other.columns[key] == kind
        ]
        if meant:
            _, other_name, key = max(meant)
            yield ForeignKey((name,), other_name, (key,), guessed=True)


def _their_key(words: tuple[str, ...], other: SeenTable) -> str | None:
    """Return the key of the other table that a column of these words would hold."""
    alone = [*(other.primary_key if len(other.primary_key) == 1 else ()), *sorted(other.unique)]
    same_tail = [name for name in alone if words_of(name)[-1:] == words[-1:]]
    return same_tail[0] if same_tail else None


def _closeness(singular: str, plural: str) -> int:
    """Return how well a column's word fits a table's: 2 as in English, 1 by the stem, 0 not."""
    if plural in {singular, singular + "s", singular + "es", singular.removesuffix("y") + "ies"}:
        return 2
    same = [ours == theirs for ours, theirs in zip(singular, plural, strict=False)]
    stem = [*same, False].index(False)
    endings = max(len(singular), len(plural)) - stem
    return int(stem >= _STEM and endings <= _ENDING)
