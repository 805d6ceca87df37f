"""How the database stands to the ledger, whatever happened to either."""

import pytest

from ledger.domain.standing import Head, Standing, standing_of

ONE, TWO = Head(1, "1"), Head(2, "2")
OTHER = Head(2, "x")
NOTED = Head(2, "2", is_written=False)
NONE = Head()


@pytest.mark.parametrize(
    ("ledger", "known", "before", "standing"),
    [
        (NONE, NONE, NONE, Standing.IN_STEP),
        (TWO, TWO, ONE, Standing.IN_STEP),
        # a worker died after the note, before the line or after it
        (ONE, NOTED, ONE, Standing.IN_STEP),
        (NONE, Head(1, "1", is_written=False), NONE, Standing.IN_STEP),
        (TWO, NOTED, ONE, Standing.IN_STEP),
        # restored
        (TWO, ONE, NONE, Standing.BEHIND),
        (TWO, NONE, NONE, Standing.BEHIND),
        (OTHER, NOTED, ONE, Standing.BEHIND),
        (Head(3, "3"), Head(4, "4", is_written=False), ONE, Standing.BEHIND),
        # cut, changed, gone
        (ONE, TWO, ONE, Standing.BROKEN),
        (OTHER, TWO, ONE, Standing.BROKEN),
        (NONE, TWO, ONE, Standing.BROKEN),
        (NONE, NOTED, ONE, Standing.BROKEN),
        (Head(1, "x"), NOTED, ONE, Standing.BROKEN),
    ],
)
def test_standing_by_the_last_lines(
    ledger: Head, known: Head, before: Head, standing: Standing
) -> None:
    assert standing_of(ledger, known, before) is standing
