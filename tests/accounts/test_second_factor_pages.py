import re
import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.adapters import SecondFactorAdapter
from accounts.domain.roles import Role
from accounts.models import SignInAttempt, User
from accounts.queries import has_second_factor
from accounts.services import deactivate
from audit.domain.actor import Actor
from audit.queries import events_of
from lib.encryption import UnsealError
from outbox.queries import messages_for
from tests.accounts.factories import AT, PASSWORD, make_user, one_time_code

SET_UP = "/staff/second-factor/totp/activate/"
REMOVE = "/staff/second-factor/totp/deactivate/"
CODES = "/staff/second-factor/recovery-codes/"
AUTHENTICATE = "/staff/second-factor/authenticate/"
INDEX = "/staff/second-factor/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_now(secret: str = SECRET) -> str:
    return one_time_code(secret, at=time.time())


def sign_in(client: Client, user: User) -> str:
    data = {"login": user.email, "password": PASSWORD}
    return client.post("/staff/sign-in/", data).headers["Location"]


def confirm_by_password(client: Client, path: str) -> None:
    """Open a page that asks once more who it is, and answer with the password."""
    asked = client.get(path).headers["Location"]
    assert asked.startswith("/staff/confirm/?next=")
    client.post(asked, {"password": PASSWORD})


def set_up_app(client: Client) -> str:
    """Set up an app as a person would and return its secret."""
    confirm_by_password(client, SET_UP)
    page = client.get(SET_UP).content.decode()
    secret = re.search(r"<code[^>]*>([A-Z2-7]{32})</code>", page)
    assert secret is not None
    client.post(SET_UP, {"code": code_now(secret[1])})
    return secret[1]


def give_app(user: User) -> None:
    sealed = SecondFactorAdapter().encrypt(SECRET)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": sealed})


def outcomes() -> list[str]:
    return list(SignInAttempt.objects.order_by("id").values_list("outcome", flat=True))


@pytest.mark.django_db(transaction=True)
def test_setting_up_an_app_gives_recovery_codes_and_is_told(client: Client, handler: User) -> None:
    sign_in(client, handler)

    set_up_app(client)

    assert has_second_factor(handler)
    assert len(re.findall(r"<code>\d{8}</code>", client.get(CODES).content.decode())) == 10
    assert "staff.second_factor_added" in [e.verb for e in events_of("staff", str(handler.pk))]
    notice = messages_for(f"staff:{handler.pk}:notice").get()
    assert "An authenticator app was set up." in notice.text


def test_setting_up_with_a_wrong_code_is_refused(client: Client, handler: User) -> None:
    sign_in(client, handler)
    confirm_by_password(client, SET_UP)
    client.get(SET_UP)

    page = client.post(SET_UP, {"code": "000000"}).content.decode()

    assert "This code is not right, or it was used already." in page
    assert not has_second_factor(handler)


def test_the_picture_to_scan_stands_in_the_page(client: Client, handler: User) -> None:
    sign_in(client, handler)
    confirm_by_password(client, SET_UP)

    page = client.get(SET_UP).content.decode()

    assert "<svg " in page
    assert "data:image" not in page
    assert "style=" not in page


def test_the_secret_is_sealed_in_the_database(client: Client, handler: User) -> None:
    sign_in(client, handler)

    secret = set_up_app(client)

    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    app = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert SecondFactorAdapter().decrypt(app.data["secret"]) == secret
    with pytest.raises(UnsealError):
        SecondFactorAdapter().decrypt(app.data["secret"][:-8] + "AAAAAAA=")


def test_sign_in_with_an_app_asks_for_its_code(client: Client, handler: User) -> None:
    give_app(handler)

    assert sign_in(client, handler) == AUTHENTICATE
    assert SESSION_KEY not in client.session
    assert client.get("/desk/").status_code == 302
    assert outcomes() == []

    response = client.post(AUTHENTICATE, {"code": code_now()})

    assert response.headers["Location"] == "/desk/"
    assert client.session[SESSION_KEY] == str(handler.pk)
    assert outcomes() == ["succeeded"]


def test_a_wrong_code_is_refused_and_remembered(client: Client, handler: User) -> None:
    give_app(handler)
    sign_in(client, handler)

    page = client.post(AUTHENTICATE, {"code": "000000"}).content.decode()

    assert "This code is not right, or it was used already." in page
    assert SESSION_KEY not in client.session
    assert outcomes() == ["second_factor_failed"]
    assert SignInAttempt.objects.get().user == handler


def test_a_code_of_the_step_before_is_still_good(client: Client, handler: User) -> None:
    give_app(handler)
    start = 1_800_000_000  # a step begins here
    with time_machine.travel(start, tick=False):
        sign_in(client, handler)
        response = client.post(AUTHENTICATE, {"code": one_time_code(SECRET, at=start - 30)})

    assert response.headers["Location"] == "/desk/"


@pytest.mark.parametrize("later", [0, 40])
def test_a_code_is_good_for_one_sign_in(client: Client, handler: User, later: int) -> None:
    give_app(handler)
    start = 1_800_000_000  # a step begins here
    with time_machine.travel(start, tick=False):
        code = one_time_code(SECRET, at=start + 30)
        sign_in(client, handler)
        assert client.post(AUTHENTICATE, {"code": code}).headers["Location"] == "/desk/"
    if later:
        # allauth's own mark lasts 30 seconds by the clock of Redis, which does not travel along.
        assert cache.delete(f"allauth.mfa.totp.used?user={handler.pk}&code={code}")
    with time_machine.travel(start + later, tick=False):
        thief = Client()
        sign_in(thief, handler)
        page = thief.post(AUTHENTICATE, {"code": code}).content.decode()

    assert "it was used already" in page
    assert SESSION_KEY not in thief.session


