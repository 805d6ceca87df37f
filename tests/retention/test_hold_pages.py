"""The staff pages of legal holds: each beside its denial."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from datamap.domain.vocabulary import Category
from retention.domain.holding import HoldState
from retention.models import LegalHold
from retention.services.holds import HoldScope, place_hold, propose_release
from tests.accounts.factories import make_user
from tests.retention.conftest import ANA, NOW, Sources
from tests.retention.test_holds import ORDER

pytestmark = pytest.mark.django_db
LIST, NEW = reverse("holds:hold-list"), reverse("holds:hold-new")
STEPS = ("hold-review", "hold-propose", "hold-release")


def entered(**changes: object) -> dict[str, object]:
    review_on = (timezone.localdate() + timedelta(days=90)).isoformat()
    return {
        "email": " Ana@Example.com ",
        "kind": "court",
        "authority": "Harju County Court",
        "reference": "2-26-1",
        "reason": "A claim",
        "review_on": review_on,
        "step": "place",
        **changes,
    }


def page_of(name: str, hold: LegalHold) -> str:
    return reverse(f"holds:{name}", args=[hold.pk])


def client_of(*roles: Role) -> tuple[Client, User]:
    user = make_user(*roles, name="Hanna Lepp")
    client = Client()
    client.force_login(user)
    return client, user


@pytest.fixture
def dpo() -> Client:
    return client_of(Role.DPO)[0]


@pytest.fixture
def hold() -> LegalHold:
    scope = HoldScope(keys=ANA, categories=[Category.TRAFFIC])
    return place_hold(scope=scope, order=ORDER, by=Actor.staff(999), at=NOW)


def test_strangers_are_sent_to_the_sign_in(client: Client, hold: LegalHold) -> None:
    for url in (LIST, NEW, page_of("hold-detail", hold)):
        response = client.get(url)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))


def test_engineer_sees_no_holds(hold: LegalHold) -> None:
    client, _ = client_of(Role.ENGINEER)
    for url in (LIST, NEW, page_of("hold-detail", hold)):
        assert client.get(url).status_code == 403
    assert LIST.encode() not in client.get(reverse("accounts:profile")).content


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HANDLER, Role.SECURITY])
def test_others_read_and_place_nothing(hold: LegalHold, role: Role) -> None:
    client, user = client_of(role)
    detail = client.get(page_of("hold-detail", hold))

    assert client.get(LIST).status_code == detail.status_code == 200
    assert NEW.encode() not in client.get(LIST).content
    assert b"ana@example.com" in detail.content
    assert b"<form" not in detail.content.split(b"<main")[1]
    assert client.post(NEW, entered()).status_code == 403
    for name in ("hold-review", "hold-propose"):
        assert client.post(page_of(name, hold), entered()).status_code == 403
    assert LegalHold.objects.get().state == HoldState.IN_FORCE.value
    viewed = events_of("hold", str(hold.pk)).get(verb="hold.viewed")
    assert viewed.actor_ref == str(user.pk)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HANDLER])
def test_release_is_refused_to_readers(hold: LegalHold, role: Role) -> None:
    propose_release(hold=hold, reason="settled", by=Actor.staff(999), at=NOW)

    assert client_of(role)[0].post(page_of("hold-release", hold)).status_code == 403
    hold.refresh_from_db()
    assert hold.state == HoldState.PROPOSED.value


def test_list_shows_what_is_due_for_review_first(dpo: Client, hold: LegalHold) -> None:
    LegalHold.objects.update(review_on=timezone.localdate())
    rows = dpo.get(LIST).context["rows"]

    assert [(row.hold.pk, row.is_due) for row in rows] == [(hold.pk, True)]
    assert dpo.get(LIST, {"show": "released"}).context["rows"] == []


def test_preview_counts_and_places_nothing(sources: Sources, dpo: Client) -> None:
    response = dpo.post(NEW, entered(step="preview"))

    found = response.context["tables"]
    assert [(resource, rows) for resource, _table, rows in found] == [("Crm", 1), ("Crm", 2)]
    assert not LegalHold.objects.exists()


def test_preview_of_everybodys_data_names_the_tables(sources: Sources, dpo: Client) -> None:
    response = dpo.post(NEW, entered(email="", resources=["phone"], step="preview"))

    assert [row[2] for row in response.context["tables"]] == [None]


def test_placing(sources: Sources) -> None:
    client, user = client_of(Role.DPO)
    response = client.post(NEW, entered(categories=["uploaded"], anchored_from="2020-01-01"))

    hold = LegalHold.objects.get()
    assert response["Location"] == page_of("hold-detail", hold)
    assert (hold.keys, hold.categories) == (ANA, ["uploaded"])
    assert (hold.authority, hold.placed_by) == ("Harju County Court", f"staff:{user.pk}")
    assert b"Harju County Court" in client.get(response["Location"]).content


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "nobody"}, "email"),
        ({"authority": ""}, "authority"),
        ({"kind": ""}, "kind"),
        ({"reason": ""}, "reason"),
        ({"review_on": "2020-01-01"}, "review_on"),
        ({"anchored_from": "2020-01-02", "anchored_until": "2020-01-01"}, "anchored_until"),
        ({"resources": ["nowhere"]}, "resources"),
    ],
)
def test_what_cannot_be_placed_is_said(
    sources: Sources, dpo: Client, changes: dict[str, object], field: str
) -> None:
    response = dpo.post(NEW, entered(**changes))

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not LegalHold.objects.exists()


@pytest.mark.parametrize("second", [Role.DPO, Role.SECURITY])
def test_two_people_release(hold: LegalHold, second: Role) -> None:
    first, _ = client_of(Role.DPO)
    first.post(page_of("hold-propose", hold), {"reason": "settled"})
    hold.refresh_from_db()
    assert hold.state == HoldState.PROPOSED.value

    assert (
        page_of("hold-release", hold).encode()
        not in first.get(page_of("hold-detail", hold)).content
    )
    response = first.post(page_of("hold-release", hold), follow=True)
    assert b"Somebody else has to release it" in response.content
    other, _ = client_of(second)
    assert page_of("hold-release", hold).encode() in other.get(page_of("hold-detail", hold)).content
    other.post(page_of("hold-release", hold))

    hold.refresh_from_db()
    assert hold.state == HoldState.RELEASED.value
    response = other.post(page_of("hold-release", hold), follow=True)
    assert b"already moved this on" in response.content


def test_proposal_and_review_need_their_words(dpo: Client, hold: LegalHold) -> None:
    assert dpo.post(page_of("hold-propose", hold), {}).status_code == 422
    assert dpo.post(page_of("hold-review", hold), {"review_on": "2020-01-01"}).status_code == 422
    day = timezone.localdate() + timedelta(days=30)
    dpo.post(page_of("hold-review", hold), {"review_on": day.isoformat()})

    hold.refresh_from_db()
    assert (hold.review_on, hold.state) == (day, HoldState.IN_FORCE.value)


def test_unknown_hold_is_not_found(dpo: Client) -> None:
    for name in ("hold-detail",):
        assert dpo.get(reverse(f"holds:{name}", args=[uuid4()])).status_code == 404
    for name in STEPS:
        body = {"reason": "x", "review_on": "2099-01-01"}
        assert dpo.post(reverse(f"holds:{name}", args=[uuid4()]), body).status_code == 404
