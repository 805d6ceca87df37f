import logging

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django import Settings

from accounts.domain.roles import Role
from accounts.models import SignInAttempt, User
from accounts.services import deactivate
from audit.domain.actor import Actor
from tests.accounts.factories import AT, PASSWORD, make_user

SIGN_IN = "/staff/sign-in/"
MISMATCH = "This e-mail address and password do not match."
WAIT = "Too many attempts. Wait five minutes, then try again."


def sign_in(client: Client, email: str, password: str = PASSWORD, **headers: str) -> str:
    """Post the form and return the page, or where it leads to."""
    response = client.post(SIGN_IN, {"login": email, "password": password}, headers=headers or None)
    return response.headers.get("Location", response.content.decode())


def outcomes() -> list[str]:
    return list(SignInAttempt.objects.order_by("id").values_list("outcome", flat=True))


@pytest.mark.parametrize(
    ("role", "first_page"),
    [
        (Role.HANDLER, "/desk/"),
        (Role.DPO, "/desk/"),
        (Role.AUDITOR, "/desk/"),
        (Role.SECURITY, "/staff/people/"),
        (Role.ENGINEER, "/staff/profile/"),
    ],
)
def test_sign_in_leads_to_the_first_page_of_the_role(
    client: Client, db: None, role: Role, first_page: str
) -> None:
    user = make_user(role)

    assert sign_in(client, user.email.upper()) == first_page

    assert client.session[SESSION_KEY] == str(user.pk)
    assert client.get(first_page).status_code == 200


@pytest.mark.parametrize(
    ("role", "first_page"), [(Role.DPO, "/desk/"), (Role.SECURITY, "/staff/people/")]
)
def test_home_leads_to_the_first_page_of_the_role(
    client: Client, db: None, role: Role, first_page: str
) -> None:
    client.force_login(make_user(role))

    assert client.get("/staff/").headers["Location"] == first_page


def test_sign_in_is_remembered_with_user_time_and_address(client: Client, handler: User) -> None:
    sign_in(client, handler.email)

    attempt = SignInAttempt.objects.get()
    assert (attempt.user, attempt.outcome, attempt.ip) == (handler, "succeeded", "127.0.0.1")


