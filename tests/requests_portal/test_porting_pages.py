"""Portability on pages: filed at the portal, followed on the status page, worked at the desk."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.domain.roles import Role
from accounts.models import User
from requests_portal.domain.lifecycle import State
from requests_portal.domain.porting import Target, Wish
from requests_portal.models import Case, PortingWish, Transfer
from requests_portal.services.handing_over import approve_transfer
from requests_portal.services.packages import build_next, count_download
from requests_portal.services.transfers import push_next
from tests.accounts.factories import make_user
from tests.requests_portal.receiver import Receiver
from tests.requests_portal.test_collecting_by_code import BY_CODE, visiting
from tests.requests_portal.test_porting_package import LATER, decided, searched
from tests.requests_portal.test_transfer import dpo, partner, waiting  # noqa: F401 (fixtures)

WHO = {
    "name": {"name": "Ana Kask"},
    "email": {"email": "ana@example.com"},
    "phone": {"phone": ""},
    "customer-number": {"customer_number": ""},
    "country": {"country": "EE"},
    "about": {"about": ""},
}
STEPS = ["wish-note", "transfer-approve", "transfer-retry", "code-release", "package-return"]


def url(name: str, case: Case) -> str:
    return reverse(f"desk:{name}", args=[case.reference])


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def answer(client: Client, step: str, answers: dict[str, str]) -> str:
    """Answer one question; where the next one stands."""
    response = client.post(f"/en/request/portability/{step}/", answers)
    assert response.status_code == 302
    return str(response["Location"]).removeprefix("/en/request/portability/")


def begun(client: Client) -> Client:
    for step, answers in WHO.items():
        following = answer(client, step, answers)
    assert following == "where/"
    return client


def filed(client: Client) -> PortingWish:
    client.post("/en/request/portability/review/")
    return PortingWish.objects.get()


# --- the portal --------------------------------------------------------------------------------
def test_to_the_person_asks_nothing_more(client: Client, db: None) -> None:
    begun(client)
    assert answer(client, "where", {"target": "me"}) == "review/"
    wish = filed(client)
    assert (wish.target, wish.company, wish.url) == ("me", None, None)
    assert wish.case.right == "portability"


def test_to_a_company_asks_its_name_and_address(client: Client, db: None) -> None:
    begun(client)
    assert answer(client, "where", {"target": "url"}) == "company/"
    assert client.get("/en/request/portability/review/")["Location"].endswith("/company/")
    assert answer(client, "company", {"company": "Nordic"}) == "address/"
    address = "https://in.example.com/x?k=1"
    assert answer(client, "address", {"company_url": address}) == "review/"
    page = client.get("/en/request/portability/review/").content.decode()
    assert "Nordic" in page
    assert address in page
    wish = filed(client)
    assert (wish.target, wish.company, wish.url) == ("url", "Nordic", address)


def test_by_code_asks_the_name_alone(client: Client, db: None) -> None:
    begun(client)
    assert answer(client, "where", {"target": "code"}) == "company/"
    assert answer(client, "company", {"company": "Nordic"}) == "review/"
    assert client.get("/en/request/portability/address/").status_code == 404
    wish = filed(client)
    assert (wish.target, wish.company, wish.url) == ("code", "Nordic", None)


def test_who_changes_their_mind_leaves_nothing_behind(client: Client, db: None) -> None:
    begun(client)
    answer(client, "where", {"target": "url"})
    answer(client, "company", {"company": "Nordic"})
    answer(client, "address", {"company_url": "https://in.example.com/"})
    assert answer(client, "where", {"target": "me"}) == "review/"
    wish = filed(client)
    assert (wish.target, wish.company, wish.url) == ("me", None, None)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("http://in.example.com/", "The address must begin with https://"),
        ("https://10.0.0.1/", "Enter a full name such as example.com"),
        ("https://localhost/", "Enter a full name such as example.com"),
        ("https://u:p@in.example.com/", "Leave out the user name and password"),
        ("https://in.example.com:8443/", "Leave out the number after the colon"),
        ("https://in..example/", "It should look like https://example.com/upload"),
        ("", "Enter the address."),
    ],
)
def test_an_unusable_address_is_refused_with_a_sentence(
    client: Client, db: None, typed: str, sentence: str
) -> None:
    begun(client)
    answer(client, "where", {"target": "url"})
    answer(client, "company", {"company": "Nordic"})
    response = client.post("/en/request/portability/address/", {"company_url": typed})
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert client.get("/en/request/portability/review/")["Location"].endswith("/address/")


def test_the_right_can_be_begun_at_the_portal(client: Client, db: None) -> None:
    page = client.get("/en/rights/portability/").content.decode()
    assert "We ask 8 short questions." in page


# --- the status page ---------------------------------------------------------------------------
def test_the_person_reads_what_comes_next_and_then_when_and_to_whom(
    waiting: Case,  # noqa: F811
    dpo: User,  # noqa: F811
) -> None:
    person = visiting(waiting)
    page = person.get("/en/my/").content.decode()
    assert "Nothing has been handed over yet." in page
    assert "Your data is sent to the company you named" in page
    assert "Download my data" not in page
    approve_transfer(case=waiting, by=dpo, at=LATER)
    assert push_next(clock=timezone.now)
    page = person.get("/en/my/").content.decode()
    assert "We sent your data to <strong>Nordic Telecom</strong> on" in page
    assert "Your data was sent to the company you named" in page
    assert "Download my data" in page
    assert "s3cret" not in page


def test_the_story_of_a_copy_for_oneself(company: str, handler: User) -> None:
    case = decided(searched(), handler)
    case.package.expires_at = timezone.now() + timedelta(days=1)
    case.package.save()
    page = visiting(case).get("/en/my/").content.decode()
    assert "Your answer is ready" in page
    assert "To me: I download it" in page
    count_download(package=case.package, at=timezone.now())
    page = visiting(case).get("/en/my/").content.decode()
    assert "You downloaded your answer" in page


# --- the desk ----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", STEPS)
def test_strangers_and_readers_change_nothing(
    client: Client,
    waiting: Case,  # noqa: F811
    auditor: User,
    name: str,
) -> None:
    assert client.post(url(name, waiting))["Location"].startswith(reverse("account_login"))
    assert client_of(auditor).post(url(name, waiting)).status_code == 403
    assert client_of(make_user(Role.ENGINEER)).post(url(name, waiting)).status_code == 403
    waiting.refresh_from_db()
    assert waiting.state == State.FULFILLING
    assert not Transfer.objects.exists()


def test_steps_refuse_get(waiting: Case, dpo: User) -> None:  # noqa: F811
    desk = client_of(dpo)
    assert [desk.get(url(name, waiting)).status_code for name in STEPS] == [405] * 5


def test_a_handler_sees_that_the_officer_has_to_approve(
    waiting: Case,  # noqa: F811
    handler: User,
    dpo: User,  # noqa: F811
) -> None:
    desk = client_of(handler)
    page = desk.get(url("case-detail", waiting)).content.decode()
    assert "Waits for the data protection officer." in page
    assert "Approve and send" not in page
    assert "localhost" in page
    assert "s3cret" not in page
    assert desk.post(url("transfer-approve", waiting)).status_code == 403
    assert not Transfer.objects.exists()
    page = client_of(dpo).get(url("case-detail", waiting)).content.decode()
    assert "Approve and send" in page
    assert "every 2s" not in page  # it waits for a person, not for a worker


def test_the_officer_approves_and_everybody_sees_how_far_it_is(
    waiting: Case,  # noqa: F811
    dpo: User,  # noqa: F811
    partner: Receiver,  # noqa: F811
) -> None:
    partner.answers = [403, 200]
    desk = client_of(dpo)
    assert desk.post(url("transfer-approve", waiting))["Location"] == url("case-detail", waiting)
    page = desk.get(url("case-detail", waiting)).content.decode()
    assert "The package is being sent." in page
    assert "every 2s" in page
    assert push_next(clock=timezone.now)
    page = desk.get(url("case-detail", waiting)).content.decode()
    assert "It could not be handed over (attempt 1)." in page
    assert "The company’s server refused the package." in page
    assert "Its answer was 403." in page
    assert "Send again" in page
    assert "s3cret" not in page
    desk.post(url("transfer-retry", waiting))
    assert push_next(clock=timezone.now)
    page = desk.get(url("case-detail", waiting)).content.decode()
    assert "the company’s server answered 200" in page
    assert "Dora" in page
    desk.post(url("transfer-retry", waiting))  # too late: said so, nothing changed
    assert len(partner.taken) == 2


def test_a_try_that_will_be_repeated_says_when(
    waiting: Case,  # noqa: F811
    dpo: User,  # noqa: F811
    partner: Receiver,  # noqa: F811
) -> None:
    partner.answers = [503]
    approve_transfer(case=waiting, by=dpo, at=LATER)
    push_next(clock=timezone.now)
    page = client_of(dpo).get(url("case-detail", waiting)).content.decode()
    assert "said that it cannot take it now" in page
    assert "The next try begins at" in page
    assert "Send again" not in page


def test_a_handler_releases_the_collection(company: str, handler: User) -> None:
    case = decided(searched(porting=BY_CODE), handler)
    desk = client_of(handler)
    assert "Release for collection" in desk.get(url("case-detail", case)).content.decode()
    desk.post(url("code-release", case))
    case.refresh_from_db()
    assert case.state == State.ANSWERED
    page = desk.get(url("case-detail", case)).content.decode()
    assert "Release for collection" not in page
    assert "not yet" in page


def test_a_handler_gives_it_to_the_person_only_with_a_reason(company: str, handler: User) -> None:
    case = decided(searched(porting=BY_CODE), handler)
    desk = client_of(handler)
    refused = desk.post(url("package-return", case), {"reason": " "})
    assert refused.status_code == 422
    assert "Say why." in refused.content.decode()
    case.refresh_from_db()
    assert case.state == State.FULFILLING
    desk.post(url("package-return", case), {"reason": "They do not exist any more."})
    case.refresh_from_db()
    assert case.state == State.ANSWERED
    assert "Given to the person" in desk.get(url("case-detail", case)).content.decode()
    page = visiting(case).get("/en/my/").content.decode()
    assert "We could not hand it to the company directly." in page


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"target": "url", "company": "", "url": "https://a.example"}, "Enter the name of the"),
        ({"target": "url", "company": "South", "url": ""}, "Enter the address."),
        ({"target": "url", "company": "South", "url": "http://a.example"}, "begin with https://"),
        ({"company": "South"}, "Choose where the data goes."),
    ],
)
def test_a_wish_that_lacks_something_is_refused(
    company: str, handler: User, given: dict[str, str], sentence: str
) -> None:
    case = searched(porting=BY_CODE)
    response = client_of(handler).post(url("wish-note", case), given)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert PortingWish.objects.get(case=case).target == Target.CODE


def test_a_wish_that_came_by_letter_is_noted(company: str, handler: User) -> None:
    case = searched()
    given = {"target": "url", "company": "South", "url": "https://a.example/x?k=s3cret"}
    desk = client_of(handler)
    desk.post(url("wish-note", case), given)
    wish = PortingWish.objects.get(case=case)
    assert (wish.target, wish.company, wish.url) == ("url", "South", given["url"])
    page = desk.get(url("case-detail", case)).content.decode()
    assert "a.example" in page
    assert "s3cret" not in page


def test_the_decision_counts_what_goes(company: str, handler: User) -> None:
    case = searched(porting=Wish())
    desk = client_of(handler)
    page = desk.get(url("case-detail", case)).content.decode()
    assert "2 records can be taken elsewhere, of 4 found" in page
    assert "Granted: what the person provided on consent or contract is handed over" in page
    given = {"outcome": "granted", "message": "", "identity_checked": "on"}
    assert desk.post(url("case-decide", case), given).status_code == 302
    assert build_next(clock=timezone.now)
    page = desk.get(url("case-detail", case)).content.decode()
    assert "Letter as sent (PDF)" in page
    assert desk.get(url("answer-letter", case))["Content-Type"] == "application/pdf"
