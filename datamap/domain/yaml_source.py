"""YAML text as plain data that remembers its lines.

Stricter than YAML 1.1 where that has surprises: only `true` and `false` are booleans (so that the
key `on:` and the country `NO` stay what they look like), dates stay text, a key given twice is an
error. Size, depth and the number of expanded nodes are limited: an alias that multiplies itself
is refused before it is followed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

_BOOL, _NULL, _INT = (f"tag:yaml.org,2002:{name}" for name in ("bool", "null", "int"))
_MAX_CHARACTERS = 1_000_000
_MAX_NODES = 200_000
_MAX_DEPTH = 40

Plain = str | int | bool | None | list["Plain"] | dict[str, "Plain"]
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One mistake: where it stands and what to do. `line` counts from 1; 0 is the whole file."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


class MapError(Exception):
    """The map has mistakes; `problems` holds all that could be told at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class Document:
    """One YAML file: its plain data, and the line of each of its parts."""

    file: str
    data: dict[str, Plain]
    root: yaml.MappingNode

    def line_of(self, path: Path) -> int:
        """Return the line of the deepest part of `path` that the file has.

        A number finds the entry of a list, or of a mapping by its place in it. Steps that are
        not in the file (a missing key, a name of a validator) are passed over.
        """
        node: yaml.Node = self.root
        line = 1
        for step in path:
            entry = _entry(node, step)
            if entry is not None:
                line, node = entry
        return line

    def problem(self, path: Path, message: str) -> Problem:
        """Return a Problem at `path` of this file."""
        return Problem(self.file, self.line_of(path), ".".join(map(str, path)), message)


def _entry(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for place, (key, value) in enumerate(node.value):
            if step in (place, key.value):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        value = node.value[step]
        return value.start_mark.line + 1, value
    return None


def read_document(file: str, text: str) -> Document:
    """Return the file's content, or raise MapError with all that is wrong with it as YAML."""
    if len(text) > _MAX_CHARACTERS:
        raise MapError([Problem(file, 0, "", "is larger than 1 MB; divide it into several files")])
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise MapError([Problem(file, line, "", f"is not valid YAML: {error.problem}")]) from None
    except yaml.YAMLError:
        raise MapError([Problem(file, 0, "", "is not valid YAML text")]) from None
    except RecursionError:
        raise MapError([Problem(file, 0, "", "is nested too deeply")]) from None
    if root is None:
        root = yaml.MappingNode("tag:yaml.org,2002:map", [])
    if not isinstance(root, yaml.MappingNode):
        raise MapError([Problem(file, 1, "", "must be a mapping, `key: value`, at its top")])
    reader = _Reader(file)
    data = reader.mapping(root, ())
    if reader.problems:
        raise MapError(reader.problems)
    return Document(file, data, root)


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._nodes = 0

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Plain]:
        result: dict[str, Plain] = {}
        for key, value in self._entries(node, path):
            result[key] = self.value(value, (*path, key))
        return result

    def _entries(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, yaml.Node]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._add(line, path, "has a key that is not a word; write `key: value`")
            elif key.value == "<<":
                self._add(line, path, "`<<` is not read; write the keys out")
            elif key.value in seen:
                message = f"is given twice, first in line {seen[key.value]}; keep one of them"
                self._add(line, (*path, key.value), message)
            else:
                seen[key.value] = line
                yield key.value, value

    def value(self, node: yaml.Node, path: Path) -> Plain:
        self._nodes += 1
        if self._nodes > _MAX_NODES or len(path) > _MAX_DEPTH:
            message = "is too large once its aliases are followed; use fewer of them"
            raise MapError([Problem(self.file, node.start_mark.line + 1, "", message)])
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(entry, (*path, place)) for place, entry in enumerate(node.value)]
        return _scalar(node)

    def _add(self, line: int, path: Path, message: str) -> None:
        self.problems.append(Problem(self.file, line, ".".join(map(str, path)), message))


def _scalar(node: yaml.Node) -> Plain:
    text = str(node.value)
    if node.tag == _BOOL and text in {"true", "false"}:
        return text == "true"
    if node.tag == _NULL:
        return None
    if node.tag == _INT and text.lstrip("-").isdecimal() and not text.lstrip("-").startswith("0"):
        return int(text)
    return 0 if node.tag == _INT and text == "0" else text
