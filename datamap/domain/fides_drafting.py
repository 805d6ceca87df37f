"""From a Fides dataset to the draft of a resource: nothing is dropped without a word."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from datamap.domain.basics import is_table_name
from datamap.domain.discovered_terms import category_of, instant_named
from datamap.domain.discovering import bare_words
from datamap.domain.drafting import DraftColumn, DraftFind, DraftPlain, DraftResource, DraftTable
from datamap.domain.fides import Collection, Dataset, Direction, Field, Reference
from datamap.domain.fides_terms import (
    anonymising_of,
    class_of,
    delicate,
    key_of,
    kind_of,
    type_of,
)
from datamap.domain.sides import names_people
from datamap.domain.vocabulary import (
    Anonymising,
    ColumnClass,
    ColumnType,
    DataKind,
    Erasing,
    KeyKind,
)
from datamap.domain.words import readable
from datamap.domain.yaml_writing import Flow, Value

_NO_KEY = "decide: no field is marked primary_key; which columns tell its rows apart?"
_ANCHOR = (
    "what the period counts from: {anchor: column}, {anchor: {through: table, on: {…}, column: …}} "
    "or {none: reason in four languages}"
)
_ABROAD = "decide: numbers without + are of this country"


@dataclass(frozen=True)
class _Way:
    """A join by which rows of `table` are found through rows of `through`."""

    table: str
    through: str
    on: tuple[tuple[str, str], ...]
    resource: str = ""  # the dataset of `through`, where that is another one
    note: str = ""


def resource_id(key: str) -> str:
    """Return the id of the resource that a dataset becomes."""
    plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in key.lower())
    return plain.strip("_").lstrip("0123456789_")[:62] or "source"


def drafted_from(dataset: Dataset, others: Sequence[Dataset] = ()) -> DraftResource:
    """Return the draft of the resource that a dataset describes.

    `others` are datasets converted in the same run: their references into this one are joins too.
    """
    id_ = resource_id(dataset.key)
    usable = [one for one in dataset.collections if is_table_name(one.name)]
    remarks = list(_remarks(dataset))
    edges = {through for found, through in _open_edges([dataset, *others]) if found == id_}
    begins = {one.name for one in usable if any(field.identity for field in one.fields)}
    sought = sorted(_ways(dataset, others), key=lambda way: way.table in begins)
    ways, untold = _without_cycles(sought, usable, edges)
    remarks += untold
    mapped = _mapped(usable, ways)
    tables = [_table(one, [way for way in ways if way.table == one.name]) for one in mapped]
    plain = [_plain(one) for one in usable if one not in mapped]
    return DraftResource(
        id=id_,
        url_env=f"SOURCE_{id_.upper()}_URL",
        title=dataset.name,
        tables=tables,
        plain=plain,
        titles={},
        remarks=remarks,
    )


def _ways(dataset: Dataset, others: Sequence[Dataset]) -> Iterator[_Way]:
    for collection, one, reference in _references(dataset):
        yield from _own_way(dataset, collection, one, reference)
    for other in others:
        for collection, one, reference in _references(other):
            if reference.dataset == dataset.key and reference.direction is Direction.TO:
                on = ((reference.field, one.name),)
                yield _Way(reference.collection, collection.name, on, resource_id(other.key))


def _references(dataset: Dataset) -> Iterator[tuple[Collection, Field, Reference]]:
    for collection in dataset.collections:
        for one in collection.fields:
            for reference in one.references:
                yield collection, one, reference


def _open_edges(datasets: Sequence[Dataset]) -> set[tuple[str, str]]:
    """Return (resource, resource it is found through) without those that would make a circle."""
    edges: set[tuple[str, str]] = set()

    def leads(begin: str, goal: str) -> bool:
        return begin == goal or any(leads(next_, goal) for one, next_ in edges if one == begin)

    for dataset in sorted(datasets, key=lambda one: one.key):
        for _collection, _field, reference in _references(dataset):
            pair = (resource_id(dataset.key), resource_id(reference.dataset))
            found, through = reversed(pair) if reference.direction is Direction.TO else pair
            if not leads(through, found):
                edges.add((found, through))
    return edges


def _own_way(
    dataset: Dataset, collection: Collection, one: Field, reference: Reference
) -> Iterator[_Way]:
    here = reference.dataset == dataset.key
    elsewhere = "" if here else resource_id(reference.dataset)
    if reference.direction is not Direction.TO:
        note = "" if reference.direction else "decide: Fides gives no direction; is it this one?"
        on = ((one.name, reference.field),)
        yield _Way(collection.name, reference.collection, on, elsewhere, note)
    elif here:
        on = ((reference.field, one.name),)
        yield _Way(reference.collection, collection.name, on)


def _without_cycles(
    ways: Sequence[_Way], usable: Sequence[Collection], elsewhere: AbstractSet[str]
) -> tuple[list[_Way], list[str]]:
    """Return the joins that a map can have, and what to say of the others.

    `elsewhere` are the resources through which this one may be found.
    """
    kept: list[_Way] = []
    untold = []
    columns = {one.name: {each.name for each in one.fields} for one in usable}
    for way in ways:
        where = f"{way.table}, found through {way.resource or 'this'}.{way.through}"
        missing = way.table not in columns or way.on[0][0] not in columns[way.table]
        if not way.resource:
            missing |= way.through not in columns or way.on[0][1] not in columns[way.through]
        if missing or "." in way.on[0][0] or "." in way.on[0][1]:
            untold.append(f"decide: {where}: a field inside another, or none; find it otherwise.")
        elif way.resource not in elsewhere if way.resource else _turns(kept, way):
            untold.append(f"decide: {where}: left out, it would make a circle.")
        elif way not in kept:
            kept.append(way)
    return kept, untold


def _turns(ways: Sequence[_Way], way: _Way) -> bool:
    """Tell whether the table that a join leads through is found through the joined one."""

    def leads(table: str) -> bool:
        through = (one.through for one in ways if one.table == table and not one.resource)
        return table == way.table or any(map(leads, through))

    return leads(way.through)


def _mapped(usable: Sequence[Collection], ways: Sequence[_Way]) -> list[Collection]:
    """Return the collections that hold data of people: by category, identity or a join to such."""
    about = {one.name for one in usable if _is_about_people(one)}
    linked = {way.table for way in ways if way.resource}
    while True:
        joined = {way.table for way in ways if way.through in about and _is_owned(way, usable)}
        if (joined | linked) <= about:
            return [one for one in usable if one.name in about]
        about |= joined | linked


def _is_owned(way: _Way, usable: Sequence[Collection]) -> bool:
    """A row that refers to a person's row is theirs; one referred to is only if it says so."""
    (collection,) = (one for one in usable if one.name == way.table)
    own = {reference.field for one in collection.fields for reference in one.references}
    refers = {one.name for one in collection.fields if one.references}
    return bool(own) and way.on[0][0] in refers


