"""What an event may say: a verb of a fixed form, and flat data."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from audit.domain.personal_data import refuse_personal_data

Scalar: TypeAlias = str | int | bool | None
JSONValue: TypeAlias = Scalar | Sequence[Scalar]

_VERB = re.compile(r"[a-z_]+\.[a-z_]+")


class InvalidEvent(ValueError):
    """The verb, the time or the data of an event is not of the agreed form."""


def checked_verb(verb: str) -> str:
    """Return `verb` if it reads like "case.received", else raise InvalidEvent."""
    if not _VERB.fullmatch(verb):
        raise InvalidEvent(f"{verb!r} is not of the form noun.verb_in_past.")
    return verb


def checked_data(data: Mapping[str, JSONValue]) -> dict[str, JSONValue]:
    """Return a plain copy of `data`, or raise InvalidEvent (not flat) or PersonalDataInAudit."""
    checked: dict[str, JSONValue] = {}
    for name, value in data.items():
        if not isinstance(name, str):
            raise InvalidEvent("Names in an event's data are text.")
        refuse_personal_data("A name in an event's data", name)
        if isinstance(value, (list, tuple)):
            checked[name] = [_checked_scalar(name, item) for item in value]
        else:
            checked[name] = _checked_scalar(name, value)
    return checked


def _checked_scalar(name: str, value: object) -> Scalar:
    if value is None or isinstance(value, (bool, int)):
        return value
    if not isinstance(value, str):
        raise InvalidEvent(f"{name} is neither text, whole number, truth value, null nor a list.")
    if "\x00" in value:
        raise InvalidEvent(f"{name} holds a NUL character, which jsonb cannot.")
    refuse_personal_data(name, value)
    return value
