from threading import Event as Flag
from threading import Thread
from time import sleep

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.domain.roles import Role
from accounts.domain.sign_in import Outcome
from accounts.models import User
from audit.models import Event
from outbox.models import Message
from outbox.queries import messages_for
from tests.accounts.factories import make_attempt, make_user

LIST = "/staff/people/"
INVITE = "/staff/people/invite/"
SIGN_INS = "/staff/sign-ins/"
NEW = {"name": "Mari Tamm", "email": "mari@example.ee", "language": "et", "roles": ["handler"]}

READERS = {Role.SECURITY, Role.AUDITOR}


def as_one(role: Role) -> Client:
    client = Client()
    client.force_login(make_user(role))
    return client


def pages_of(person: User) -> dict[str, str]:
    return {
        "roles": f"/staff/people/{person.pk}/roles/",
        "deactivate": f"/staff/people/{person.pk}/deactivate/",
        "reactivate": f"/staff/people/{person.pk}/reactivate/",
        "invite-again": f"/staff/people/{person.pk}/invite-again/",
        "second-factor": f"/staff/people/{person.pk}/second-factor/reset/",
    }


@pytest.fixture
def browser(officer: User) -> Client:
    """The browser of a security officer."""
    client = Client()
    client.force_login(officer)
    return client


@pytest.fixture
def person(db: None) -> User:
    return make_user(Role.HANDLER, name="Hanna Lepp", email="hanna@example.ee")


def said(client: Client, person: User) -> str:
    return client.get(f"/staff/people/{person.pk}/").content.decode()


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("page", [LIST, SIGN_INS, "detail"])
def test_staff_and_sign_ins_are_read_by_security_and_auditors(
    person: User, role: Role, page: str
) -> None:
    path = f"/staff/people/{person.pk}/" if page == "detail" else page

    response = as_one(role).get(path)

    assert response.status_code == (200 if role in READERS else 403)


@pytest.mark.parametrize("role", list(Role))
def test_staff_are_invited_by_security_alone(db: None, role: Role) -> None:
    client = as_one(role)

    statuses = (client.get(INVITE).status_code, client.post(INVITE, NEW).status_code)

    assert statuses == ((200, 302) if role is Role.SECURITY else (403, 403))
    assert User.objects.filter(email="mari@example.ee").exists() is (role is Role.SECURITY)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SECURITY])
@pytest.mark.parametrize(
    "page", ["roles", "deactivate", "reactivate", "invite-again", "second-factor"]
)
def test_nobody_but_security_changes_a_colleague(person: User, role: Role, page: str) -> None:
    client, path = as_one(role), pages_of(person)[page]

    response = client.post(path, {"roles": ["security"], "confirmed": "yes"})

    assert response.status_code == 403
    assert User.objects.get(pk=person.pk).roles == ["handler"]
    assert User.objects.get(pk=person.pk).is_active is True
    assert not Event.objects.exists()


@pytest.mark.parametrize("page", [LIST, INVITE, SIGN_INS, "/staff/profile/", "/staff/"])
def test_strangers_are_sent_to_the_sign_in(client: Client, db: None, page: str) -> None:
    assert client.get(page).headers["Location"] == f"/staff/sign-in/?next={page}"


def test_the_refusal_is_a_calm_page_with_a_way_on(person: User) -> None:
    client = Client()
    client.force_login(person)

    page = client.get(LIST).content.decode()

    assert "Not for your role" in page
    assert 'href="/staff/"' in page


@pytest.mark.parametrize("page", ["reactivate", "invite-again"])
def test_a_change_without_a_page_takes_post_alone(browser: Client, person: User, page: str) -> None:
    assert browser.get(pages_of(person)[page]).status_code == 405


def test_the_list_shows_who_is_there_and_how(browser: Client, person: User) -> None:
    make_user(Role.ENGINEER, Role.AUDITOR, name="Aare Eigi", is_active=False)
    make_user(name="Ülle Öö", password=None)
    Authenticator.objects.create(user=person, type="totp", data={})

    page = browser.get(LIST).content.decode()

    names = ["Hanna Lepp", "Signe Kuusk", "Ülle Öö", "Aare Eigi"]
    places = [page.index(f">{name}</a>") for name in names]
    assert places == sorted(places)
    assert "Engineer, Auditor" in page
    assert [page.count(f">{word}</span>") for word in ("active", "invited", "closed")] == [2, 1, 1]
    assert page.count("set up") == 1


