"""What holds for all pages: nothing of allauth shows through, nothing escapes the guards."""

import time
from collections.abc import Iterator
from pathlib import Path

import allauth
import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.adapters import SecondFactorAdapter
from accounts.middleware import STAFF_PAGES
from accounts.models import User
from tests.accounts.factories import PASSWORD, one_time_code

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OUTSIDE = ["sign-in/", "password/forgotten/", "password/sent/", "password/chosen/"]
OUTSIDE_LINK = "password/new/1-dead-beef/"
INSIDE = [
    "sign-out/",
    "confirm/",
    "password/",
    "second-factor/",
    "second-factor/reauthenticate/",
    "second-factor/totp/deactivate/",
    "second-factor/recovery-codes/generate/",
    "profile/",
]


def pages(
    patterns: list[URLPattern | URLResolver], before: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from pages(pattern.url_patterns, address)
        else:
            yield address, pattern


def code_now(secret: str = SECRET) -> str:
    return one_time_code(secret, at=time.time())


def is_guarded(pattern: URLPattern) -> bool:
    return "require_role.<locals>" in pattern.callback.__code__.co_qualname


def all_pages() -> list[tuple[str, URLPattern]]:
    return list(pages(get_resolver().url_patterns))


def test_every_page_for_a_role_lies_where_the_second_factor_is_asked_for() -> None:
    guarded = [f"/{address}" for address, pattern in all_pages() if is_guarded(pattern)]

    assert len(guarded) > 15
    assert [address for address in guarded if not address.startswith(STAFF_PAGES)] == []


def test_every_page_of_ours_for_staff_asks_for_a_role() -> None:
    ours = [
        (address, pattern)
        for address, pattern in all_pages()
        if f"/{address}".startswith(STAFF_PAGES)
        and not pattern.callback.__module__.startswith("allauth.")
    ]

    assert len(ours) > 15
    assert [address for address, pattern in ours if not is_guarded(pattern)] == []


def assert_is_ours(client: Client, path: str) -> None:
    response = client.get(f"/staff/{path}")
    assert response.status_code == 200
    foreign = Path(allauth.__file__).parent
    shown = [Path(template.origin.name) for template in response.templates]
    assert any(path.is_relative_to(settings.BASE_DIR / "templates") for path in shown)
    assert [path for path in shown if path.is_relative_to(foreign)] == []
    page = response.content.decode()
    assert 'style="' not in page
    assert "<script>" not in page


@pytest.mark.parametrize("path", [*OUTSIDE, OUTSIDE_LINK])
def test_pages_before_the_sign_in_are_ours(client: Client, db: None, path: str) -> None:
    assert_is_ours(client, path)


@pytest.mark.parametrize("path", INSIDE)
def test_pages_behind_the_sign_in_are_ours(client: Client, handler: User, path: str) -> None:
    sealed = SecondFactorAdapter().encrypt(SECRET)
    Authenticator.objects.create(
        user=handler, type=Authenticator.Type.TOTP, data={"secret": sealed}
    )
    client.post("/staff/sign-in/", {"login": handler.email, "password": PASSWORD})
    assert_is_ours(client, "second-factor/authenticate/")
    client.post("/staff/second-factor/authenticate/", {"code": code_now()})
    client.post("/staff/confirm/", {"password": PASSWORD})

    assert_is_ours(client, path)


@pytest.mark.parametrize("path", ["second-factor/totp/activate/", "second-factor/recovery-codes/"])
def test_pages_of_the_set_up_are_ours(client: Client, handler: User, path: str) -> None:
    client.post("/staff/sign-in/", {"login": handler.email, "password": PASSWORD})
    client.post("/staff/confirm/", {"password": PASSWORD})
    assert_is_ours(client, "second-factor/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    if "recovery-codes" in path:
        client.post("/staff/second-factor/totp/activate/", {"code": code_now(secret)})

    assert_is_ours(client, path)


def test_one_who_asks_too_often_gets_our_page(client: Client, db: None) -> None:
    for _ in range(5):
        client.post("/staff/password/forgotten/", {"email": "nobody@example.ee"})

    response = client.post("/staff/password/forgotten/", {"email": "nobody@example.ee"})

    assert response.status_code == 429
    assert response.templates[0].name == "429.html"


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "Enter an e-mail address."), ("mari", "Enter an e-mail address like name@example.com.")],
)
@pytest.mark.parametrize(
    ("path", "field"), [("sign-in/", "login"), ("password/forgotten/", "email")]
)
def test_an_address_that_is_none_is_answered_in_our_words(
    client: Client, db: None, path: str, field: str, typed: str, said: str
) -> None:
    page = client.post(f"/staff/{path}", {field: typed, "password": PASSWORD}).content.decode()

    assert page.count(said) == 2
    assert "Enter a valid" not in page
