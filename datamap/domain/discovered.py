"""From a live schema to the draft of its map."""

from collections.abc import Iterator, Mapping, Sequence

from datamap.domain.concepts import BY_ID
from datamap.domain.discovered_terms import INSTANTS, anchor_of, category_of, data_of
from datamap.domain.discovering import (
    Guess,
    SeenSchema,
    bare_words,
    guesses,
    is_about_people,
)
from datamap.domain.discovering_joins import JoinedTable, joins, staff_joins
from datamap.domain.drafting import DraftColumn, DraftFind, DraftPlain, DraftResource, DraftTable
from datamap.domain.sides import names_people
from datamap.domain.vocabulary import (
    Category,
    ColumnClass,
    ColumnType,
    Erasing,
    KeyKind,
    Mask,
)
from datamap.domain.words import names, readable, words_of
from datamap.domain.yaml_writing import Flow

_KEPT = {Category.IDENTITY_BILLING, Category.TRAFFIC, Category.LOGS}  # to a date, by their rules
_BEHALF = "dpa|controller|tenant|on behalf|powierzenie|volitatud"
_NO_KEY = "decide: the table has none; which columns tell its rows apart?"
_ABROAD = "decide: numbers without + are of this country"


def drafted(schema: SeenSchema, *, resource: str, url_env: str) -> DraftResource:
    """Return the draft of a map of `schema`: every table, every column."""
    found = {name: guesses(table, schema.backend) for name, table in schema.tables.items()}
    personal = frozenset(
        name for name, table in schema.tables.items() if is_about_people(table, found[name])
    )
    identifying = [name for name in schema.tables if any(map(_is_sought, found[name]))]
    reached = joins(schema.tables, identifying, personal)
    seen = {
        name: JoinedTable(
            table,
            found[name],
            reached.get(name, ()),
            staff_joins(table, schema.tables, frozenset(reached)),
        )
        for name, table in schema.tables.items()
    }
    mapped = [one for name, one in seen.items() if name in personal or name in reached]
    plain = [one for name, one in seen.items() if name not in personal and name not in reached]
    tables = [_table(one, seen) for one in mapped]
    used = {column.title for table in tables for column in table.columns} - {None}
    return DraftResource(
        id=resource,
        url_env=url_env,
        title=readable(resource),
        tables=tables,
        plain=[_plain(one) for one in plain],
        titles={name: BY_ID[name].title for name in BY_ID if name in used},
        remarks=list(_remarks(schema)),
    )


def _is_sought(guess: Guess) -> bool:
    """Tell whether a person is found by the column; by an IP address only where nothing else is."""
    return guess.key is not None and not guess.is_secret


def _finds(one: JoinedTable) -> Iterator[DraftFind]:
    sought = [guess for guess in one.found if _is_sought(guess)]
    others = [guess for guess in sought if guess.key != KeyKind.IP.value]
    for guess in others or ([] if one.joined else sought):
        note = ""
        if guess.key == KeyKind.IP.value:
            note = "decide: several people may have used one address"
        elif guess.key not in {kind.value for kind in KeyKind}:
            note = "decide: compared as it is; leave it out if nobody asks by it"
        yield DraftFind({"key": str(guess.key), "column": guess.name}, note)
    for joined in one.joined:
        note = "decide: guessed from the name of the column" if joined.guessed else ""
        if joined.backwards:
            note = "decide: is such a row one person's?"
        yield DraftFind({"through": joined.through, "on": Flow(dict(joined.on))}, note)


def _table(one: JoinedTable, seen: Mapping[str, JoinedTable]) -> DraftTable:
    table = one.table
    category = category_of(table.name)
    anchor, note = anchor_of(one, category, seen)
    return DraftTable(
        name=table.name,
        columns=list(_columns(one)),
        primary_key=table.primary_key,
        key_note="" if table.primary_key else _NO_KEY,
        finds=list(_finds(one)),
        title=readable(table.name.rpartition(".")[2]),
        category=category,
        data=data_of(one),
        identifies=_identifies(one),
        anchor=anchor,
        anchor_note=note,
        erasure=Erasing.KEEP if category in _KEPT else Erasing.DELETE,
        role_note=_role_note(one),
        note=_table_note(one),
    )


def _role_note(one: JoinedTable) -> str:
    found = [name for name in one.table.columns if names(words_of(name), _BEHALF)]
    return f"; {', '.join(found)} may name it" if found else ""


