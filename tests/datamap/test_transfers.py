"""Which countries data may go to, and on what ground."""

from datetime import date, timedelta

import pytest

from datamap.domain.schema import LocalizedText, Location, Recipient
from datamap.domain.transfers import ADEQUATE, EEA, Cover, Transfer, transfer_by, transfer_to

DAY = date(2026, 11, 23)
CLAUSES = LocalizedText(en="Clauses", pl="Klauzule", et="Klauslid", lv="Klauzulas")
ROLE = LocalizedText(en="mail", pl="poczta", et="post", lv="pasts")


def recipient(country: str, safeguard: LocalizedText | None = None) -> Recipient:
    return Recipient(id="mailer", name="Mailer", role=ROLE, country=country, safeguard=safeguard)


def cover(country: str, safeguard: LocalizedText | None = None, on: date = DAY) -> Cover | None:
    found = transfer_to(recipient(country, safeguard), on=on)
    return found.cover if found else None


@pytest.mark.parametrize("country", ["EE", "LV", "PL", "NO", "IS", "LI", "RE", "AX"])
def test_inside_the_area_nothing_is_transferred(country: str) -> None:
    assert cover(country) is None


def test_no_country_is_both_inside_and_adequate() -> None:
    assert set(ADEQUATE) & EEA == set()
    assert len(EEA) == 27 + 3 + 7


@pytest.mark.parametrize(
    ("country", "safeguard", "expected"),
    [
        ("CH", None, Cover.ADEQUACY),
        ("CH", CLAUSES, Cover.ADEQUACY),
        ("JP", None, Cover.ADEQUACY),
        ("US", None, Cover.IN_PART),  # only organisations certified under the framework
        ("US", CLAUSES, Cover.SAFEGUARD),
        ("CA", None, Cover.IN_PART),  # only commercial organisations
        ("IN", None, Cover.NONE),
        ("IN", CLAUSES, Cover.SAFEGUARD),
        ("GL", None, Cover.NONE),  # Greenland left
    ],
)
def test_what_a_transfer_rests_on(
    country: str, safeguard: LocalizedText | None, expected: Cover
) -> None:
    assert cover(country, safeguard) is expected


def test_a_decision_ends_with_its_last_day() -> None:
    last = ADEQUATE["GB"].until
    assert last is not None
    assert cover("GB", on=last) is Cover.ADEQUACY
    assert cover("GB", on=last + timedelta(days=1)) is Cover.NONE


def test_a_place_is_a_transfer_too() -> None:
    location = Location(place="Ashburn", country="US", safeguard=CLAUSES)
    assert transfer_by(location, "platform", on=DAY) == Transfer(
        place="platform.location",
        name="Ashburn",
        country="US",
        cover=Cover.SAFEGUARD,
        decision="(EU) 2023/1795",
        safeguard=CLAUSES,
    )
