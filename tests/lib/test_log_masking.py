"""A link that still works must not stand in a log."""

import logging

import pytest

from lib.log_masking import MaskLinks


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Forbidden: /en/link/5MY1OaJx-TVg_8w/", "Forbidden: /en/link/•••/"),
        ("Gone: /pl/link/abcdefgh1234/ x", "Gone: /pl/link/•••/ x"),
        ("Not Found: /staff/password/new/3-abc1234567/", "Not Found: /staff/password/new/•••/"),
        ("GET /en/link/new/", "GET /en/link/new/"),
        ("nothing secret", "nothing secret"),
    ],
)
def test_mask_links_hides_the_token_alone(line: str, shown: str) -> None:
    record = logging.LogRecord("x", logging.WARNING, "", 0, "%s", (line,), None)
    assert MaskLinks().filter(record)
    assert record.getMessage() == shown
