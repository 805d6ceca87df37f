"""Bringing Fides datasets: files in, drafts of a map out. Nothing is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datamap.domain.drafting import Drafting
from datamap.domain.fides import Dataset, datasets_of
from datamap.domain.fides_drafting import drafted_from
from datamap.domain.yaml_source import MapError, Problem, read_document


@dataclass(frozen=True)
class Imported:
    """The draft of one resource, and how much is in it."""

    resource: str
    text: str
    tables: int
    plain_tables: int
    columns: int
    decisions: int


def import_fides(files: Mapping[str, str]) -> list[Imported]:
    """Return the drafts of all datasets in `files`, texts by name; MapError tells all mistakes."""
    datasets: list[Dataset] = []
    problems: list[Problem] = []
    for name, text in files.items():
        try:
            datasets += datasets_of(read_document(name, text))
        except MapError as error:
            problems += error.problems
    if problems:
        raise MapError(problems)
    drafts = [
        drafted_from(one, [other for other in datasets if other is not one]) for one in datasets
    ]
    ids = [draft.id for draft in drafts]
    if twice := {one for one in ids if ids.count(one) > 1}:
        raise MapError([Problem(one, 0, "", "is described by two datasets") for one in twice])
    found = []
    for draft in drafts:
        text = Drafting(complete=False).text(draft)
        found.append(
            Imported(
                resource=draft.id,
                text=text,
                tables=len(draft.tables),
                plain_tables=len(draft.plain),
                columns=sum(len(table.columns) for table in draft.tables),
                decisions=text.count("decide: "),
            )
        )
    return found


def read_texts(paths: Sequence[Path]) -> dict[str, str]:
    """Return the texts of files by their names; MapError for those that cannot be read."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            texts[str(path)] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            problems.append(Problem(str(path), 0, "", "cannot be read as UTF-8 text"))
    if problems:
        raise MapError(problems)
    return texts
