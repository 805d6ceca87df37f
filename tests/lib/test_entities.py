import pytest

from lib.entities import ENTITIES, UnknownEntity, entity


def test_entities_keep_the_days_of_their_countries() -> None:
    assert {code: each.tz.key for code, each in ENTITIES.items()} == {
        "EE": "Europe/Tallinn",
        "LV": "Europe/Riga",
        "PL": "Europe/Warsaw",
    }


def test_entities_name_the_authority_of_their_country() -> None:
    assert {code: each.authority.name_local for code, each in ENTITIES.items()} == {
        "EE": "Andmekaitse Inspektsioon",
        "LV": "Datu valsts inspekcija",
        "PL": "Urząd Ochrony Danych Osobowych (UODO)",
    }
    assert {code: each.authority.email for code, each in ENTITIES.items()} == {
        "EE": "info@aki.ee",
        "LV": "info@dvi.gov.lv",
        "PL": "kancelaria@uodo.gov.pl",
    }


def test_entity_is_found_by_its_code() -> None:
    assert entity("EE").legal_name == "SmartTel Plus OÜ"


@pytest.mark.parametrize("code", ["DE", "ee", "", None, ["EE"], 7])
def test_entity_refuses_an_unknown_code(code: object) -> None:
    with pytest.raises(UnknownEntity, match=r"^The entity must be one of EE, LV, PL, not "):
        entity(code)
