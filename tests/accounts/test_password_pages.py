import re

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from pytest_django import Settings

from accounts.adapters import StaffAdapter, UnexpectedMail
from accounts.domain.roles import Role
from accounts.models import SignInAttempt, User
from accounts.services import create_staff
from audit.domain.actor import Actor
from audit.queries import events_of
from outbox.models import Message
from outbox.queries import messages_for
from tests.accounts.factories import AT, PASSWORD, make_user

FORGOTTEN = "/staff/password/forgotten/"
CHANGE = "/staff/password/"
NEW = "nine-silent-otters"


def mailed_link(reference: str) -> str:
    """Return the path of the link in the newest mail of that reference."""
    mail = messages_for(reference).last()
    assert mail is not None
    found = re.search(r"(/staff/password/new/\S+)", mail.text)
    assert found is not None
    return found[1]


def choose(client: Client, link: str, password: str = NEW, again: str = NEW) -> str:
    """Follow a mailed link, post a password; return the page or where it leads to."""
    form = client.get(link).headers["Location"]
    response = client.post(form, {"password1": password, "password2": again})
    return response.headers.get("Location", response.content.decode())


def test_forgotten_password_mails_a_link_through_the_outbox(
    client: Client, handler: User, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://privacy.example"
    User.objects.update(language="pl")

    response = client.post(
        FORGOTTEN, {"email": handler.email.upper()}, headers={"Host": "localhost"}
    )

    assert response.headers["Location"] == "/staff/password/sent/"
    mail = messages_for(f"staff:{handler.pk}:password_link").get()
    assert (mail.to, mail.language) == (handler.email, "pl")
    assert "https://privacy.example/staff/password/new/" in mail.text
    assert "localhost" not in mail.text


@pytest.mark.parametrize("known", [True, False])
def test_forgotten_password_answers_known_and_unknown_addresses_alike(
    client: Client, handler: User, *, known: bool
) -> None:
    email = handler.email if known else "nobody@example.ee"

    page = client.post(FORGOTTEN, {"email": email}, follow=True).content.decode()

    assert "If the address belongs to an account, a link is on its way to it." in page
    assert Message.objects.count() == int(known)


def test_forgotten_password_of_a_closed_account_mails_nothing(client: Client, db: None) -> None:
    user = make_user(Role.HANDLER, is_active=False)

    client.post(FORGOTTEN, {"email": user.email})

    assert not Message.objects.exists()


def test_forgotten_password_is_slowed_down(client: Client, handler: User) -> None:
    answers = [client.post(FORGOTTEN, {"email": handler.email}).status_code for _ in range(6)]

    assert answers == [302, 302, 302, 302, 302, 429]


def test_the_link_gives_a_new_password_once(client: Client, handler: User) -> None:
    client.post(FORGOTTEN, {"email": handler.email})
    link = mailed_link(f"staff:{handler.pk}:password_link")

    assert choose(client, link) == "/staff/password/chosen/"

    assert "Your password is saved" in client.get("/staff/password/chosen/").content.decode()
    assert User.objects.get(pk=handler.pk).check_password(NEW)
    assert SESSION_KEY not in client.session
    again = Client().get(link).content.decode()
    assert "This link no longer works" in again


def test_a_new_password_is_on_record_and_told_to_its_owner(client: Client, handler: User) -> None:
    client.post(FORGOTTEN, {"email": handler.email})

    choose(client, mailed_link(f"staff:{handler.pk}:password_link"))

    event = events_of("staff", str(handler.pk)).get()
    assert (event.verb, event.actor_ref) == ("staff.password_reset", str(handler.pk))
    notice = messages_for(f"staff:{handler.pk}:notice").get()
    assert notice.to == handler.email
    assert "A new password was chosen by a mailed link." in notice.text


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "at least 12 characters"),
        ("hanna@example.ee", "hanna@example.ee", "too similar"),
        ("passwordpassword", "another-password", "same password"),
    ],
)
def test_a_poor_password_is_refused(
    client: Client, handler: User, password: str, again: str, said: str
) -> None:
    client.post(FORGOTTEN, {"email": handler.email})

    page = choose(client, mailed_link(f"staff:{handler.pk}:password_link"), password, again)

    assert said in page
    assert User.objects.get(pk=handler.pk).check_password(PASSWORD)


def test_an_invited_colleague_chooses_a_password_and_signs_in(
    client: Client, officer: User
) -> None:
    user = create_staff(
        email="mari@example.ee",
        name="Mari Tamm",
        roles=[Role.HANDLER],
        language="et",
        by=Actor.staff(officer.pk),
        at=AT,
    )

    choose(client, mailed_link(f"staff:{user.pk}:invitation"))
    response = client.post("/staff/sign-in/", {"login": user.email, "password": NEW})

    assert response.headers["Location"] == "/desk/"
    assert client.session[SESSION_KEY] == str(user.pk)


def test_change_password_keeps_this_session_and_ends_the_others(
    client: Client, handler: User
) -> None:
    other = Client()
    for browser in (client, other):
        browser.force_login(handler)

    response = client.post(CHANGE, {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    assert response.headers["Location"] == "/staff/profile/"
    assert "Your password is saved." in client.get("/staff/profile/").content.decode()
    assert other.get("/staff/profile/").headers["Location"].startswith("/staff/sign-in/")
    assert User.objects.get(pk=handler.pk).check_password(NEW)
    assert events_of("staff", str(handler.pk)).get().verb == "staff.password_changed"
    assert "Your password was changed." in messages_for(f"staff:{handler.pk}:notice").get().text


def test_change_password_without_the_current_one_is_refused(client: Client, handler: User) -> None:
    client.force_login(handler)

    page = client.post(
        CHANGE, {"oldpassword": "not-the-password", "password1": NEW, "password2": NEW}
    ).content.decode()

    assert "This is not your current password." in page
    assert User.objects.get(pk=handler.pk).check_password(PASSWORD)
    assert not events_of("staff", str(handler.pk)).exists()


def test_change_password_is_for_those_signed_in(client: Client, db: None) -> None:
    response = client.get(CHANGE)

    assert response.headers["Location"] == "/staff/sign-in/?next=/staff/password/"


def test_no_mail_of_allauths_own_words_leaves(db: None) -> None:
    with pytest.raises(UnexpectedMail):
        StaffAdapter().send_mail("account/email/unknown_account", "a@example.ee", {})


def test_nobody_can_sign_up(client: Client, db: None) -> None:
    assert StaffAdapter().is_open_for_signup(None) is False  # type: ignore[arg-type]
    assert not SignInAttempt.objects.exists()