def _is_about_people(collection: Collection) -> bool:
    return any(
        one.identity or class_of(_categories(one, collection)) in _ABOUT
        for one in collection.fields
    )


_ABOUT = (ColumnClass.PERSONAL, ColumnClass.SECRET)


def _categories(one: Field, collection: Collection) -> Sequence[str]:
    return [*one.categories, *one.inner] or collection.categories


def _table(collection: Collection, ways: Sequence[_Way]) -> DraftTable:
    masked = any(one.masking for one in collection.fields)
    identities = [one for one in collection.fields if one.identity]
    identifies = bool(identities) and names_people(bare_words(collection.name)[-1:])
    columns = [
        _column(one, collection, masked=masked, identifies=identifies) for one in collection.fields
    ]
    anchor = instant_named([one.name for one in collection.fields])
    kinds = [one.data for one in columns if one.data is not None]
    key = [one.name for one in collection.fields if one.is_key]
    return DraftTable(
        name=collection.name,
        columns=columns,
        primary_key=key,
        finds=list(_finds(identities, ways)),
        key_note="" if key else _NO_KEY,
        title=readable(collection.name),
        description=collection.description,
        category=category_of(collection.name),
        data=max(dict.fromkeys(kinds), key=kinds.count) if kinds else DataKind.OTHER,
        identifies="true only if a row is one person's own; its name says so" if identifies else "",
        anchor=anchor,
        anchor_note="what the period counts from; guessed by its name" if anchor else _ANCHOR,
        erasure=Erasing.ANONYMISE if masked and not collection.deletes_rows else Erasing.DELETE,
    )