def test_an_auditor_sees_no_buttons(person: User) -> None:
    client = as_one(Role.AUDITOR)

    assert INVITE not in client.get(LIST).content.decode()
    assert '<form method="post" action="/staff/people' not in said(client, person)
    assert pages_of(person)["roles"] not in said(client, person)


@pytest.mark.parametrize("page", [LIST, SIGN_INS])
def test_the_lists_ask_the_same_number_of_questions_for_one_row_and_three(
    browser: Client,
    officer: User,
    page: str,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_attempt(officer, Outcome.SUCCEEDED)
    with django_assert_num_queries(4 if page == LIST else 5):
        browser.get(page)
    for _ in range(2):
        make_attempt(make_user(Role.HANDLER), Outcome.SUCCEEDED)

    with django_assert_num_queries(4 if page == LIST else 5):
        assert browser.get(page).content.decode().count("<tr>") == 4


def test_somebody_who_is_not_there_is_not_found(browser: Client, db: None) -> None:
    assert browser.get("/staff/people/999999/").status_code == 404


def test_one_person_with_roles_and_last_sign_ins(browser: Client, person: User) -> None:
    make_attempt(person, Outcome.WRONG_PASSWORD)

    page = said(browser, person)

    assert "Works on requests" in page
    assert "Wrong password" in page
    assert "192.0.2.7" in page


def test_somebody_without_roles_and_sign_ins_is_shown(browser: Client, db: None) -> None:
    page = said(browser, make_user())

    assert "This person can sign in and see nothing." in page
    assert "None in the last 60 days." in page


def test_invite_creates_mails_and_says_so(browser: Client, officer: User) -> None:
    response = browser.post(INVITE, NEW, follow=True)

    user = User.objects.get(email="mari@example.ee")
    assert response.redirect_chain == [(f"/staff/people/{user.pk}/", 302)]
    assert "Mari Tamm is invited." in response.content.decode()
    assert (user.name, user.language, user.roles) == ("Mari Tamm", "et", ["handler"])
    assert messages_for(f"staff:{user.pk}:invitation").get().language == "et"
    assert Event.objects.get().actor_ref == str(officer.pk)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("email", "SIGNE@example.ee", "Somebody with this address is among the staff already."),
        ("email", "mari", "Enter an e-mail address like name@example.com."),
        ("name", "", "Enter a name."),
        ("roles", [], "Choose at least one role."),
        ("roles", ["king"], "Select a valid choice."),
        ("language", "fi", "Select a valid choice."),
    ],
)
def test_invite_with_something_amiss_says_what(
    browser: Client, field: str, value: object, said: str
) -> None:
    response = browser.post(INVITE, NEW | {field: value})

    assert said in response.content.decode()
    assert User.objects.count() == 1
    assert not Message.objects.exists()


def test_invite_again_sends_another_link(browser: Client, db: None) -> None:
    person = make_user(Role.HANDLER, password=None)

    browser.post(pages_of(person)["invite-again"])

    assert "A new link is on its way" in said(browser, person)
    assert messages_for(f"staff:{person.pk}:invitation").count() == 1


def test_roles_are_shown_before_they_are_changed(browser: Client, person: User) -> None:
    path = pages_of(person)["roles"]
    assert 'value="handler"' in browser.get(path).content.decode()

    page = browser.post(path, {"roles": ["dpo", "auditor"]}).content.decode()

    assert "Change the roles of Hanna Lepp?" in page
    assert "Data protection officer, Auditor" in page
    assert "Handler" in page
    assert User.objects.get(pk=person.pk).roles == ["handler"]

    browser.post(path, {"roles": ["dpo", "auditor"], "confirmed": "yes"})

    assert User.objects.get(pk=person.pk).roles == ["auditor", "dpo"]
    assert "The roles of Hanna Lepp are changed." in said(browser, person)


def test_roles_that_are_so_already_need_no_confirmation(browser: Client, person: User) -> None:
    path = pages_of(person)["roles"]

    page = browser.post(path, {"roles": ["handler"]}).content.decode()

    assert "There is nothing to change." in page
    browser.post(path, {"roles": ["handler"], "confirmed": "yes"})
    assert "There was nothing to change." in said(browser, person)
    assert not Event.objects.exists()


def test_no_role_at_all_is_not_chosen_by_accident(browser: Client, person: User) -> None:
    page = browser.post(pages_of(person)["roles"], {"confirmed": "yes"}).content.decode()

    assert "Choose at least one role." in page
    assert User.objects.get(pk=person.pk).roles == ["handler"]


