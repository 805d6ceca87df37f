"""The pages of the data map: each beside its denial."""

import shutil
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.domain.roles import Role
from accounts.models import User
from datamap.domain.loads import LoadState
from datamap.models import MapLoad
from datamap.queries import current_version
from tests.accounts.factories import make_user
from tests.datamap.test_confirming import MAP, load, widen

pytestmark = pytest.mark.django_db
OVERVIEW = reverse("datamap:map-overview")
CHECK = reverse("datamap:map-check")
LOADS = reverse("datamap:load-list")
CUSTOMERS = reverse("datamap:table-detail", args=["platform", "customers"])


def signed_in(*roles: Role) -> tuple[Client, User]:
    user = make_user(roles=[role.value for role in roles])
    client = Client()
    client.force_login(user)
    return client, user


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


@pytest.fixture
def proposed(tmp_path: Path) -> MapLoad:
    """A map in force, and one that would erase customers, proposed by an engineer."""
    load(MAP)
    directory = Path(shutil.copytree(MAP, tmp_path / "map"))
    widen(directory)
    return load(directory, make_user(roles=[Role.ENGINEER.value]))


def detail(one: MapLoad) -> str:
    return reverse("datamap:load-detail", args=[one.pk])


def decide(client: Client, one: MapLoad, step: str, **data: str) -> int:
    return client.post(reverse(f"datamap:load-{step}", args=[one.pk]), data).status_code


@pytest.mark.parametrize("address", [OVERVIEW, LOADS, CUSTOMERS])
def test_strangers_sign_in_and_security_officers_are_refused(address: str) -> None:
    load(MAP)
    assert Client().get(address).status_code == 302
    client, _ = signed_in(Role.SECURITY)
    page(client, address, status=403)
    client, _ = signed_in(Role.AUDITOR)
    page(client, address)


def test_without_a_map_the_pages_say_how_to_load_one() -> None:
    client, _ = signed_in(Role.DPO)
    for address in (OVERVIEW, LOADS):
        assert "manage.py datamap load" in page(client, address)
    page(client, CUSTOMERS, status=404)
    assert client.post(CHECK).status_code == 302


def test_the_map_is_shown_and_searched() -> None:
    load(MAP)
    client, _ = signed_in(Role.HANDLER)
    text = page(client, OVERVIEW)
    assert CUSTOMERS in text
    assert reverse("datamap:table-detail", args=["platform", "calls"]) in text
    assert CHECK not in text  # a handler looks, and asks no source
    found = page(client, f"{OVERVIEW}?q=billing_email")
    assert CUSTOMERS in found
    assert reverse("datamap:table-detail", args=["platform", "calls"]) not in found
    assert "No table or column is called that" in page(client, f"{OVERVIEW}?q=nowhere")


def test_a_table_shows_its_columns() -> None:
    load(MAP)
    client, _ = signed_in(Role.ENGINEER)
    text = page(client, CUSTOMERS)
    assert "billing_email" in text
    assert "Customer identity, invoices, payments" in text
    page(client, reverse("datamap:table-detail", args=["platform", "nowhere"]), status=404)


def test_the_check_names_sources_that_cannot_be_reached() -> None:
    load(MAP)
    client, _ = signed_in(Role.ENGINEER)
    response = client.post(CHECK)
    assert response.status_code == 200
    assert "SOURCE_PLATFORM_URL" in response.content.decode()
    client, _ = signed_in(Role.AUDITOR)
    assert client.post(CHECK).status_code == 403


def test_a_proposal_is_shown_with_what_it_widens(proposed: MapLoad) -> None:
    client, _ = signed_in(Role.DPO)
    assert detail(proposed) in page(client, OVERVIEW)
    assert detail(proposed) in page(client, LOADS)
    text = page(client, detail(proposed))
    assert "platform.customers.erasure" in text
    assert "may erase more" in text
    assert "on_request: keep, when_due: delete" in text


def test_the_officer_confirms_it(proposed: MapLoad) -> None:
    client, officer = signed_in(Role.DPO)
    seen = current_version().hash
    assert decide(client, proposed, "confirm", seen_against="0" * 64) == 302
    proposed.refresh_from_db()
    assert proposed.state == LoadState.PROPOSED
    assert decide(client, proposed, "confirm", seen_against=seen) == 302
    proposed.refresh_from_db()
    assert (proposed.state, proposed.decided_by) == (LoadState.CONFIRMED, officer)
    assert current_version() == proposed.version
    assert officer.name in page(client, detail(proposed))


def test_who_proposed_it_cannot_confirm_it_and_can_withdraw_it(proposed: MapLoad) -> None:
    assert proposed.loaded_by is not None
    User.objects.filter(pk=proposed.loaded_by.pk).update(roles=[Role.DPO.value])
    client = Client()
    client.force_login(User.objects.get(pk=proposed.loaded_by.pk))
    assert reverse("datamap:load-confirm", args=[proposed.pk]) not in page(client, detail(proposed))
    decide(client, proposed, "confirm", seen_against=current_version().hash)
    proposed.refresh_from_db()
    assert proposed.state == LoadState.PROPOSED
    assert decide(client, proposed, "reject", reason=" ") == 422
    assert decide(client, proposed, "reject", reason="A slip.") == 302
    proposed.refresh_from_db()
    assert (proposed.state, proposed.reason) == (LoadState.REJECTED, "A slip.")
    assert decide(client, proposed, "reject", reason="Again.") == 302
    assert "A slip." in page(client, detail(proposed))


def test_only_the_officer_decides(proposed: MapLoad) -> None:
    client, _ = signed_in(Role.ENGINEER)
    assert "officer confirms or rejects it" in page(client, detail(proposed))
    assert decide(client, proposed, "confirm", seen_against=current_version().hash) == 403
    assert decide(client, proposed, "reject", reason="No.") == 403
