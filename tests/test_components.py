"""What the components make of their parameters."""

import pytest
from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.translation import override


class Question(forms.Form):
    name = forms.CharField(label="Full name", help_text="As you gave it to us.")
    country = forms.ChoiceField(
        label="Country", choices=[("EE", "Estonia"), ("LV", "Latvia")], widget=forms.RadioSelect
    )
    sure = forms.BooleanField(label="I am sure", help_text="It is recorded.")
    token = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> None:
        self.add_error(None, "This does not fit together.")


def _field(form: Question, name: str, **options: object) -> str:
    return render_to_string("_components/field.html", {"field": form[name], **options})


def test_field_ties_hint_and_error_to_its_input() -> None:
    html = _field(Question({}), "name")

    assert '<label class="field__label" for="id_name">Full name</label>' in html
    assert '<p class="field__hint" id="id_name_helptext">As you gave it to us.</p>' in html
    assert '<p class="field__error" id="id_name_error">This field is required.</p>' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html


def test_field_without_error_shows_none() -> None:
    html = _field(Question(), "name", optional=True, size="short")

    assert "field__error" not in html
    assert "(optional)" in html
    assert 'class="field field--short"' in html


def test_field_shows_choices_as_a_group() -> None:
    html = _field(Question({"country": "FI"}), "country", inline=True)

    assert "<legend>Country</legend>" in html
    assert 'aria-describedby="id_country_error"' in html
    assert html.count('<label class="choice"') == 2
    assert "choices--inline" in html


def test_field_puts_a_check_box_before_its_words() -> None:
    html = _field(Question({}), "sure")

    assert html.index('type="checkbox"') < html.index("I am sure")
    assert 'id="id_sure_helptext"' in html
    assert 'id="id_sure_error"' in html


def test_hidden_field_is_only_its_input() -> None:
    assert _field(Question(), "token").strip() == (
        '<input type="hidden" name="token" id="id_token">'
    )


def test_errors_link_to_each_field_and_to_the_first_choice() -> None:
    html = render_to_string("_components/errors.html", {"form": Question({})})

    assert "<li>This does not fit together.</li>" in html
    assert 'href="#id_name"' in html
    assert 'href="#id_country_0"' in html
    assert 'href="#id_sure"' in html
    assert "autofocus" in html


def test_errors_of_a_form_not_sent_are_not_there() -> None:
    assert render_to_string("_components/errors.html", {"form": Question()}).strip() == ""


def test_pagination_keeps_the_filter(rf: RequestFactory) -> None:
    page = Paginator(range(120), 50).page(2)
    request = rf.get("/desk/", {"show": "mine", "page": "2"})

    html = render_to_string("_components/pagination.html", {"page": page}, request=request)

    assert 'rel="prev" href="?show=mine&amp;page=1"' in html
    assert 'rel="next" href="?show=mine&amp;page=3"' in html
    assert "51–100 of 120" in html


def test_pagination_of_a_single_page_is_not_there(rf: RequestFactory) -> None:
    page = Paginator(range(3), 50).page(1)

    html = render_to_string("_components/pagination.html", {"page": page}, request=rf.get("/"))

    assert html.strip() == ""


def _languages(request: HttpRequest | None) -> list[tuple[str, str, str, bool]]:
    context = Context({"request": request} if request else {})
    Template("{% load portal %}{% language_links as links %}").render(context)
    return [(link.code, link.name, link.url, link.is_current) for link in context["links"]]


def test_language_links_lead_to_the_same_page(rf: RequestFactory) -> None:
    with override("pl"):
        links = _languages(rf.get("/pl/rights/access/?a=1"))

    assert links == [
        ("en", "English", "/en/rights/access/?a=1", False),
        ("pl", "Polski", "/pl/rights/access/?a=1", True),
        ("et", "Eesti", "/et/rights/access/?a=1", False),
        ("lv", "Latviešu", "/lv/rights/access/?a=1", False),
    ]


@pytest.mark.parametrize("path", ["/health/", "/en/nowhere/at/all/"])
def test_language_links_of_a_page_without_translation_lead_home(
    rf: RequestFactory, path: str
) -> None:
    with override("en"):
        links = _languages(rf.get(path))

    assert [url for _code, _name, url, _current in links] == [path, "/pl/", "/et/", "/lv/"]


def test_language_links_need_no_request() -> None:
    with override("en"):
        assert [url for _code, _name, url, _current in _languages(None)] == [
            *("", "/pl/", "/et/", "/lv/")
        ]


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("et", ["Andmekaitse Inspektsioon"]),
        ("lv", ["Datu valsts inspekcija"]),
        ("pl", ["Urząd Ochrony Danych Osobowych (UODO)"]),
    ],
)
def test_authority_is_that_of_the_language(language: str, names: list[str]) -> None:
    context = Context()
    with override(language):
        Template("{% load portal %}{% nearest_authorities as found %}").render(context)

    assert [authority.name_local for authority in context["found"]] == names


def test_all_authorities_are_named_where_the_language_tells_none() -> None:
    context = Context()
    with override("en"):
        Template("{% load portal %}{% nearest_authorities as found %}").render(context)

    assert len(context["found"]) == 3
