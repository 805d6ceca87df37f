"""Fides datasets as their YAML describes them: collections, fields, references, identities.

Read leniently, told strictly: what has no counterpart in a map is kept in `leftovers` with its
line, so that the draft can name it. The format: fideslang's Dataset, version 2 and 3.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from datamap.domain.yaml_source import Document, MapError, Path, Plain, Problem

_DATASET = frozenset({"fides_key", "name", "description", "collections", "fides_meta"})
_COLLECTION = frozenset({"name", "description", "fields", "fides_meta", "data_categories"})
_FIELD = frozenset({"name", "description", "fields", "fides_meta", "data_categories"})
_META = frozenset(
    {"references", "identity", "primary_key", "data_type", "masking_strategy_override", "length"}
)
#: Keys that say nothing of the data: read over without a word.
_SILENT = frozenset({"organization_fides_key", "tags", "meta", "data_qualifier"})


class Direction(StrEnum):
    """Which way a search goes along a reference."""

    FROM = "from"  # from the other field to this one
    TO = "to"  # from this field to the other


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A field's tie to another, in this dataset or in one of another name."""

    dataset: str
    collection: str
    field: str
    direction: Direction | None


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a collection; `inner` are the categories of fields inside it."""

    name: str
    line: int
    categories: Sequence[str] = ()
    references: Sequence[Reference] = ()
    identity: str = ""
    is_key: bool = False
    data_type: str = ""
    masking: str = ""
    rewrite: str = ""
    inner: Sequence[str] = ()
    inner_count: int = 0


@dataclass(frozen=True, kw_only=True)
class Collection:
    """A collection, which is a table where the dataset is an SQL database."""

    name: str
    line: int
    description: str
    categories: Sequence[str]
    fields: Sequence[Field]
    deletes_rows: bool = False  # its strategy is to delete, not to mask


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One dataset. `leftovers` are (line, place) of what was said and is not carried over."""

    key: str
    name: str
    collections: Sequence[Collection]
    leftovers: Sequence[tuple[int, str]] = field(default=())


def datasets_of(document: Document) -> list[Dataset]:
    """Return the datasets of a Fides file; MapError names what cannot be read, all at once."""
    reading = _Reading(document)
    entries = document.data.get("dataset")
    if not isinstance(entries, list) or not entries:
        message = "has no list `dataset:`; is it a Fides dataset file?"
        raise MapError([Problem(document.file, 0, "", message)])
    found = [reading.dataset(one, ("dataset", place)) for place, one in enumerate(entries)]
    if reading.problems:
        raise MapError(reading.problems)
    return found


class _Reading:
    """Reads one file and gathers its mistakes."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.problems: list[Problem] = []
        self._leftovers: list[tuple[int, str]] = []

    def dataset(self, given: Plain, path: Path) -> Dataset:
        """Return one dataset."""
        self._leftovers = []
        part = self._mapping(given, path)
        self._left(part, _DATASET, path)
        self._left(self._mapping(part.get("fides_meta"), path), frozenset(), (*path, "fides_meta"))
        key = self._text(part, "fides_key", path)
        return Dataset(
            key=key,
            name=str(part.get("name") or key),
            collections=[
                self._collection(one, (*path, "collections", place))
                for place, one in self._listed(part, "collections", path)
            ],
            leftovers=tuple(self._leftovers),
        )

    def _collection(self, given: Plain, path: Path) -> Collection:
        part = self._mapping(given, path)
        meta = self._mapping(part.get("fides_meta"), path)
        masking = {**meta, **part}.get("masking_strategy_override")
        strategy = self._mapping(masking, path).get("strategy")
        known = frozenset({"masking_strategy_override"})
        self._left(part, _COLLECTION | known, path)
        self._left(meta, known, (*path, "fides_meta"))
        return Collection(
            name=self._text(part, "name", path),
            line=self._document.line_of(path),
            description=" ".join(str(part.get("description") or "").split()),
            categories=self._categories(part),
            fields=[
                self._field(one, (*path, "fields", place))
                for place, one in self._listed(part, "fields", path)
            ],
            deletes_rows=strategy == "delete",
        )

    def _field(self, given: Plain, path: Path) -> Field:
        part = self._mapping(given, path)
        meta = {
            **self._mapping(part.get("fidesops_meta"), path),
            **self._mapping(part.get("fides_meta"), path),
            **{key: part[key] for key in _META if key in part},
        }
        self._left(part, _FIELD | _META | {"fidesops_meta"}, path)
        self._left(meta, _META, (*path, "fides_meta"))
        masking = self._mapping(meta.get("masking_strategy_override"), path)
        inner = list(self._inner(part))
        return Field(
            name=self._text(part, "name", path),
            line=self._document.line_of(path),
            categories=self._categories(part),
            references=[
                self._reference(one, (*path, "fides_meta", "references", place))
                for place, one in self._listed(meta, "references", path, required=False)
            ],
            identity=str(meta.get("identity") or ""),
            is_key=str(meta.get("primary_key")).lower() == "true",
            data_type=str(meta.get("data_type") or ""),
            masking=str(masking.get("strategy") or ""),
            rewrite=str(
                self._mapping(masking.get("configuration"), path).get("rewrite_value") or ""
            ),
            inner=[category for one in inner for category in self._categories(one)],
            inner_count=len(inner),
        )

    def _inner(self, part: Mapping[str, Plain]) -> Iterator[Mapping[str, Plain]]:
        fields = part.get("fields")
        for one in fields if isinstance(fields, list) else ():
            if isinstance(one, dict):
                yield one
                yield from self._inner(one)

    def _reference(self, given: Plain, path: Path) -> Reference:
        part = self._mapping(given, path)
        collection, _dot, name = self._text(part, "field", path).partition(".")
        told = part.get("direction")
        if told not in (None, *Direction):
            self._problem((*path, "direction"), "must be from or to")
        return Reference(
            dataset=self._text(part, "dataset", path),
            collection=collection,
            field=name,
            direction=Direction(str(told)) if told in tuple(Direction) else None,
        )

    def _categories(self, part: Mapping[str, Plain]) -> Sequence[str]:
        given = part.get("data_categories")
        return [str(one) for one in given] if isinstance(given, list) else []

    def _mapping(self, given: Plain, path: Path) -> Mapping[str, Plain]:
        if given is not None and not isinstance(given, dict):
            self._problem(path, "must be a mapping, `key: value`")
        return given if isinstance(given, dict) else {}

    def _listed(
        self, part: Mapping[str, Plain], key: str, path: Path, *, required: bool = True
    ) -> Iterator[tuple[int, Plain]]:
        given = part.get(key)
        if isinstance(given, list):
            yield from enumerate(given)
        elif given is not None or required:
            self._problem((*path, key), f"must be a list: `{key}:` with `- ` entries")

    def _text(self, part: Mapping[str, Plain], key: str, path: Path) -> str:
        given = part.get(key)
        if not isinstance(given, str | int) or not str(given).strip():
            self._problem((*path, key), f"has no `{key}`; give it one")
        return str(given)

    def _left(self, part: Mapping[str, Plain], known: frozenset[str], path: Path) -> None:
        for key in part:
            if key not in known | _SILENT:
                place = ".".join(str(one) for one in (*path, key) if isinstance(one, str))
                self._leftovers.append((self._document.line_of((*path, key)), place))

    def _problem(self, path: Path, message: str) -> None:
        self.problems.append(self._document.problem(path, message))
