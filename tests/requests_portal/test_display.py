"""How single values are shown, and the small promises of the models."""

import pytest
from django import forms
from django.core.management import call_command

from audit.models import Event
from requests_portal.forms.portal import CountryForm
from requests_portal.models import (
    AccessLink,
    Case,
    CollectedTable,
    CollectionUnit,
    Decision,
    IntakeDraft,
    Letter,
    Package,
)
from requests_portal.templatetags.display import answer_text, breakable, lookup, person_of


def test_answer_text_shows_the_words_of_a_choice_or_a_dash() -> None:
    assert answer_text(CountryForm(initial={"country": "LV"})["country"]) == "Latvia"
    assert answer_text(CountryForm()["country"]) == "–"
    name = forms.Form()
    name.fields["name"] = forms.CharField(initial="Ana")
    assert answer_text(name["name"]) == "Ana"


def test_lookup_of_what_is_not_there_is_empty() -> None:
    assert (lookup({"a": 1}, "a"), lookup({"a": 1}, "b")) == (1, "")


@pytest.mark.parametrize(
    ("kind", "ref", "shown"),
    [
        ("staff", "7", "Hanna"),
        ("staff", "8", "former staff"),
        ("staff", "x", "staff"),
        ("person", "", "the person"),
        ("system", "packages", "the system"),
    ],
)
def test_person_of_names_who_acted(kind: str, ref: str, shown: str) -> None:
    assert person_of(Event(actor_kind=kind, actor_ref=ref), {7: "Hanna"}) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("jan.kowalski@example.com", "jan.kowalski<wbr>@example.com"),
        ("<b>@example.com", "&lt;b&gt;<wbr>@example.com"),
    ],
)
def test_breakable_lets_an_address_break_before_its_at(address: str, shown: str) -> None:
    assert breakable(address) == shown


def test_models_name_themselves_without_personal_data(case: Case) -> None:
    things: list[object] = [
        case,
        AccessLink(case=case),
        IntakeDraft(),
        CollectionUnit(case=case, resource_id="platform"),
        CollectedTable(table_name="calls"),
        Decision(case=case, outcome="granted"),
        Letter(case=case, kind="answer"),
        Package(case=case),
    ]
    names = [str(thing) for thing in things]
    assert all(names)
    assert not any("ana" in name.lower() for name in names)


def test_migrations_are_complete(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
