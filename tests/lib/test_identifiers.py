"""One spelling each: e-mail addresses and phone numbers."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lib.identifiers import (
    PHONE_SEPARATORS,
    InvalidEmail,
    InvalidPhone,
    email_spellings,
    normalise_customer_number,
    normalise_email,
    normalise_phone,
    phone_region,
    phone_spellings,
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Anna.Nowak@Example.PL", "anna.nowak@example.pl"),
        ("  anna@example.pl\n", "anna@example.pl"),
        ("ANNA@XN--W-UGA1V8H.PL", "anna@żółw.pl"),
        ("anna+news@ŻÓŁW.pl", "anna+news@żółw.pl"),
        ("jüri@example.ee", "jüri@example.ee"),
    ],
)
def test_normalise_email_gives_one_spelling(given: str, expected: str) -> None:
    assert normalise_email(given) == expected


@pytest.mark.parametrize("given", ["", "anna", "anna@", "@example.pl", "a@b", "a b@example.pl"])
def test_normalise_email_refuses_what_is_none(given: str) -> None:
    with pytest.raises(InvalidEmail) as refused:
        normalise_email(given)
    assert str(refused.value) == (
        "This is not a complete e-mail address. It looks like name@example.com."
    )
    assert refused.value.__suppress_context__


def test_email_spellings_hold_both_forms_of_a_domain() -> None:
    assert email_spellings("anna@żółw.pl") == ("anna@żółw.pl", "anna@xn--w-uga1v8h.pl")
    assert email_spellings("anna@example.pl") == ("anna@example.pl",)


@pytest.mark.parametrize(
    ("given", "region", "expected"),
    [
        ("+48 601 234 567", None, "+48601234567"),
        ("0048601234567", None, "+48601234567"),
        ("00 48 601-234-567", "PL", "+48601234567"),
        ("(601) 234.567", "pl", "+48601234567"),
        ("48601234567", "PL", "+48601234567"),
        ("+48\u00a0601\u2013234\u2013567", None, "+48601234567"),
        ("5123 4567", "EE", "+37251234567"),
        ("26 123 456", "LV", "+37126123456"),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("00372 5123 4567", "US", "+37251234567"),
    ],
)
def test_normalise_phone_gives_e164(given: str, region: str | None, expected: str) -> None:
    assert normalise_phone(given, region=region) == expected


@pytest.mark.parametrize(
    ("given", "region"),
    [
        ("601234567", None),  # whose country? a guess could name somebody else
        ("", None),
        ("+", "PL"),
        ("0000", "PL"),
        ("abc", "PL"),
        ("+48 601 234", None),
        ("8" * 400, "PL"),
    ],
)
def test_normalise_phone_refuses_what_is_none(given: str, region: str | None) -> None:
    with pytest.raises(InvalidPhone) as refused:
        normalise_phone(given, region=region)
    assert str(refused.value) == (
        "This is not a complete phone number. Write it with its country code, as in "
        "+48 601 234 567."
    )


def test_phone_spellings_are_national_only_at_home() -> None:
    international = ("+48601234567", "0048601234567", "48601234567")
    assert phone_spellings("+48601234567", region=None) == international
    assert phone_spellings("+48601234567", region="EE") == international
    assert phone_spellings("+48601234567", region="PL") == (*international, "601234567")


def test_phone_spellings_know_a_trunk_zero() -> None:
    assert phone_spellings("+442079460958", region="GB") == (
        "+442079460958",
        "00442079460958",
        "+4402079460958",
        "004402079460958",
        "442079460958",
        "4402079460958",
        "2079460958",
        "02079460958",
    )


def test_phone_spellings_leave_out_what_means_another_number_there() -> None:
    # A number of Saint Helena, written without +, is a Latvian's mobile number.
    assert normalise_phone("29022158", region="LV") == "+37129022158"
    assert "29022158" in phone_spellings("+29022158", region=None)
    assert phone_spellings("+29022158", region="LV") == ("+29022158", "0029022158")


def test_phone_region_is_the_country_of_the_number() -> None:
    assert [phone_region(one) for one in ("+48601234567", "+37251234567", "+80012345678")] == [
        "PL",
        "EE",
        None,
    ]


def test_normalise_customer_number_is_upper_without_blanks() -> None:
    assert normalise_customer_number(" c-12 ") == "C-12"


MOBILES = {
    "EE": r"5[1-9][0-9]{6}",
    "LV": r"2[0-9]{7}",
    "PL": r"(5[0137]|6[069]|7[2389]|88)[0-9]{7}",
}


@given(
    home=st.sampled_from(sorted(MOBILES)).flatmap(
        lambda region: st.tuples(st.just(region), st.from_regex(MOBILES[region], fullmatch=True))
    ),
    separators=st.lists(st.sampled_from(["", *PHONE_SEPARATORS]), min_size=30, max_size=30),
)
def test_every_spelling_reads_back_as_the_number(
    home: tuple[str, str], separators: list[str]
) -> None:
    region, digits = home
    try:
        number = normalise_phone(digits, region=region)
    except InvalidPhone:
        assume(False)
    for spelling in phone_spellings(number, region=region):
        plus, rest = ("+", spelling[1:]) if spelling.startswith("+") else ("", spelling)
        written = plus + "".join(
            digit + separator for digit, separator in zip(rest, separators, strict=False)
        )
        assert normalise_phone(written, region=region) == number
