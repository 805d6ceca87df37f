"""A drafted data map: what could be told, what was guessed, and what a person has to decide.

Whatever was guessed carries a `# decide:` comment. What could not be guessed is left so that
loading the map names it, or gets a careful default, as whoever drafts wants it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from datamap.domain.vocabulary import (
    Category,
    ColumnClass,
    ColumnType,
    DataKind,
    Erasing,
    LegalBasis,
    Mask,
)
from datamap.domain.words import readable
from datamap.domain.yaml_writing import Alias, Anchored, Flow, Noted, Scalar, Value, write_yaml

LANGUAGES = ("en", "pl", "et", "lv")
#: Stands where one of a few words has to be chosen; loading the map tells which.
UNDECIDED = "decide"
_UNKNOWN_TEXT = "Not described yet."
_UNKNOWN_PERIOD = "No period is stated yet."
_CATEGORY, _DATA, _BASIS = Category.UPLOADED, DataKind.OTHER, LegalBasis.LEGITIMATE_INTEREST
_ROLE = "processor where the data is another company's"
_NO_EMAIL = "dpo@apifonica.com"


@dataclass(frozen=True)
class DraftColumn:
    """One column. `note` is told beside it; `erase` is as the map writes it."""

    name: str
    column_class: ColumnClass
    type: ColumnType | None = None
    data: DataKind | None = None
    identifier: str | None = None
    mask: Mask = Mask.ALL
    region: Mapping[str, str] | None = None  # {region: EE} or {region_column: country}
    erase: Value | None = None
    title: str | None = None  # the name of a text under x-titles
    note: str = ""


@dataclass(frozen=True)
class DraftFind:
    """One way to find a person's rows, in the map's own terms."""

    terms: Mapping[str, Value]
    note: str = ""


@dataclass(frozen=True)
class DraftTable:
    """One table with personal data. None is what could not be told."""

    name: str
    columns: Sequence[DraftColumn]
    primary_key: Sequence[str]
    finds: Sequence[DraftFind]
    key_note: str = ""
    title: str = ""
    description: str = ""
    category: Category | None = None
    data: DataKind | None = None
    identifies: str = ""  # why, where it does
    anchor: Value | None = None
    anchor_note: str = ""
    erasure: Erasing = Erasing.DELETE
    role_note: str = ""
    note: str = ""


@dataclass(frozen=True)
class DraftPlain:
    """One table without personal data; `columns` are those an anchor needs."""

    name: str
    reason: str
    note: str
    columns: Sequence[str] = ()


@dataclass(frozen=True)
class DraftResource:
    """One resource with its tables."""

    id: str
    url_env: str
    title: str
    tables: Sequence[DraftTable]
    plain: Sequence[DraftPlain]
    titles: Mapping[str, Sequence[str]]  # for x-titles: name → the four languages
    remarks: Sequence[str] = ()
    order: int = 100


class Drafting:
    """Writes a draft. With `complete`, undecided parts get the careful default."""

    def __init__(self, *, complete: bool) -> None:
        self._complete = complete

    def text(self, draft: DraftResource) -> str:
        """Return the draft as one file of a data map."""
        document: dict[str, Value] = {}
        if draft.titles:
            document["x-titles"] = {
                name: Anchored(name, Flow(dict(zip(LANGUAGES, texts, strict=True))))
                for name, texts in draft.titles.items()
            }
        document["resource"] = self._head(draft)
        if draft.tables:
            document["tables"] = {one.name: self._table(one) for one in draft.tables}
        if draft.plain:
            document["plain_tables"] = {one.name: _plain(one) for one in draft.plain}
        remarks = "".join(f"# {line}\n" for line in draft.remarks)
        return f"{remarks}\n{write_yaml(document)}" if remarks else write_yaml(document)

    def _head(self, draft: DraftResource) -> dict[str, Value]:
        return {
            "id": draft.id,
            "title": self._texts(draft.title, "the name that people read"),
            "connector": Flow({"kind": "sql", "url_env": draft.url_env}),
            "entity": self._chosen("EE", "decide: EE, LV or PL: whose data it is"),
            "time_zone": self._chosen(
                "Europe/Tallinn", "decide: the zone of timestamps without one, as Europe/Tallinn"
            ),
            "location": Noted(
                Flow(self._filled(place=_UNKNOWN_TEXT, country="EE")),
                "decide: where it lies, as {place: Hamina, country: FI}",
            ),
            "recipients": Noted(Flow([]), "decide: who receives it, ids of `recipients`"),
            "owner": Noted(
                Flow(self._filled(name="Owner", email=_NO_EMAIL)),
                "decide: who answers for this database",
            ),
            "order": draft.order,
        }

    def _table(self, table: DraftTable) -> Value:
        parts: dict[str, Value] = {
            "title": self._texts(table.title or readable(table.name), "the name that people read"),
            "description": self._described(table.description, "what it holds, in one sentence"),
            "category": _guessed(table.category, self._default(_CATEGORY), "how long it is kept"),
            "data": _guessed(table.data, self._default(_DATA), "what most of its columns are"),
            "role": Noted("controller", f"decide: {_ROLE}{table.role_note}"),
            "purpose": self._described("", "why it is held"),
            "legal_basis": Noted(self._default(_BASIS), "decide: the ground (Art. 6(1))"),
            "source": self._described("", "where the data comes from"),
            "primary_key": _told(Flow(list(table.primary_key)), table.key_note),
        }
        if table.identifies:
            parts["identifies"] = Noted(True, f"decide: {table.identifies}")
        parts["find"] = _finds(table)
        parts["retention"] = self._retention(table)
        parts["erasure"] = Noted(table.erasure.value, "decide: delete, anonymise or keep")
        parts["columns"] = {one.name: _column(one, table.data) for one in table.columns}
        return _told(parts, table.note)

    def _retention(self, table: DraftTable) -> Value:
        if table.anchor is not None:
            return Noted(Flow({"anchor": table.anchor}), f"decide: {table.anchor_note}")
        note = f"decide: {table.anchor_note}"
        if not self._complete:
            return Noted(None, note)
        return Noted(Flow({"none": Flow(dict.fromkeys(LANGUAGES, _UNKNOWN_PERIOD))}), note)

    def _described(self, text: str, wanted: str) -> Value:
        if text or self._complete:
            return self._texts(text or _UNKNOWN_TEXT, wanted)
        return Noted(None, f"decide: {wanted}, in four languages {{en: , pl: , et: , lv: }}")

    def _texts(self, text: str, wanted: str) -> Value:
        other = text if self._complete else None
        texts: dict[str, Value] = {"en": text, **dict.fromkeys(LANGUAGES[1:], other)}
        return Noted(Flow(texts), f"decide: {wanted}")

    def _chosen(self, default: str, note: str) -> Value:
        return Noted(default if self._complete else UNDECIDED, note)

    def _default(self, default: Category | DataKind | LegalBasis) -> str:
        return default.value if self._complete else UNDECIDED

    def _filled(self, **defaults: str) -> Mapping[str, Value]:
        return defaults if self._complete else dict.fromkeys(defaults)


def _guessed(value: Category | DataKind | None, otherwise: str, wanted: str) -> Value:
    if value is None:
        return Noted(otherwise, f"decide: {wanted}")
    return Noted(value.value, f"decide: {wanted}; guessed")


def _finds(table: DraftTable) -> Value:
    if not table.finds:
        return Noted(Flow([]), "decide: nothing leads to a person; by what is one found?")
    return [_told(Flow(one.terms), one.note) for one in table.finds]


def _column(column: DraftColumn, usual: DataKind | None) -> Value:
    parts = dict(_column_parts(column, usual))
    value: Value = Flow(parts)
    if list(parts) == ["class"]:
        value = column.column_class.value
    return _told(value, column.note)


def _column_parts(column: DraftColumn, usual: DataKind | None) -> Iterator[tuple[str, Value]]:
    yield "class", column.column_class.value
    optional: tuple[tuple[str, Scalar], ...] = (
        ("type", column.type and column.type.value),
        ("data", column.data.value if column.data not in (None, usual) else None),
        ("identifier", column.identifier),
        ("mask", None if column.mask is Mask.ALL else column.mask.value),
    )
    yield from ((key, value) for key, value in optional if value is not None)
    yield from (column.region or {}).items()
    if column.erase is not None:
        yield "erase", column.erase
    if column.title is not None:
        yield "title", Alias(column.title)


def _plain(plain: DraftPlain) -> Value:
    parts: dict[str, Value] = {"reason": plain.reason}
    if plain.columns:
        parts["columns"] = list(plain.columns)
    return _told(Flow(parts), plain.note)


def _told(value: Value, note: str) -> Value:
    return Noted(value, note) if note else value
