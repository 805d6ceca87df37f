import pytest
from django.test import Client
from django.utils import translation

from accounts.domain.roles import Role
from accounts.domain.sign_in import Outcome
from accounts.models import User
from audit.queries import events_of
from tests.accounts.factories import make_attempt, make_user

PROFILE = "/staff/profile/"


@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_a_profile(client: Client, db: None, role: Role) -> None:
    user = make_user(role)
    client.force_login(user)

    page = client.get(PROFILE).content.decode()

    assert user.email in page
    assert "not set up" in page


def test_somebody_without_roles_sees_nothing(client: Client, db: None) -> None:
    client.force_login(make_user())

    assert client.get(PROFILE).status_code == 403


def test_the_profile_shows_ones_own_sign_ins_alone(client: Client, handler: User) -> None:
    make_attempt(handler, Outcome.WRONG_PASSWORD)
    make_attempt(None, Outcome.UNKNOWN)
    client.force_login(handler)

    page = client.get(PROFILE).content.decode()

    assert "Wrong password" in page
    assert "Unknown address" not in page


def test_name_and_language_are_saved(client: Client, handler: User) -> None:
    client.force_login(handler)

    response = client.post(PROFILE, {"name": "Hanna Mets", "language": "et"})

    assert response.headers["Location"] == PROFILE
    user = User.objects.get(pk=handler.pk)
    assert (user.name, user.language) == ("Hanna Mets", "et")
    assert events_of("staff", str(handler.pk)).get().actor_ref == str(handler.pk)
    assert '<html lang="et">' in client.get(PROFILE).content.decode()


def test_nothing_to_change_is_said(client: Client, handler: User) -> None:
    client.force_login(handler)

    page = client.post(PROFILE, {"name": handler.name, "language": "en"}, follow=True)

    assert "There was nothing to change." in page.content.decode()


def test_a_profile_without_a_name_is_refused(client: Client, handler: User) -> None:
    client.force_login(handler)

    page = client.post(PROFILE, {"name": " ", "language": "en"}).content.decode()

    assert "Enter a name." in page
    assert User.objects.get(pk=handler.pk).name == "Hanna Lepp"


@pytest.mark.parametrize("path", ["/desk/", PROFILE, "/staff/second-factor/"])
def test_staff_pages_speak_the_language_staff_chose(client: Client, db: None, path: str) -> None:
    client.force_login(make_user(Role.HANDLER, language="pl"))

    response = client.get(path, headers={"Accept-Language": "lv"})

    assert '<html lang="pl">' in response.content.decode()
    assert response.headers["Content-Language"] == "pl"


def test_the_portal_speaks_the_language_of_its_address(client: Client, db: None) -> None:
    client.force_login(make_user(Role.HANDLER, language="pl"))

    assert client.get("/lv/").headers["Content-Language"] == "lv"


def test_a_language_does_not_stay_for_the_next_request(client: Client, db: None) -> None:
    client.force_login(make_user(Role.HANDLER, language="pl"))
    client.get(PROFILE)

    page = Client().get("/staff/sign-in/", headers={"Accept-Language": "en"}).content.decode()

    assert '<html lang="en">' in page
    translation.activate("en")
