"""From the files of a directory to one validated map, or every mistake in them at once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import ValidationError

from datamap.domain.crossref import Parts, Placed, cross_problems
from datamap.domain.schema import (
    Controller,
    DataMap,
    Part,
    PlainTable,
    Recipient,
    Resource,
    Table,
)
from datamap.domain.yaml_source import Document, MapError, Path, Plain, Problem, read_document

P = TypeVar("P", bound=Part)
_FILE_KEYS = ("recipients", "controllers", "resource", "tables", "plain_tables", "tables_of")
_SEE = "must be a mapping; see docs/datamap.md"
_SENTENCES = {
    "missing": "is missing; add it",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "value_error": "{error}",
    "union_tag_invalid": "must be {{key, column}}, {{through, on}} or {{resource, through, on}}",
    "union_tag_not_found": "must be {{key, column}}, {{through, on}} or {{resource, through, on}}",
    "too_short": "is empty; it needs at least one entry",
    "model_type": _SEE,
    "model_attributes_type": _SEE,
    "dict_type": _SEE,
    "mapping_type": _SEE,
}
_WITHOUT_VALUE = ("string_type", "model_type", "model_attributes_type", "dict_type")
_HEAD = set(Resource.model_fields) - {"tables", "plain_tables"}


@dataclass
class _Collected(Parts):
    problems: list[Problem] = field(default_factory=list)


def assemble(files: Mapping[str, str]) -> DataMap:
    """Return the map that the files (name → text) make together.

    Raises MapError with every problem found: in the YAML, in a part, and between parts. What
    depends on a faulty part is not judged, so that one mistake is told once.
    """
    collected = _Collected()
    for file, text in sorted(files.items()):
        try:
            _read_file(read_document(file, text), collected)
        except MapError as error:
            collected.problems.extend(error.problems)
    faulty = bool(collected.problems)
    collected.problems.extend(cross_problems(collected, complete=not faulty))
    if not collected.heads and not collected.problems:
        message = "no file has a `resource`; docs/datamap.md shows how to begin"
        collected.problems.append(Problem("the data map", 0, "", message))
    if collected.problems:
        told_once = dict.fromkeys(collected.problems)
        raise MapError(sorted(told_once, key=lambda one: (one.file, one.line)))
    return _join(collected)


def _join(collected: _Collected) -> DataMap:
    resources = [
        head.part.model_copy(
            update={
                "tables": tuple(placed.part for placed in collected.tables[id_].values()),
                "plain_tables": tuple(placed.part for placed in collected.plain[id_].values()),
            }
        )
        for id_, head in collected.heads.items()
    ]
    return DataMap(
        recipients=tuple(placed.part for placed in collected.recipients.values()),
        controllers=tuple(placed.part for placed in collected.controllers.values()),
        resources=tuple(sorted(resources, key=lambda one: (one.order, one.id))),
    )


def _read_file(document: Document, collected: _Collected) -> None:
    for key in document.data:
        if key not in _FILE_KEYS and not key.startswith("x-"):
            collected.problems.append(document.problem((key,), _unknown(key, _FILE_KEYS)))
    _collect(document, ("recipients",), Recipient, "id", collected.recipients, collected.problems)
    _collect(
        document, ("controllers",), Controller, "id", collected.controllers, collected.problems
    )
    id_ = _resource_of(document, collected)
    if id_ is None:
        return
    tables = collected.tables.setdefault(id_, {})
    plain = collected.plain.setdefault(id_, {})
    _collect(document, ("tables",), Table, "name", tables, collected.problems)
    _collect(document, ("plain_tables",), PlainTable, "name", plain, collected.problems)


def _resource_of(document: Document, collected: _Collected) -> str | None:
    """Return the id of the resource this file speaks of; None where it speaks of none."""
    head, other = document.data.get("resource"), document.data.get("tables_of")
    if "resource" in document.data:
        if other is not None:
            message = "stands beside `resource`; a file has one of them"
            collected.problems.append(document.problem(("tables_of",), message))
        return _read_head(document, head, collected)
    if other is not None:
        return str(other)
    for key in ("tables", "plain_tables"):
        if key in document.data:
            message = "belongs to no resource; add `resource` or `tables_of` to this file"
            collected.problems.append(document.problem((key,), message))
    return None


def _read_head(document: Document, head: Plain, collected: _Collected) -> str | None:
    path: Path = ("resource",)
    if not isinstance(head, dict):
        collected.problems.append(document.problem(path, _SEE))
        return None
    unknown = [key for key in head if key not in _HEAD]
    for key in unknown:
        collected.problems.append(document.problem((*path, key), _unknown(key, sorted(_HEAD))))
    known = {key: value for key, value in head.items() if key in _HEAD}
    resource, problems = _validated(document, path, Resource, known)
    collected.problems.extend(problems)
    if resource is None:
        return str(head["id"]) if "id" in head else None
    if resource.id in collected.heads:
        first = collected.heads[resource.id].document.file
        message = f"`{resource.id}` is already described in {first}; give it another id"
        collected.problems.append(document.problem((*path, "id"), message))
    else:
        collected.heads[resource.id] = Placed(resource, document, path)
    return resource.id


def _collect(
    document: Document,
    path: Path,
    model: type[P],
    naming: str,
    into: dict[str, Placed[P]],
    problems: list[Problem],
) -> None:
    """Validate each entry of the mapping at `path` with its key as its `naming` field."""
    entries = document.data.get(str(path[0]), {})
    if not isinstance(entries, dict):
        problems.append(document.problem(path, "must be a mapping from a name to its description"))
        return
    for name, entry in entries.items():
        place = (*path, name)
        if not isinstance(entry, dict):
            problems.append(document.problem(place, _SEE))
        elif name in into:
            first = into[name].document.file
            problems.append(document.problem(place, f"is already described in {first}"))
        else:
            part, found = _validated(document, place, model, {**entry, naming: name})
            problems.extend(found)
            if part is not None:
                into[name] = Placed(part, document, place)


def _validated(
    document: Document, path: Path, model: type[P], data: Mapping[str, Plain]
) -> tuple[P | None, list[Problem]]:
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        # A list whose only entry is faulty is also called too short: once is enough.
        inside = {detail["loc"][:end] for detail in details for end in range(len(detail["loc"]))}
        return None, [
            document.problem(*_told(document, path, detail))
            for detail in details
            if not (detail["type"] == "too_short" and detail["loc"] in inside)
        ]


def _told(document: Document, path: Path, detail: Mapping[str, Any]) -> tuple[Path, str]:
    """Return the path in the file's own terms and a sentence for one of pydantic's errors."""
    place = (*path, *_in_file(document, path, detail["loc"], missing=detail["type"] == "missing"))
    if detail["loc"][-1:] == ("connector",) and detail["type"].startswith("union_tag"):
        return place, "must be {kind: sql, url_env} or {kind: manual, due_days}"
    if detail.get("input", ...) is None and detail["type"] in _WITHOUT_VALUE:
        return place, "is empty; fill it in"
    if detail["type"] == "extra_forbidden":
        return place, _unknown(str(detail["loc"][-1]), _ALL_KEYS)
    sentence = _SENTENCES.get(detail["type"], "is not right: {message}")
    context = detail.get("ctx", {})
    return place, sentence.format(
        message=detail["msg"], expected=context.get("expected"), error=context.get("error")
    )


def _in_file(
    document: Document, base: Path, loc: Iterable[str | int], *, missing: bool
) -> Iterator[str | int]:
    """Yield the steps of a pydantic location that the file has, places in mappings as keys."""
    steps = list(loc)
    value: Plain = document.data
    for step in base:
        value = value[str(step)] if isinstance(value, dict) else None
    for number, step in enumerate(steps):
        if isinstance(value, dict) and isinstance(step, int) and step < len(value):
            key = list(value)[step]
            value = value[key]
            yield key
        elif isinstance(value, dict) and step in value:
            value = value[str(step)]
            yield step
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
            yield step
        elif missing and number == len(steps) - 1:
            yield step


def _fields(model: type[Part]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        yield info.alias or name


_ALL_KEYS = sorted({key for model in Part.__subclasses__() for key in _fields(model)})


def _unknown(key: str, known: Iterable[str]) -> str:
    close = get_close_matches(key, list(known), n=1)
    hint = f"did you mean `{close[0]}`?" if close else "docs/datamap.md lists the keys"
    return f"is not a known key; {hint}"
