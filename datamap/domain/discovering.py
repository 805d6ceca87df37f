"""What the columns of a live schema seem to hold, by name, type and the form of their values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from datamap.domain.concepts import BY_ID, Concept, concept_of
from datamap.domain.sides import is_first_side, is_other_side, names_people
from datamap.domain.value_patterns import Sample, ValueKind
from datamap.domain.vocabulary import ColumnClass, ColumnType
from datamap.domain.words import words_of

_BY_VALUE = {
    ValueKind.EMAIL: "email",
    ValueKind.PHONE: "phone",
    ValueKind.IP: "ip",
    ValueKind.IBAN: "bank_account",
    ValueKind.CARD: "bank_account",
    ValueKind.PERSONAL_CODE: "personal_code",
}
_LOOKS_LIKE = {
    ValueKind.EMAIL: "e-mail addresses",
    ValueKind.EMAIL_INSIDE: "texts with e-mail addresses",
    ValueKind.PHONE: "phone numbers",
    ValueKind.IP: "IP addresses",
    ValueKind.IBAN: "bank accounts",
    ValueKind.CARD: "card numbers",
    ValueKind.PERSONAL_CODE: "personal codes",
    ValueKind.DATE: "dates",
    ValueKind.DATETIME: "times",
}
_WORTH_TELLING = 0.05  # of the sample
_NEARLY_ALL = 0.98
_OF_A_SIDE = {"email", "phone", "name", "bank_account", "personal_code"}


@dataclass(frozen=True)
class ForeignKey:
    """Columns that refer to columns of another table; `guessed` where only the name says so."""

    columns: tuple[str, ...]
    table: str
    their_columns: tuple[str, ...]
    guessed: bool = False

    @property
    def on(self) -> dict[str, str]:
        """Return {column here: column there}."""
        return dict(zip(self.columns, self.their_columns, strict=True))


@dataclass(frozen=True)
class SeenTable:
    """A table as the database describes it.

    `samples` by column, where values were looked at; `sampling` says why none were, if so.
    `unique` are columns that are unique alone.
    """

    name: str
    columns: Mapping[str, ColumnType | None]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    unique: frozenset[str] = frozenset()
    samples: Mapping[str, Sample] = field(default_factory=dict)
    sampling: str = ""


@dataclass(frozen=True)
class SeenSchema:
    """A database: its tables by name as a map writes it, and what is no table of its own."""

    backend: str
    tables: Mapping[str, SeenTable]
    views: Sequence[str] = ()
    stored_views: Sequence[str] = ()  # materialised: they keep copies of rows
    foreign_tables: Sequence[str] = ()
    unnameable: Sequence[str] = ()  # a map cannot write their names


@dataclass(frozen=True)
class Guess:
    """What a column seems to be. `concept` None: nothing is known of it."""

    name: str
    type: ColumnType | None
    concept: Concept | None
    is_key: bool
    other_person: bool = False
    is_international: bool = False  # nearly all values are phone numbers with +
    evidence: str = ""  # what the sample says, in words without a value

    @property
    def is_personal(self) -> bool:
        """Tell whether the column by itself makes its table one about people."""
        about_people = self.concept is not None and not self.concept.weak
        return about_people and not self.is_secret

    @property
    def is_secret(self) -> bool:
        return self.concept is not None and self.concept.column_class is ColumnClass.SECRET

    @property
    def key(self) -> str | None:
        """Return the kind of identifier the column holds, if any."""
        return self.concept.key if self.concept is not None else None


def guesses(table: SeenTable, backend: str) -> list[Guess]:
    """Return what each column of a table seems to be, in their order."""
    keys = {*table.primary_key, *(name for one in table.foreign_keys for name in one.columns)}
    keys |= {name for name in table.columns if words_of(name)[-1:] == ("id",)}
    found = [
        _guess(name, kind, table.samples.get(name), backend, is_key=name in keys)
        for name, kind in table.columns.items()
    ]
    return list(_with_sides(found))


def is_about_people(table: SeenTable, found: Sequence[Guess]) -> bool:
    """Tell whether the columns of a table say that it holds personal data."""
    if any(one.is_personal for one in found):
        return True
    return names_people(bare_words(table.name)[-1:]) and any(one.concept for one in found)


def bare_words(name: str) -> tuple[str, ...]:
    """Return the words of a table's name without its schema."""
    return words_of(name.rpartition(".")[2])


def _guess(
    name: str, kind: ColumnType | None, sample: Sample | None, backend: str, *, is_key: bool
) -> Guess:
    words = words_of(name)
    by_value = sample.main_kind() if sample is not None else None
    kind = _kept_as_text(kind, by_value, backend)
    by_name = concept_of(words, kind)
    concept = by_name
    if by_value in _BY_VALUE and not (by_name and by_name.column_class is ColumnClass.SECRET):
        concept = BY_ID[_BY_VALUE[by_value]]
    elif by_name is not None and by_name.weak and is_key:
        concept = None  # `owner` as a key is a number, not a name
    international = sample is not None and sample.share(ValueKind.PHONE) >= _NEARLY_ALL
    return Guess(
        name, kind, concept, is_key, evidence=_evidence(sample), is_international=international
    )


def _kept_as_text(
    kind: ColumnType | None, by_value: ValueKind | None, backend: str
) -> ColumnType | None:
    """SQLite has no type for instants: its texts are judged by what they hold."""
    if backend != "sqlite" or kind is not ColumnType.TEXT:
        return kind
    instants = {ValueKind.DATE: ColumnType.DATE, ValueKind.DATETIME: ColumnType.DATETIME}
    return instants.get(by_value, kind) if by_value is not None else kind


def _evidence(sample: Sample | None) -> str:
    if sample is None:
        return ""
    told = [
        f"{sample.share(kind):.0%} of {sample.seen} values look like {words}"
        for kind, words in _LOOKS_LIKE.items()
        if sample.share(kind) >= _WORTH_TELLING and kind not in (ValueKind.DATE, ValueKind.DATETIME)
    ]
    return "; ".join(told)


def _with_sides(found: Sequence[Guess]) -> Iterator[Guess]:
    """Mark the columns that are about somebody else than the person a row is found by."""
    named = [one for one in found if one.concept is not None and one.concept.id in _OF_A_SIDE]
    second = {one.name for one in named if is_other_side(words_of(one.name))}
    first = {one.name for one in named if is_first_side(words_of(one.name))} if second else set()
    for one in found:
        yield replace(one, other_person=True) if one.name in second | first else one
