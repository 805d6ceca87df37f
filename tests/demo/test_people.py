"""Invented people: their own identifiers, and spellings that mean the same."""

import random
from datetime import date

import phonenumbers
import pytest

from demo.people import (
    customer_ids_on,
    first_day,
    invent_customer,
    invent_phone,
    plain,
    spell_email,
    spell_phone,
)
from demo.personas import PERSONAS, Persona, fixed_customers
from demo.words import ABROAD, ESTONIA, LATVIA, MIX, POLAND, Lexicon
from lib.identifiers import normalise_email, normalise_phone

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("lexicon", [POLAND, ESTONIA, LATVIA, ABROAD], ids=lambda one: one.language)
def test_phone_numbers_exist_in_the_country_and_do_not_repeat(lexicon: Lexicon) -> None:
    numbers = [invent_phone(lexicon, index) for index in range(3000)]

    assert len(set(numbers)) == 3000
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers)


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda one: one.person.email)
def test_every_spelling_of_a_persona_means_the_same(persona: Persona) -> None:
    person = persona.person
    rng = random.Random(3)  # noqa: S311 (no secret)
    region = "PL" if person.phone.startswith("+48") else None
    region = region or ("EE" if person.phone.startswith("+372") else "LV")

    emails = {spell_email(rng, person.email) for _ in range(100)}
    phones = {spell_phone(rng, person.phone) for _ in range(100)}

    assert len(emails) > 2
    assert len(phones) > 5
    assert {normalise_email(one) for one in emails} == {person.email}
    assert {normalise_phone(_bare(one), region=region) for one in phones} == {person.phone}


def _bare(spelling: str) -> str:
    return "".join(sign for sign in spelling if sign.isdigit() or sign == "+")


def test_no_two_people_share_an_identifier() -> None:
    customers = [invent_customer(1, number, 2000, TODAY) for number in range(12, 2001)]
    people = [
        person
        for customer in (*customers, *fixed_customers(TODAY))
        for person in (customer.person, *customer.colleagues)
    ]

    emails = [address for person in people for address in (person.email, person.second_email)]
    phones = [person.phone for person in people]

    assert len(set(emails)) == len(emails)
    assert len(set(phones)) == len(phones)


def test_addresses_are_under_names_reserved_for_examples() -> None:
    domains = {
        invent_customer(1, number, 500, TODAY).person.email.partition("@")[2]
        for number in range(12, 500)
    }
    reserved = ("example", "example.com", "example.net", "example.org")
    assert all(domain.endswith(reserved) for domain in domains)


def test_plain_writes_letters_without_their_signs() -> None:
    assert plain("Łukasz Żółć") == "lukaszzolc"
    assert plain("Ģirts Ķēniņš") == "girtskenins"
    assert plain("Õie O'Brien") == "oieobrien"


def test_customers_join_in_the_order_of_their_numbers() -> None:
    joined = [invent_customer(1, number, 300, TODAY).since for number in range(12, 301)]

    assert joined == sorted(joined)
    assert joined[0] >= first_day(TODAY)
    assert joined[-1] < TODAY


def test_customer_ids_on_gives_only_those_who_have_joined() -> None:
    newest = customer_ids_on(date(2022, 5, 1), 300, TODAY)
    assert invent_customer(1, newest, 300, TODAY).since <= date(2022, 5, 1)


def test_first_day_of_a_leap_day_is_the_first_of_that_month() -> None:
    assert first_day(date(2028, 2, 29)) == date(2019, 2, 1)


def test_four_languages_are_among_the_lexicons() -> None:
    assert {lexicon.language for lexicon in MIX} == {"pl", "et", "lv", "en"}
