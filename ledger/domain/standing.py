"""How the database stands to the ledger. Pure.

A booking is noted in the database before its line is written, and confirmed afterwards; so in
normal life the database is never behind. It is, after it was restored from a backup.
"""

from dataclasses import dataclass
from enum import StrEnum

from ledger.domain.entries import GENESIS


class Standing(StrEnum):
    IN_STEP = "in_step"
    BEHIND = "behind"  # the ledger has lines that the database does not know: replay them
    BROKEN = "broken"  # the ledger lacks lines that the database knows, or has others


@dataclass(frozen=True, slots=True)
class Head:
    """The last line, as the ledger or the database has it; sequence 0: there is none."""

    sequence: int = 0
    chain: str = GENESIS
    #: Of the database's: whether the line is known to be on disk.
    is_written: bool = True


def standing_of(ledger: Head, known: Head, known_before: Head) -> Standing:
    """Compare the ledger's last line with the database's last one and the one before that.

    The last one known may be unwritten: then a worker died between the note and the line, and
    both states are whole. Nothing was erased on its account.
    """
    if ledger.sequence > known.sequence:
        return Standing.BEHIND
    if ledger.sequence == known.sequence:
        if ledger.chain == known.chain:
            return Standing.IN_STEP
        return Standing.BROKEN if known.is_written else Standing.BEHIND
    if known.is_written:
        return Standing.BROKEN
    before = (known_before.sequence, known_before.chain)
    if ledger.sequence > known_before.sequence:
        return Standing.BEHIND
    return Standing.IN_STEP if (ledger.sequence, ledger.chain) == before else Standing.BROKEN
