"""What a letter is made of, and which parts it may not be sent without (Art. 12(3)-(5)).

A letter is a list of passages. Staff may adjust those that are marked so; none of the parts the
law asks for can be missing or blank when it goes out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class LetterKind(StrEnum):
    ACKNOWLEDGEMENT = "acknowledgement"
    IDENTITY = "identity"
    CLARIFICATION = "clarification"
    EXTENSION = "extension"
    FEE = "fee"
    DECISION = "decision"
    ANSWER = "answer"  # access: the long one, beside its package
    FORWARDING = "forwarding"  # to the person: who decides on the data we hold for another
    HANDOVER = "handover"  # to that controller
    RECIPIENT_NOTICE = "recipient_notice"  # Art. 19, to whoever received the data
    RESTRICTION_LIFT = "restriction_lift"  # Art. 18(3)
    CLOSING = "closing"


class Part(StrEnum):
    """What a passage is there for; the same part may take several passages."""

    WORDS = "words"  # anything that no law asks for
    DECIDED = "decided"  # what was decided or is told
    GROUND = "ground"  # the article it rests on
    REASONS = "reasons"  # why, in this case
    DATES = "dates"  # the clock
    REMEDIES = "remedies"  # complaint and court (Art. 12(4))
    AUTHORITY = "authority"  # which one, where


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One passage: a text, or lines of a list, or rows (name, value, why) of a table."""

    part: Part
    heading: str = ""
    text: str = ""
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, str, str], ...] = ()
    adjustable: bool = False

    @property
    def is_blank(self) -> bool:
        return not (self.text.strip() or any(line.strip() for line in self.lines) or self.rows)


@dataclass(frozen=True, kw_only=True)
class LetterDraft:
    """A letter that is not sent yet. `adverse`: it refuses something, wholly or in part.

    `to_name` is somebody else than the person, empty for the person; `language` is empty for that
    of the case.
    """

    kind: LetterKind
    title: str
    subject: str
    passages: tuple[Passage, ...]
    adverse: bool = False
    to_name: str = ""
    language: str = ""

    def adjusted(self, texts: Mapping[int, str]) -> "LetterDraft":
        """Return the letter with the texts of marked passages replaced, by their number."""
        return replace(
            self,
            passages=tuple(
                replace(one, text=texts[number]) if one.adjustable and number in texts else one
                for number, one in enumerate(self.passages)
            ),
        )


_TOLD = frozenset({Part.DECIDED, Part.DATES, Part.REMEDIES, Part.AUTHORITY})
_MANDATORY: Mapping[LetterKind, frozenset[Part]] = {
    LetterKind.ACKNOWLEDGEMENT: frozenset({Part.DECIDED, Part.DATES, Part.AUTHORITY}),
    LetterKind.IDENTITY: _TOLD | {Part.REASONS, Part.GROUND},
    LetterKind.CLARIFICATION: _TOLD | {Part.REASONS},
    LetterKind.EXTENSION: _TOLD | {Part.REASONS, Part.GROUND},
    LetterKind.FEE: _TOLD | {Part.REASONS, Part.GROUND},
    LetterKind.DECISION: _TOLD | {Part.GROUND},
    LetterKind.ANSWER: _TOLD | {Part.GROUND},
    LetterKind.FORWARDING: _TOLD | {Part.GROUND},
    LetterKind.HANDOVER: frozenset({Part.DECIDED, Part.GROUND, Part.DATES}),
    LetterKind.RECIPIENT_NOTICE: frozenset({Part.DECIDED, Part.GROUND}),
    LetterKind.RESTRICTION_LIFT: frozenset(
        {Part.DECIDED, Part.REASONS, Part.GROUND, Part.REMEDIES, Part.AUTHORITY}
    ),
    LetterKind.CLOSING: _TOLD,
}


class PartsMissing(Exception):
    """The letter lacks what it may not be sent without; nothing was sent."""

    def __init__(self, parts: Sequence[Part]) -> None:
        super().__init__("The letter lacks: " + ", ".join(part.value for part in parts) + ".")
        self.parts = tuple(parts)


def missing_parts(draft: LetterDraft) -> tuple[Part, ...]:
    """Return the mandatory parts a letter lacks, in the order of `Part`.

    What refuses something needs its ground and the reasons too (Art. 12(4)).
    """
    needed = _MANDATORY[draft.kind]
    if draft.adverse:
        needed = needed | {Part.GROUND, Part.REASONS}
    there = {one.part for one in draft.passages if not one.is_blank}
    return tuple(part for part in Part if part in needed - there)


def require_parts(draft: LetterDraft) -> None:
    """Raise PartsMissing unless the letter has all its mandatory parts, none of them blank.

    A marked passage that staff emptied is missing too, whatever else is of its part.
    """
    emptied = {one.part for one in draft.passages if one.adjustable and one.is_blank}
    lacking = set(missing_parts(draft)) | (emptied - {Part.WORDS})
    if lacking:
        raise PartsMissing([part for part in Part if part in lacking])
