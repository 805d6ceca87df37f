"""The staff pages of restrictions: each beside its denial."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Category
from lib.units import Status
from retention.domain.restricting import Reason
from retention.models import Restriction, SourceMark
from retention.queries import is_restricted, restriction_of
from retention.services.restrictions import lift, note_notice_sent, restrict_person
from retention.views.shown import shown
from tests.accounts.factories import make_user
from tests.retention.conftest import ANA, BEN, NOW, Sources

pytestmark = pytest.mark.django_db
LIST = reverse("retention:restriction-list")
SET = reverse("retention:restriction-set")
ENTERED = {"email": " Ana@Example.com ", "reason": "accuracy"}


def page_of(name: str, restriction: Restriction, *more: object) -> str:
    return reverse(f"retention:{name}", args=[restriction.pk, *more])


def client_of(*roles: Role) -> tuple[Client, User]:
    user = make_user(*roles, name="Hanna Lepp")
    client = Client()
    client.force_login(user)
    return client, user


@pytest.fixture
def desk() -> Client:
    return client_of(Role.HANDLER)[0]


@pytest.fixture
def restriction() -> Restriction:
    return restrict_person(keys=ANA, reason=Reason.ACCURACY, by=Actor.system("x"), at=NOW)


def test_strangers_are_sent_to_the_sign_in(client: Client, restriction: Restriction) -> None:
    for url in (LIST, SET, page_of("restriction-detail", restriction)):
        response = client.get(url)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("role", [Role.SECURITY, Role.ENGINEER])
def test_other_roles_see_no_restrictions(restriction: Restriction, role: Role) -> None:
    client, _ = client_of(role)
    for url in (LIST, SET, page_of("restriction-detail", restriction)):
        assert client.get(url).status_code == 403
    assert b"Restrictions" not in client.get(reverse("accounts:profile")).content


def test_auditor_reads_and_changes_nothing(restriction: Restriction) -> None:
    client, user = client_of(Role.AUDITOR)
    detail = client.get(page_of("restriction-detail", restriction))

    assert client.get(LIST).status_code == detail.status_code == 200
    assert SET.encode() not in client.get(LIST).content
    assert b"<form" not in detail.content.split(b"<main")[1]
    assert client.get(SET).status_code == 403
    assert client.post(SET, ENTERED).status_code == 403
    for name in ("restriction-notice", "restriction-lift"):
        assert client.post(page_of(name, restriction)).status_code == 403
    assert client.post(page_of("mark-retry", restriction, 1)).status_code == 403
    assert Restriction.objects.get().notice_sent_at is None
    assert Restriction.objects.count() == 1
    viewed = events_of("restriction", str(restriction.pk)).get(verb="restriction.viewed")
    assert viewed.actor_ref == str(user.pk)


def test_restriction_is_set_by_hand(sources: Sources) -> None:
    client, user = client_of(Role.DPO)
    entered = {
        **ENTERED,
        "phone": "+372 5123 4567",
        "customer_number": " ap-1 ",
        "resources": ["phone"],
        "categories": ["traffic"],
        "note": "She says it is wrong.",
    }
    assert b"Phone" in client.get(SET).content

    response = client.post(SET, entered, follow=True)

    restriction = Restriction.objects.get()
    assert response.redirect_chain == [(page_of("restriction-detail", restriction), 302)]
    assert restriction.keys == SubjectKeys(
        emails=ANA.emails, phones=("+37251234567",), customer_numbers=("AP-1",)
    )
    assert (restriction.reason, restriction.resources) == (Reason.ACCURACY, ["phone"])
    assert restriction.categories == [Category.TRAFFIC]
    assert (restriction.note, restriction.set_by) == ("She says it is wrong.", f"staff:{user.pk}")
    text = response.content.decode()
    assert "ana@example.com" in text
    assert "She says it is wrong." in text
    assert "Hanna Lepp" in text
    assert "Calls and messages: numbers, times, addresses" in text


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ({"email": ""}, "Enter at least one: address, phone or customer number."),
        ({"email": "nobody"}, "Enter an e-mail address like name@example.com."),
        ({"phone": "512"}, "Enter the number with its country code"),
        ({"reason": ""}, "Choose a reason."),
        ({"resources": ["moon"]}, "moon is not one of the available choices"),
    ],
)
def test_form_says_what_is_missing(desk: Client, entered: dict[str, str], said: str) -> None:
    response = desk.post(SET, {**ENTERED, **entered})

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Restriction.objects.exists()


def test_list_shows_what_is_in_force_and_what_was_lifted(desk: Client) -> None:
    first = restrict_person(keys=ANA, reason=Reason.CLAIM, by=Actor.system("x"), at=NOW)
    second = restrict_person(keys=BEN, reason=Reason.OBJECTION, by=Actor.system("x"), at=NOW)
    note_notice_sent(restriction=first, by=Actor.system("x"), at=NOW)
    lift(restriction=first, by=Actor.system("x"), at=NOW)

    in_force, lifted = desk.get(LIST).content.decode(), desk.get(f"{LIST}?show=lifted")
    assert page_of("restriction-detail", second) in in_force
    assert page_of("restriction-detail", first) not in in_force
    assert page_of("restriction-detail", first) in lifted.content.decode()
    assert page_of("restriction-detail", second) not in lifted.content.decode()
    assert "ben@example.com" not in in_force


def test_list_asks_no_more_the_longer_it_is(desk: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(LIST)
        return len(captured)

    restrict_person(keys=ANA, reason=Reason.CLAIM, by=Actor.system("x"), at=NOW)
    with_one = queries()
    for _ in range(2):
        restrict_person(keys=BEN, reason=Reason.CLAIM, by=Actor.system("x"), at=NOW)
    assert queries() == with_one


@pytest.mark.parametrize("entered", ["ANA@example.com", "+372 5123 4567", "ap-1", "::1"])
def test_person_is_found_by_any_identifier(desk: Client, entered: str) -> None:
    keys = SubjectKeys(ANA.emails, ("+37251234567",), ("AP-1",), ("::1",))
    restriction = restrict_person(keys=keys, reason=Reason.CLAIM, by=Actor.system("x"), at=NOW)

    found = desk.post(LIST, {"identifier": entered}).content.decode()
    assert page_of("restriction-detail", restriction) in found
    nobody = desk.post(LIST, {"identifier": "ben@example.com"}).content.decode()
    assert "No restriction in force names this person." in nobody
    assert page_of("restriction-detail", restriction) not in nobody


def test_search_for_nothing_shows_the_list(desk: Client, restriction: Restriction) -> None:
    found = desk.post(LIST, {"identifier": ""}).content.decode()
    assert page_of("restriction-detail", restriction) in found


def test_restriction_ends_after_the_notice(desk: Client, restriction: Restriction) -> None:
    early = desk.post(page_of("restriction-lift", restriction), follow=True).content.decode()
    assert "First tell the person that the restriction will be lifted." in early
    assert is_restricted(ANA)

    told = desk.post(page_of("restriction-notice", restriction), follow=True).content.decode()
    assert "The restriction can be lifted now." in told
    again = desk.post(page_of("restriction-notice", restriction), follow=True).content.decode()
    assert "Somebody has already moved this on." in again
    lifted = desk.post(page_of("restriction-lift", restriction), follow=True).content.decode()

    assert "The restriction is lifted." in lifted
    assert "I have told the person" not in lifted
    assert not is_restricted(ANA)


@pytest.mark.parametrize("name", ["restriction-notice", "restriction-lift"])
def test_steps_refuse_get(desk: Client, restriction: Restriction, name: str) -> None:
    assert desk.get(page_of(name, restriction)).status_code == 405


def test_restriction_that_is_not_there_is_not_found(desk: Client) -> None:
    url = reverse("retention:restriction-detail", args=[uuid4()])
    assert desk.get(url).status_code == 404


def test_source_that_failed_is_shown_and_tried_again(desk: Client, sources: Sources) -> None:
    restriction = restrict_person(keys=ANA, reason=Reason.CLAIM, by=Actor.system("x"), at=NOW)
    SourceMark.objects.update(
        status=Status.FAILED, error_code="url_missing", error_text="as it was", attempts=8
    )
    mark = SourceMark.objects.get()

    text = desk.get(page_of("restriction-detail", restriction)).content.decode()
    assert "Crm has no address. Set the environment variable SOURCE_CRM_URL." in text
    desk.post(page_of("mark-retry", restriction, mark.pk))

    assert SourceMark.objects.get().status == Status.QUEUED
    again = desk.post(page_of("mark-retry", restriction, mark.pk), follow=True).content.decode()
    assert "Somebody has already moved this on." in again


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"error_code": "internal"}, "It stopped with a fault of our own (internal)."),
        ({"error_code": "unavailable", "resource_id": "gone"}, "It was down."),
        ({"status": Status.DONE, "finished_at": NOW, "marked_rows": 3}, "3 records"),
    ],
)
def test_state_of_a_source_is_shown(
    desk: Client, sources: Sources, changes: dict[str, object], said: str
) -> None:
    restriction = restrict_person(keys=ANA, reason=Reason.CLAIM, by=Actor.system("x"), at=NOW)
    text = "It was down." if changes.get("error_code") == "unavailable" else ""
    SourceMark.objects.update(error_text=text, **changes)

    assert said in desk.get(page_of("restriction-detail", restriction)).content.decode()


def test_notice_for_the_page_of_a_case(restriction: Restriction) -> None:
    later = NOW + timedelta(days=1)
    restrict_person(keys=ANA, reason=Reason.CLAIM, by=Actor.system("x"), at=later)

    def notice(keys: SubjectKeys) -> str:
        rows = [shown(one, titles={}, people={"x": "Hanna"}) for one in restriction_of(keys)]
        context = {"restrictions": rows}
        return render_to_string("retention/_restricted_notice.html", context)

    assert notice(ANA).count("<li ") == 2
    assert page_of("restriction-detail", restriction) in notice(ANA)
    assert notice(BEN).strip() == ""
