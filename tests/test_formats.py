"""No page may show a date as it is written in the United States."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone, translation
from django.utils.formats import date_format

_MOMENT = datetime(2026, 11, 5, 13, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "short", "short_time", "long_time"),
    [
        ("en", "5 Nov 2026", "5 Nov 2026, 13:07", "5 November 2026, 13:07"),
        ("pl", "05.11.2026", "05.11.2026 13:07", "5 listopada 2026, 13:07"),
        ("et", "05.11.2026", "05.11.2026 13:07", "5. november 2026, 13:07"),
        ("lv", "05.11.2026.", "05.11.2026. 13:07", "2026. gada 5. novembris, 13:07"),
    ],
)
def test_dates_are_written_as_the_language_does(
    language: str, short: str, short_time: str, long_time: str
) -> None:
    with translation.override(language), timezone.override(UTC):
        assert date_format(_MOMENT, "SHORT_DATE_FORMAT") == short
        assert date_format(_MOMENT, "SHORT_DATETIME_FORMAT") == short_time
        assert date_format(_MOMENT, "DATETIME_FORMAT") == long_time
