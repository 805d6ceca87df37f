"""Fields of a third party, masked many at a time as they would be one by one."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from datamap.connectors.sql_fields import local_times, third_parties, third_parties_by_region
from datamap.domain.masking import masked
from datamap.domain.vocabulary import Mask

MANY = 25_000  # more than is remembered


def fields(*values: str | None) -> list[bytes]:
    return [b",null," if value is None else f',"{value}",'.encode() for value in values]


def shown(*values: str | None) -> list[bytes]:
    return [b"null" if value is None else f'"{value}"'.encode() for value in values]


@pytest.mark.parametrize(
    "values",
    [
        ["+37251234567", "+48601234567", None, "+12025550100"],  # together
        ["+37251234567", "+0051234567"],  # no country begins with 0
        ["+37251234567", "+12345"],  # too short to be shown at all
        ["+37251234567", "+3725x"],
        [None, None],
    ],
)
def test_phones_are_masked_alike_together_and_alone(values: list[str | None]) -> None:
    change = third_parties(lambda value: masked(value, Mask.PHONE), Mask.PHONE, ())
    assert change(fields(*values)) == shown(*(masked(value, Mask.PHONE) for value in values))


def test_ones_own_number_among_them_is_shown() -> None:
    own = "+37251234567"
    change = third_parties(
        lambda value: value if value == own else masked(value, Mask.PHONE), Mask.PHONE, [own]
    )
    assert change(fields("+48601234567", own)) == shown("+48•••67", own)


def test_what_is_remembered_has_an_end() -> None:
    change = third_parties(lambda value: masked(value, Mask.NAME), Mask.NAME, ())
    by_region = third_parties_by_region(
        lambda value, region: masked(value, Mask.PHONE, region=region)
    )
    names = fields(*(f"n{place} x" for place in range(MANY)), None)
    numbers = fields(*(f"60{place:07}" for place in range(MANY)), None)
    for _ in range(2):
        assert change(names)[-2:] == shown("N. X.", None)
        regions = fields("PL") * (MANY + 1)
        assert by_region(numbers, regions)[-2:] == shown("+48•••99", None)


def test_local_times_carry_the_offset_of_their_hour_on_days_when_the_clock_changes() -> None:
    zone = ZoneInfo("Europe/Tallinn")
    times = [
        *("2026-03-29 02:59:59", "2026-03-29 03:30:00", "2026-03-29 04:00:00.5"),
        *(
            "2026-10-25 02:59:59",
            "2026-10-25 03:30:00",
            "2026-10-25 04:00:00",
            "2026-10-26 00:00:00",
        ),
    ]
    expected = [datetime.fromisoformat(one).replace(tzinfo=zone).isoformat() for one in times]
    assert {one[-6:] for one in expected} == {"+02:00", "+03:00"}
    expected[2] = "2026-03-29T04:00:00.5+03:00"
    assert local_times(zone)(fields(*times, None)) == shown(*expected, None)
