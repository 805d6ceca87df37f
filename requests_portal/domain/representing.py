"""Asking on behalf of another: a child, or somebody who gave a mandate. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from requests_portal.domain.deciding import DecisionNotPossible


class Authority(StrEnum):
    """By what right somebody speaks for another."""

    PARENTAL = "parental"  # holder of parental responsibility
    MANDATE = "mandate"


@dataclass(frozen=True, kw_only=True)
class Representation:
    """Whose data a request is about, where it is not the one who writes.

    `name` and `email` are the represented person's; `statement` says how the authority is shown.
    """

    authority: Authority
    name: str
    email: str = ""
    statement: str = ""


class MandateNotChecked(DecisionNotPossible):
    """Nobody has noted yet that the one who writes may speak for the other."""