def _finds(identities: Sequence[Field], ways: Sequence[_Way]) -> Iterator[DraftFind]:
    for one in identities:
        key = key_of(one.identity)
        known = key in {kind.value for kind in KeyKind}
        note = "" if known else f"decide: who knows a {one.identity} and asks by it?"
        yield DraftFind({"key": key, "column": one.name}, note)
    for way in ways:
        on = Flow(dict(way.on))
        where: Mapping[str, Value] = {"resource": way.resource} if way.resource else {}
        yield DraftFind({**where, "through": way.through, "on": on}, way.note)


def _column(one: Field, collection: Collection, *, masked: bool, identifies: bool) -> DraftColumn:
    categories = _categories(one, collection)
    kind = ColumnClass.PERSONAL if one.identity else class_of(categories)
    notes = list(_notes(one, categories, kind))
    shown = kind or ColumnClass.PERSONAL
    key = key_of(one.identity) if one.identity else None
    is_phone = key == KeyKind.PHONE.value
    known = {each.value for each in KeyKind}
    erase: Value | None = None
    if masked and shown is not ColumnClass.TECHNICAL and not one.references and not one.is_key:
        erase, told = _erasing(one)
        notes += told
    return DraftColumn(
        name=one.name,
        column_class=shown,
        type=ColumnType.JSON if one.inner_count else type_of(one.data_type),
        data=kind_of(categories) if shown is ColumnClass.PERSONAL else None,
        identifier=key if identifies and key in known else None,
        region={"region": "EE"} if is_phone else None,
        erase=erase,
        note="; ".join([*notes, _ABROAD] if is_phone else notes),
    )


def _notes(one: Field, categories: Sequence[str], kind: ColumnClass | None) -> Iterator[str]:
    if kind is None:
        yield f"decide: not classified ({', '.join(categories) or 'no category'})"
    if one.inner_count:
        yield f"decide: holds {one.inner_count} fields in one; the map treats it as a whole"
    for words in delicate(categories):
        yield f"decide: {words}"
    if one.data_type and type_of(one.data_type) is None:
        yield f"decide: the type {one.data_type} is none of the map's"


def _erasing(one: Field) -> tuple[Value, list[str]]:
    """Return what becomes of a column of a row that is anonymised, and what to decide about it."""
    meant = anonymising_of(one.masking)
    usual = "null" if one.inner_count or one.data_type not in ("", "string") else "hash"
    if meant is Anonymising.TEXT and one.rewrite:
        return Flow({"text": one.rewrite}), []
    if meant is not None and meant is not Anonymising.TEXT:
        return meant.value, []
    if one.masking:
        return usual, [f"decide: {one.masking} is not known here; hash, mask, null or {{text: …}}"]
    return usual, ["decide: null, hash, mask or {text: …}"]


def _plain(collection: Collection) -> DraftPlain:
    reason = "No field has a category about people in the Fides dataset."
    return DraftPlain(collection.name, reason, "decide: is that so?")


def _remarks(dataset: Dataset) -> Iterator[str]:
    yield "A draft, from a Fides dataset. What stands beside `# decide:` is for a person to decide;"
    yield "`manage.py datamap load` names what is still open. See docs/datamap.md."
    for one in dataset.collections:
        if not is_table_name(one.name):
            yield f"decide: line {one.line}: a map cannot write the name of this table: {one.name}"
    for line, place in dataset.leftovers:
        yield f"decide: line {line}: {place} has no counterpart in a map."
