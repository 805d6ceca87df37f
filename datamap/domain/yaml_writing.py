"""Plain data as YAML with comments, in the form that `yaml_source` reads back.

Mappings and lists stand one entry a line; `Flow` puts one on a line of its own, `Noted` puts a
comment at the end of the line, `Alias` repeats what an `Anchored` said. Any text is safe: what is
not plain is quoted, and a comment stays on its line.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Union

_PLAIN = re.compile(r"[^\W\d][\w./ -]*(?<! )")
_PLAIN_KEY = re.compile(r"[^\W\d][\w.-]*")
_MEANT_OTHERWISE = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

Scalar = str | int | bool | None
Value = Union[Scalar, "Flow", "Noted", "Alias", "Anchored", list["Value"], Mapping[str, "Value"]]


@dataclass(frozen=True)
class Alias:
    """What an `Anchored` of this name said before."""

    name: str


@dataclass(frozen=True)
class Flow:
    """A mapping or list on one line."""

    value: Mapping[str, Value] | list[Value]


@dataclass(frozen=True)
class Anchored:
    """A value that an `Alias` may repeat."""

    name: str
    value: Flow


@dataclass(frozen=True)
class Noted:
    """A value with a comment at the end of its first line."""

    value: Value
    note: str


def write_yaml(document: Mapping[str, Value]) -> str:
    """Return the document as text; its top entries are set apart by an empty line."""
    blocks = ["\n".join(_entry(key, value, "")) for key, value in document.items()]
    return "\n\n".join(blocks) + "\n"


def comment(text: str) -> str:
    """Return `text` as a comment that stays on one line, whatever it holds."""
    return "# " + " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _entry(key: str, value: Value, indent: str) -> Iterator[str]:
    note = f"  {comment(value.note)}" if isinstance(value, Noted) else ""
    value = value.value if isinstance(value, Noted) else value
    head = f"{indent}{_key(key)}:"
    if isinstance(value, Mapping) and value:
        yield head + note
        for name, part in value.items():
            yield from _entry(name, part, indent + "  ")
    elif isinstance(value, list) and value:
        yield head + note
        for part in value:
            told = f"  {comment(part.note)}" if isinstance(part, Noted) else ""
            yield f"{indent}  - {_inline(part)}{told}"
    else:
        text = _inline(value)
        yield f"{head} {text}{note}" if text else head + note


def _inline(value: Value) -> str:
    if isinstance(value, Flow | Noted):
        return _inline(value.value)
    if isinstance(value, Anchored):
        return f"&{value.name} {_inline(value.value)}"
    if isinstance(value, Alias):
        return f"*{value.name}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {_inline(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(one) or "null" for one in value) + "]"
    return _scalar(value)


def _scalar(value: Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    is_plain = _PLAIN.fullmatch(value) and value.lower() not in _MEANT_OTHERWISE
    return value if is_plain else _quoted(value)


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)  # whose escapes are YAML's too
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)