def test_too_many_wrong_codes_are_stopped(client: Client, handler: User) -> None:
    give_app(handler)
    sign_in(client, handler)
    for _ in range(5):
        client.post(AUTHENTICATE, {"code": "000000"})

    page = client.post(AUTHENTICATE, {"code": code_now()}).content.decode()

    assert "Too many attempts. Wait five minutes, then try again." in page
    assert SESSION_KEY not in client.session
    assert outcomes() == ["second_factor_failed"] * 5 + ["throttled"]


def test_a_recovery_code_signs_in_once(client: Client, handler: User) -> None:
    sign_in(client, handler)
    set_up_app(client)
    code = re.findall(r"<code>(\d{8})</code>", client.get(CODES).content.decode())[0]
    client.logout()

    sign_in(client, handler)
    assert client.post(AUTHENTICATE, {"code": code}).headers["Location"] == "/desk/"
    client.logout()
    sign_in(client, handler)
    page = client.post(AUTHENTICATE, {"code": code}).content.decode()

    assert "it was used already" in page


def test_recovery_codes_can_be_downloaded_and_made_anew(client: Client, handler: User) -> None:
    sign_in(client, handler)
    set_up_app(client)
    first = client.get(f"{CODES}download/").content.decode()

    response = client.post(f"{CODES}generate/")

    assert response.headers["Location"] == CODES
    second = client.get(f"{CODES}download/").content.decode()
    assert len(re.findall(r"^\d{8}$", second, re.MULTILINE)) == 10
    assert set(re.findall(r"\d{8}", first)).isdisjoint(re.findall(r"\d{8}", second))


def test_recovery_codes_without_an_app_are_none(client: Client, handler: User) -> None:
    sign_in(client, handler)

    assert client.get(CODES).status_code == 404


def test_an_account_closed_between_password_and_code_stays_outside(
    client: Client, handler: User
) -> None:
    give_app(handler)
    sign_in(client, handler)
    deactivate(user=handler, by=Actor.system("test"), at=AT)

    response = client.post(AUTHENTICATE, {"code": code_now()})

    assert response.headers["Location"] == "/staff/sign-in/"
    assert SESSION_KEY not in client.session
    assert outcomes() == ["inactive"]


@time_machine.travel(1_800_000_000, tick=False)  # a step begins here
def test_removing_the_app_is_confirmed_by_code_and_told_to_security(
    client: Client, handler: User
) -> None:
    give_app(handler)
    sign_in(client, handler)
    client.post(AUTHENTICATE, {"code": one_time_code(SECRET, at=time.time() - 30)})
    asked = client.get(REMOVE).headers["Location"]
    assert asked.startswith("/staff/confirm/")

    by_code = asked.replace("/staff/confirm/", "/staff/second-factor/reauthenticate/")
    assert client.post(by_code, {"code": code_now()}).headers["Location"] == REMOVE
    assert "Remove the authenticator app?" in client.get(REMOVE).content.decode()
    client.post(REMOVE)

    assert not has_second_factor(handler)
    [event] = events_of("staff", str(handler.pk))
    assert event.verb == "staff.second_factor_removed"
    mail = messages_for(f"staff:{handler.pk}:change").get()
    assert "Hanna Lepp removed their authenticator app." in mail.text


def test_confirming_with_a_wrong_password_is_refused_and_remembered(
    client: Client, handler: User
) -> None:
    sign_in(client, handler)
    asked = client.get(SET_UP).headers["Location"]

    page = client.post(asked, {"password": "not-the-password"}).content.decode()

    assert "This is not your password." in page
    assert outcomes() == ["succeeded", "wrong_password"]
    assert client.get(SET_UP).status_code == 302


def test_confirming_with_a_wrong_code_is_refused_and_remembered(
    client: Client, handler: User
) -> None:
    give_app(handler)
    client.force_login(handler)

    page = client.post("/staff/second-factor/reauthenticate/", {"code": "000000"}).content.decode()

    assert "This code is not right" in page
    assert outcomes() == ["second_factor_failed"]


@pytest.mark.parametrize("with_app", [True, False])
def test_the_page_of_the_second_factor_says_how_it_stands(
    client: Client, handler: User, *, with_app: bool
) -> None:
    if with_app:
        give_app(handler)
    client.force_login(handler)

    page = client.get(INDEX).content.decode()

    assert ("Remove the app" in page, "Set up an app" in page) == (with_app, not with_app)


def test_where_it_is_required_the_set_up_comes_first(
    client: Client, handler: User, settings: Settings
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    sign_in(client, handler)

    for path in ("/desk/", "/staff/profile/", "/staff/password/", "/staff/"):
        assert client.get(path).headers["Location"] == SET_UP
    assert client.get(SET_UP).headers["Location"].startswith("/staff/confirm/")
    set_up_app(client)

    assert client.get("/desk/").status_code == 200


def test_where_it_is_required_strangers_and_the_portal_are_left_alone(
    client: Client, handler: User, settings: Settings
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True

    assert client.get("/staff/sign-in/").status_code == 200
    assert client.get("/desk/").headers["Location"] == "/staff/sign-in/?next=/desk/"
    client.force_login(handler)
    assert client.get("/en/").status_code == 200
    assert client.post("/staff/sign-out/").headers["Location"] == "/staff/sign-in/"


def test_where_it_is_not_required_nobody_is_sent_to_the_set_up(client: Client, db: None) -> None:
    client.force_login(make_user(Role.HANDLER))

    assert client.get("/desk/").status_code == 200
