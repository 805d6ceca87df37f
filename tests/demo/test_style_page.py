"""The style page of the demonstration."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


def test_style_page_shows_the_components(client: Client) -> None:
    response = client.get("/demo/style/")

    html = response.content.decode()
    assert response.status_code == 200
    assert 'class="clock clock--late"' in html
    assert "#wrong_country_0" in html
    assert html.count('class="icon-sample"') == 34


def test_style_page_is_not_there_outside_the_demonstration(
    client: Client, settings: Settings
) -> None:
    settings.DEMO = False

    assert client.get("/demo/style/").status_code == 404