def _table_note(one: JoinedTable) -> str:
    told = [f"values were not looked at: {one.table.sampling}"] if one.table.sampling else []
    told += [
        f"decide: {', '.join(joined.on)} leads to {joined.through}; add it to `find` if the rows "
        "are also about that person"
        for joined in one.of_staff
    ]
    return "; ".join(told)


def _identifies(one: JoinedTable) -> str:
    """Say why a table has one row for each person; empty where it does not seem so."""
    own = [guess for guess in one.found if _is_identifier(guess)]
    if not own:
        return ""
    if names_people(bare_words(one.table.name)[-1:]):
        return "true only if a row is one person's own; the name of the table says so"
    if any(guess.name in one.table.unique for guess in own):
        return "true only if a row is one person's own; an identifier is unique in it"
    return ""


def _is_identifier(guess: Guess) -> bool:
    return _is_sought(guess) and guess.key != KeyKind.IP.value and not guess.other_person


def _columns(one: JoinedTable) -> Iterator[DraftColumn]:
    region = next(
        (guess.name for guess in one.found if guess.concept and guess.concept.id == "country"), None
    )
    identifies = bool(_identifies(one))
    for guess in one.found:
        yield _column(guess, region, identifies=identifies)


def _column(guess: Guess, region: str | None, *, identifies: bool) -> DraftColumn:
    kind = _class(guess)
    note = guess.evidence
    where = None
    if guess.key == KeyKind.PHONE.value and not guess.is_secret and not guess.is_international:
        where = {"region": "EE"} if region is None else {"region_column": region}
        note = "; ".join(filter(None, [note, "" if region else _ABROAD]))
    if kind is ColumnClass.PERSONAL and guess.concept is None and _may_hold_anything(guess):
        note = "; ".join(filter(None, [note, "decide: not recognised"]))
    concept = guess.concept
    named = concept is not None and kind is not ColumnClass.SECRET
    return DraftColumn(
        name=guess.name,
        column_class=kind,
        type=guess.type,
        data=concept.data if concept is not None and named else None,
        identifier=guess.key if identifies and _is_identifier(guess) and _is_known(guess) else None,
        mask=concept.mask if concept is not None and kind is ColumnClass.THIRD_PARTY else Mask.ALL,
        region=where,
        title=concept.id if concept is not None and named else None,
        note=note,
    )


def _is_known(guess: Guess) -> bool:
    return guess.key in {kind.value for kind in KeyKind}


def _class(guess: Guess) -> ColumnClass:
    if guess.is_secret:
        return ColumnClass.SECRET
    if guess.other_person:
        return ColumnClass.THIRD_PARTY
    if guess.concept is None and guess.is_key and guess.type not in INSTANTS:
        return ColumnClass.TECHNICAL
    return ColumnClass.PERSONAL


def _may_hold_anything(guess: Guess) -> bool:
    return guess.type in (None, ColumnType.TEXT, ColumnType.JSON, ColumnType.BINARY)


def _plain(one: JoinedTable) -> DraftPlain:
    looked = any(sample.seen for sample in one.table.samples.values())
    reason = "No column seems to be about people, by name"
    reason += ", type and sampled values." if looked else " and type."
    told = ["decide: is that so?", *filter(None, [_table_note(one)])]
    told += [f"{guess.name}: {guess.evidence}" for guess in one.found if guess.evidence]
    return DraftPlain(one.table.name, reason, "; ".join(told))


def _remarks(schema: SeenSchema) -> Iterator[str]:
    yield "A draft. What stands beside `# decide:` is for a person to decide;"
    yield "`manage.py datamap load` names what is still open. See docs/datamap.md."
    if schema.views:
        yield f"Views, whose rows are those of their tables: {_listed(schema.views)}."
    if schema.stored_views:
        listed = _listed(schema.stored_views)
        yield f"decide: materialised views keep copies until they are refreshed: {listed}."
    if schema.foreign_tables:
        listed = _listed(schema.foreign_tables)
        yield f"decide: tables of other databases, to be mapped there: {listed}."
    if schema.unnameable:
        listed = _listed(schema.unnameable)
        yield f"decide: a map cannot write these names; give the tables others: {listed}."


def _listed(found: Sequence[str]) -> str:
    return " ".join(", ".join(found).split())
