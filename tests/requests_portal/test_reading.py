"""Values as a person reads them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from datamap.domain.vocabulary import ColumnType
from lib.entities import entity
from requests_portal.services.reading import own_day, read_value
from requests_portal.templatetags.display import (
    authority_address,
    cell,
    grouped,
    home_address,
    own_day_in,
    references_whole,
    tied,
    unbroken,
)

WARSAW = ZoneInfo("Europe/Warsaw")


def read(value: object, column_type: ColumnType | None = None, language: str = "en") -> str:
    with translation.override(language):
        return read_value(value, column_type=column_type, zone=WARSAW)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        ("", "–"),
        (0, "0"),
        (True, "yes"),
        (False, "no"),
        ("29.90", "29.90"),
        ({"ą": [1, None]}, '{"ą": [1, null]}'),
        (["a", 2], '["a", 2]'),
        ("2025-02-10", "10 February 2025"),
        ("2025-02-10T23:30:00+00:00", "11 February 2025, 00:30"),
        ("2025-02-10T08:00:00.123456+02:00", "10 February 2025, 07:00"),
        ("2025-02-10 08:00Z", "10 February 2025, 09:00"),
        ("2025-02-10T08:00:00", "10 February 2025, 08:00"),
        ("on 2025-02-10", "on 2025-02-10"),
        ("20250210", "20250210"),
        ("2025-02-30", "2025-02-30"),
        ("9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59+00:00"),
    ],
)
def test_value_is_written_out_where_that_is_safe(value: object, shown: str) -> None:
    assert read(value) == shown


@pytest.mark.parametrize(
    ("column_type", "shown"),
    [
        (ColumnType.DATE, "10 February 2025"),
        (ColumnType.DATETIME, "10 February 2025"),
        (ColumnType.TEXT, "2025-02-10"),
    ],
)
def test_text_column_keeps_what_only_looks_like_a_date(column_type: ColumnType, shown: str) -> None:
    assert read("2025-02-10", column_type) == shown


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "10 February 2025, 07:00"),
        ("pl", "10 lutego 2025, 07:00"),
        ("et", "10. veebruar 2025, 7:00"),
        ("lv", "2025. gada 10. februāris, 07:00"),
    ],
)
def test_date_is_in_the_language_of_the_reader(language: str, shown: str) -> None:
    assert read("2025-02-10T06:00:00+00:00", ColumnType.DATETIME, language) == shown


def test_own_day_is_the_day_where_the_period_ends() -> None:
    midnight_in_tallinn = datetime(2028, 1, 1, tzinfo=ZoneInfo("Europe/Tallinn"))

    assert own_day(midnight_in_tallinn) == "1 January 2028"
    assert own_day(midnight_in_tallinn.isoformat()) == "1 January 2028"
    assert own_day(None) == ""
    assert own_day_in(midnight_in_tallinn, WARSAW) == "31 December 2027"


def test_cell_shows_an_instant_in_the_active_zone() -> None:
    assert cell("2025-02-10T06:00:00+00:00") == "10 February 2025, 08:00"


@pytest.mark.parametrize(("language", "shown"), [("en", "1,234,567"), ("pl", "1 234 567")])
def test_grouped_number_has_its_thousands_apart(language: str, shown: str) -> None:
    with translation.override(language):
        assert grouped(1234567).replace("\u00a0", " ") == shown


def test_unbroken_text_is_escaped() -> None:
    assert unbroken("<b>") == '<span class="unbroken">&lt;b&gt;</span>'


@pytest.mark.parametrize(
    ("language", "text", "shown"),
    [
        ("en", "a right (Article 15)", "a right (Article_15)"),
        ("pl", "<p>W domu i w pracy (art. 15)</p>", "<p>W_domu i_w_pracy (art._15)</p>"),
        ("pl", '<a class="w z">z nami</a>', '<a class="w z">z_nami</a>'),
        ("et", "artikli 15 lõige 1", "artikli_15 lõige_1"),
        ("et", "lõike 3 punkt e ja", "lõike_3 punkt_e ja"),
        ("pl", "ust. 3 lit. a RODO", "ust._3 lit._a_RODO"),
        ("lv", "punkta a) apakšpunkts", "punkta a)_apakšpunkts"),
        ("lv", "15. panta 1. punkts", "15._panta 1._punkts"),
        ("en", "part 15, 2025. pantry", "part 15, 2025._pantry"),
    ],
)
def test_tied_text_keeps_small_words_off_the_line_end(language: str, text: str, shown: str) -> None:
    with translation.override(language):
        assert tied(text).replace("\u00a0", "_") == shown


def test_references_stay_on_one_line() -> None:
    shown = references_whole("<p>It is AP-12AB-34CD.</p>")
    assert shown == '<p>It is <span class="unbroken">AP-12AB-34CD</span>.</p>'


@pytest.mark.parametrize(
    ("language", "code", "authority", "home"),
    [
        ("en", "PL", "Stawki 2, 00-193 Warsaw", "Tallinn, Estonia"),
        ("pl", "PL", "Stawki 2, 00-193 Warszawa", "Tallinn, Estonia"),
        ("lv", "LV", "Elijas iela 17, Rīga, LV-1050", "Tallinn, Igaunija"),
        ("et", "LV", "Elijas 17, LV-1050 Riga", "Tallinn, Eesti"),
    ],
)
def test_addresses_are_written_as_their_readers_write_them(
    language: str, code: str, authority: str, home: str
) -> None:
    with translation.override(language):
        assert authority_address(entity(code)) == authority
        assert home_address(entity(code)).endswith(home)