def test_an_officer_does_not_change_their_own_roles(browser: Client, officer: User) -> None:
    path = pages_of(officer)["roles"]
    assert "changed by another security officer" in browser.get(path).content.decode()

    browser.post(path, {"roles": ["security", "dpo"], "confirmed": "yes"})

    assert User.objects.get(pk=officer.pk).roles == ["security"]
    assert "Another security officer has to do this for you." in said(browser, officer)


def test_deactivate_asks_and_then_closes(browser: Client, person: User) -> None:
    path = pages_of(person)["deactivate"]
    assert "Close the account of Hanna Lepp?" in browser.get(path).content.decode()
    assert User.objects.get(pk=person.pk).is_active is True

    browser.post(path)

    assert User.objects.get(pk=person.pk).is_active is False
    assert "The account of Hanna Lepp is closed." in said(browser, person)


def test_the_last_officer_stays(browser: Client, officer: User) -> None:
    path = pages_of(officer)["deactivate"]
    assert "This is your own account." in browser.get(path).content.decode()

    browser.post(path)

    assert User.objects.get(pk=officer.pk).is_active is True
    assert "Signe Kuusk is the last active security officer." in said(browser, officer)


def test_reactivate_opens_again(browser: Client, db: None) -> None:
    person = make_user(Role.HANDLER, is_active=False)

    browser.post(pages_of(person)["reactivate"])

    assert User.objects.get(pk=person.pk).is_active is True
    assert "is open again." in said(browser, person)


def test_second_factor_is_taken_away_after_a_question(browser: Client, person: User) -> None:
    Authenticator.objects.create(user=person, type="totp", data={})
    path = pages_of(person)["second-factor"]
    assert "Do this only when you have spoken" in browser.get(path).content.decode()
    assert Authenticator.objects.count() == 1

    browser.post(path)

    assert not Authenticator.objects.exists()
    assert "signs in without a code" in said(browser, person)


def test_sign_ins_show_who_and_what_newest_first(browser: Client, person: User) -> None:
    make_attempt(person, Outcome.SUCCEEDED)
    make_attempt(None, Outcome.UNKNOWN)

    page = browser.get(SIGN_INS).content.decode()

    assert page.index(">Unknown address</span>") < page.index(">Signed in</span>")
    assert "nobody we know" in page
    assert "192.0.2.7" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", (1, 1)),
        ("?outcome=unknown", (1, 0)),
        ("?outcome=succeeded", (0, 1)),
        ("?outcome=nonsense", (1, 1)),
        ("?outcome=throttled", (0, 0)),
    ],
)
def test_sign_ins_are_filtered_by_outcome(
    browser: Client, person: User, query: str, shown: tuple[int, int]
) -> None:
    make_attempt(person, Outcome.SUCCEEDED)
    make_attempt(None, Outcome.UNKNOWN)

    page = browser.get(SIGN_INS + query).content.decode()

    assert (page.count(">Unknown address</span>"), page.count(">Signed in</span>")) == shown
    assert ("There was no such attempt." in page) is (shown == (0, 0))


def test_sign_ins_are_paged_and_keep_the_filter(browser: Client, db: None) -> None:
    for _ in range(51):
        make_attempt(None, Outcome.UNKNOWN)

    first = browser.get(f"{SIGN_INS}?outcome=unknown").content.decode()
    second = browser.get(f"{SIGN_INS}?outcome=unknown&page=2").content.decode()

    assert first.count("nobody we know") == 50
    assert "?outcome=unknown&amp;page=2" in first
    assert second.count("nobody we know") == 1


@pytest.mark.django_db(transaction=True)
def test_two_invitations_of_one_address_at_once_make_one_account(browser: Client) -> None:
    inserted = Flag()

    def a_quicker_officer() -> None:
        with transaction.atomic():
            make_user(email="mari@example.ee")
            inserted.set()
            sleep(0.5)  # the form finds nobody yet, and its insert waits for this commit
        connection.close()

    thread = Thread(target=a_quicker_officer)
    thread.start()
    assert inserted.wait(timeout=10)
    page = browser.post(INVITE, NEW).content.decode()
    thread.join(timeout=10)

    assert "Somebody with this address is among the staff already." in page
    assert User.objects.filter(email="mari@example.ee").count() == 1
    assert not Message.objects.exists()
