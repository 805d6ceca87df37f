"""What names say, in four languages and abbreviated."""

import pytest

from datamap.domain.concepts import concept_of
from datamap.domain.sides import is_first_side, is_other_side, is_staff, names_people
from datamap.domain.vocabulary import ColumnType
from datamap.domain.words import readable, words_of

TEXT = ColumnType.TEXT


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("BillingE-mail", ("billing", "e", "mail")),
        ("customerID", ("customer", "id")),
        ("IPAddress", ("ip", "address")),
        ("Imię i nazwisko", ("imie", "i", "nazwisko")),
        ("żółw_ł", ("zolw", "l")),
        ("tālrunis", ("talrunis",)),
        ("addr2", ("addr", "2")),
        ("__", ()),
    ],
)
def test_words_of_a_name(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


def test_a_name_becomes_a_title() -> None:
    assert readable("support_messages") == "Support messages"
    assert readable("Osoby Kontaktowe") == "Osoby Kontaktowe"
    assert readable("_") == ""


@pytest.mark.parametrize(
    ("name", "kind", "concept"),
    [
        ("email", TEXT, "email"),
        ("e_post", TEXT, "email"),
        ("kliendiEpost", TEXT, "email"),
        ("useremail", TEXT, "email"),
        ("email_verified", ColumnType.BOOLEAN, None),
        ("email_id", TEXT, None),
        ("email_sent_at", ColumnType.DATETIME, None),
        ("nr_tel", TEXT, "phone"),
        ("tālrunis", TEXT, "phone"),
        ("msisdn", ColumnType.INTEGER, "phone"),
        ("phone_type", TEXT, None),
        ("klienta_numurs", TEXT, "customer_number"),
        ("PESEL", TEXT, "personal_code"),
        ("isikukood", ColumnType.INTEGER, "personal_code"),
        ("nazwisko", TEXT, "name"),
        ("eesnimi", TEXT, "name"),
        ("uzvārds", TEXT, "name"),
        ("dzimšanas_datums", ColumnType.DATE, "birth"),
        ("born_on", ColumnType.DATE, "birth"),
        ("postiindeks", TEXT, "address"),
        ("IBAN", TEXT, "bank_account"),
        ("invoice_number", TEXT, None),
        ("voice", TEXT, "recording"),
        ("device_id", TEXT, "device"),
        ("token", TEXT, "secret"),
        ("password_hash", ColumnType.BINARY, "secret"),
        ("salasõna", TEXT, "secret"),
        ("uwagi", TEXT, "content"),
        ("price", ColumnType.DECIMAL, None),
        ("name", TEXT, "plain_name"),
    ],
)
def test_the_concept_of_a_column(name: str, kind: ColumnType, concept: str | None) -> None:
    found = concept_of(words_of(name), kind)
    assert (found.id if found else None) == concept


def test_sides_staff_and_people() -> None:
    assert is_other_side(words_of("calleeNumber"))
    assert is_other_side(words_of("odbiorca_email"))
    assert not is_other_side(words_of("caller_number"))
    assert is_first_side(words_of("caller_number"))
    assert is_staff(words_of("handled_by"))
    assert is_staff(words_of("assigned_to_id"))
    assert not is_staff(words_of("customer_id"))
    assert names_people(words_of("Klienci"))
    assert names_people(words_of("lietotāji"))
    assert not names_people(words_of("tariffs"))