def test_sign_in_behind_a_proxy_is_remembered_with_the_callers_address(
    client: Client, handler: User, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = 1

    sign_in(client, handler.email, **{"X-Forwarded-For": "203.0.113.9, 198.51.100.4"})

    assert SignInAttempt.objects.get().ip == "198.51.100.4"


def test_sign_in_lasts_eight_hours_at_most_and_ends_with_the_browser(
    client: Client, handler: User
) -> None:
    sign_in(client, handler.email)

    assert client.session.get_expiry_age() == 8 * 3600
    assert client.session.get_expire_at_browser_close() is True
    assert client.cookies["sessionid"]["httponly"] is True


def test_every_refusal_reads_the_same(client: Client, handler: User) -> None:
    closed = make_user(Role.HANDLER, is_active=False)
    invited = make_user(Role.HANDLER, password=None)

    pages = [
        sign_in(client, handler.email, "not-the-password"),
        sign_in(client, "nobody@example.ee"),
        sign_in(client, closed.email),
        sign_in(client, closed.email, "not-the-password"),
        sign_in(client, invited.email),
    ]

    assert [page.count(MISMATCH) for page in pages] == [1, 1, 1, 1, 1]
    assert SESSION_KEY not in client.session
    assert outcomes() == ["wrong_password", "unknown", "inactive", "inactive", "wrong_password"]


def test_a_password_never_reaches_the_log(
    client: Client, handler: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    sign_in(client, handler.email, "a-secret-mistyped")
    sign_in(client, "nobody@example.ee", "a-secret-mistyped")
    sign_in(client, handler.email)

    assert outcomes() == ["wrong_password", "unknown", "succeeded"]
    assert "a-secret-mistyped" not in caplog.text
    assert PASSWORD not in caplog.text
    assert "a-secret-mistyped" not in str(list(SignInAttempt.objects.values()))


def test_too_many_failures_of_one_address_are_stopped_even_with_the_right_password(
    client: Client, handler: User
) -> None:
    for _ in range(5):
        sign_in(client, handler.email, "not-the-password")

    assert WAIT in sign_in(client, handler.email)

    assert SESSION_KEY not in client.session
    assert outcomes() == ["wrong_password"] * 5 + ["throttled"]
    assert SignInAttempt.objects.last().user == handler  # type: ignore[union-attr]


def test_too_many_failures_of_an_unknown_address_read_like_those_of_a_known_one(
    client: Client, db: None
) -> None:
    for _ in range(5):
        sign_in(client, "nobody@example.ee")

    assert WAIT in sign_in(client, "nobody@example.ee")

    assert outcomes() == ["unknown"] * 5 + ["throttled"]


def test_too_many_failures_from_one_place_are_stopped_for_all_addresses(
    client: Client, handler: User
) -> None:
    for number in range(20):
        sign_in(client, f"guess{number}@example.ee")

    assert WAIT in sign_in(client, handler.email)


def test_failures_of_one_colleague_do_not_stop_another(
    client: Client, handler: User, officer: User
) -> None:
    for _ in range(6):
        sign_in(client, handler.email, "not-the-password")

    assert sign_in(client, officer.email) == "/staff/people/"


def test_successes_do_not_count_as_failures(client: Client, handler: User) -> None:
    for _ in range(7):
        assert sign_in(client, handler.email) == "/desk/"
        client.logout()


def test_a_closed_account_is_signed_out_with_the_next_request(
    client: Client, handler: User
) -> None:
    sign_in(client, handler.email)
    assert client.get("/desk/").status_code == 200

    deactivate(user=handler, by=Actor.system("test"), at=AT)

    assert client.get("/desk/").headers["Location"] == "/staff/sign-in/?next=/desk/"


def test_next_leads_back_inside_the_house_only(client: Client, handler: User) -> None:
    data = {"login": handler.email, "password": PASSWORD}

    inside = client.post(SIGN_IN, data | {"next": "/staff/profile/"})
    client.logout()
    outside = client.post(SIGN_IN, data | {"next": "https://evil.example/"})

    assert inside.headers["Location"] == "/staff/profile/"
    assert outside.headers["Location"] == "/desk/"


def test_the_sign_in_page_carries_next_along(client: Client, db: None) -> None:
    page = client.get(SIGN_IN, {"next": "/staff/profile/"}).content.decode()

    assert '<input type="hidden" name="next" value="/staff/profile/"' in page
    assert "<title>Sign in – Apifonica Privacy</title>" in page


def test_the_sign_in_page_speaks_the_browsers_language(client: Client, db: None) -> None:
    page = client.get(SIGN_IN, headers={"Accept-Language": "lv"}).content.decode()

    assert '<html lang="lv">' in page


def test_sign_out_asks_on_get_and_acts_on_post(client: Client, handler: User) -> None:
    client.force_login(handler)

    assert "Sign out?" in client.get("/staff/sign-out/").content.decode()
    assert SESSION_KEY in client.session

    assert client.post("/staff/sign-out/").headers["Location"] == SIGN_IN
    assert SESSION_KEY not in client.session
    assert "You are signed out." in client.get(SIGN_IN).content.decode()


@pytest.mark.parametrize(
    "name",
    [
        "account_signup",
        "account_email",
        "account_confirm_email",
        "account_set_password",
        "account_inactive",
        "account_confirm_login_code",
        "mfa_trust",
        "mfa_add_webauthn",
        "socialaccount_connections",
    ],
)
def test_what_is_not_wanted_of_allauth_has_no_address(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize(
    "path",
    ["signup/", "email/", "confirm-email/", "login/", "login/code/", "social/signup/", "3rdparty/"],
)
def test_allauths_own_addresses_are_gone(client: Client, db: None, path: str) -> None:
    assert client.get(f"/staff/{path}").status_code == 404
