"""The portal as a browser sees it: filing, the link, the status page, the download."""

import re
from datetime import timedelta
from unittest.mock import ANY

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from audit.domain.actor import Actor
from outbox.queries import messages_for
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import AccessLink, Case, IntakeDraft, Package
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decisions import decide
from requests_portal.services.drafts import remove_stale_drafts
from requests_portal.services.links import LINK_LIFETIME, issue_link
from requests_portal.services.packages import build_next
from tests.requests_portal.conftest import intake

ANSWERS = {
    "name": {"name": "Ana Kask"},
    "email": {"email": " Ana@Example.com "},
    "phone": {"phone": "+372 5123 4567"},
    "customer-number": {"customer_number": "ap-1"},
    "country": {"country": "EE"},
    "about": {"about": "my calls"},
}


@pytest.fixture(autouse=True)
def _no_brakes_from_other_tests(db: None) -> None:
    cache.clear()


@pytest.fixture
def case(company: str) -> Case:
    """Ana's case, received now, so that its links are still good."""
    now = timezone.now()
    return receive_case(intake=intake(received_at=now), by=Actor.person(), at=now)


def answer_all(client: Client, language: str = "en") -> None:
    for step, answer in ANSWERS.items():
        response = client.post(f"/{language}/request/access/{step}/", answer)
        assert response.status_code == 302


def link_in_last_mail(case: Case) -> str:
    message = messages_for(f"case:{case.id}:").order_by("-id")[0]
    found = re.search(rf"{re.escape(django_settings.PUBLIC_URL)}(\S+)", message.text)
    assert found
    return found[1]


def visit(client: Client, case: Case) -> None:
    client.post(link_in_last_mail(case))


@pytest.mark.parametrize("language", ["en", "pl", "et", "lv"])
def test_home_and_every_right_answer_in_each_language(client: Client, language: str) -> None:
    page = client.get(f"/{language}/")
    assert page.status_code == 200
    assert f'lang="{language}"' in page.content.decode()
    for right in Right:
        assert client.get(f"/{language}/rights/{right.value}/").status_code == 200


def test_home_goes_to_the_browsers_language(client: Client) -> None:
    response = client.get("/", headers={"accept-language": "lv,en;q=0.5"})
    assert response["Location"] == "/lv/"


def test_right_detail_unknown_right_is_404(client: Client) -> None:
    assert client.get("/en/rights/everything/").status_code == 404


def test_question_unknown_step_is_404(client: Client) -> None:
    assert client.get("/en/request/access/shoe-size/").status_code == 404


def test_filing_makes_a_case_and_a_mail_and_removes_the_draft(client: Client, db: None) -> None:
    answer_all(client, "pl")
    assert IntakeDraft.objects.count() == 1
    response = client.post("/pl/request/access/review/")
    assert response["Location"] == "/pl/request/access/received/"
    case = Case.objects.get()
    assert (case.name, case.email, case.phone, case.customer_number, case.about) == (
        "Ana Kask",
        "ana@example.com",
        "+37251234567",
        "AP-1",
        "my calls",
    )
    assert (case.language, case.entity_code, case.state) == ("pl", "EE", State.CONFIRMING)
    assert not IntakeDraft.objects.exists()
    assert messages_for(f"case:{case.id}:acknowledgement").count() == 1
    page = client.get("/pl/request/access/received/").content.decode()
    assert case.reference in page


def test_filing_twice_with_the_same_draft_makes_one_case(client: Client, db: None) -> None:
    answer_all(client)
    client.post("/en/request/access/review/")
    client.post("/en/request/access/review/")
    assert Case.objects.count() == 1


def test_review_without_all_answers_goes_to_the_first_missing(client: Client, db: None) -> None:
    client.post("/en/request/access/name/", ANSWERS["name"])
    response = client.get("/en/request/access/review/")
    assert response["Location"] == "/en/request/access/email/"


def test_changing_one_answer_comes_back_to_the_review(client: Client, db: None) -> None:
    answer_all(client)
    response = client.post("/en/request/access/name/", {"name": "Ana Kask-Tamm"})
    assert response["Location"] == "/en/request/access/review/"
    assert "Ana Kask-Tamm" in client.get("/en/request/access/review/").content.decode()


@pytest.mark.parametrize(
    ("step", "answer", "sentence"),
    [
        ("name", {"name": " "}, "Enter your name."),
        ("name", {"name": "Ana http://evil.example"}, "Enter your name."),
        ("email", {"email": "ana at example"}, "It should look like name@example.com."),
        ("email", {"email": ""}, "Enter your e-mail address."),
        ("phone", {"phone": "12"}, "Enter the number with its country code"),
        ("country", {"country": "XX"}, "Select a valid choice"),
    ],
)
def test_question_refuses_bad_answers_and_keeps_what_was_typed(
    client: Client, db: None, step: str, answer: dict[str, str], sentence: str
) -> None:
    response = client.post(f"/en/request/access/{step}/", answer)
    page = response.content.decode()
    assert response.status_code == 200
    assert sentence in page
    assert not IntakeDraft.objects.exists()


def test_optional_questions_may_stay_empty(client: Client, db: None) -> None:
    for step in ("phone", "customer-number", "about"):
        name = step.replace("-", "_")
        assert client.post(f"/en/request/access/{step}/", {name: ""}).status_code == 302


def test_filing_too_often_is_slowed_and_changes_nothing(client: Client, db: None) -> None:
    for _ in range(10):
        answer_all(client)
        client.post("/en/request/access/review/")
    answer_all(client)
    response = client.post("/en/request/access/review/")
    assert response.status_code == 429
    assert Case.objects.count() == 10
    assert IntakeDraft.objects.count() == 1


def test_stale_drafts_are_removed(client: Client, db: None) -> None:
    answer_all(client)
    assert remove_stale_drafts(at=timezone.now()) == 0
    assert remove_stale_drafts(at=timezone.now() + timedelta(days=1, minutes=1)) == 1


def test_link_get_changes_nothing(client: Client, case: Case) -> None:
    link = link_in_last_mail(case)
    for _ in range(3):
        assert client.get(link).status_code == 200
    assert not AccessLink.objects.filter(used_at__isnull=False).exists()
    case.refresh_from_db()
    assert case.confirmed_at is None
    assert client.get("/en/my/")["Location"] == "/en/link/new/"


def test_link_post_confirms_the_address_and_opens_the_status_page(
    client: Client, case: Case
) -> None:
    safe_on = case.safe_on
    response = client.post(link_in_last_mail(case))
    assert response["Location"] == "/en/my/"
    case.refresh_from_db()
    assert case.safe_on == safe_on
    assert case.confirmed_at is not None
    page = client.get("/en/my/").content.decode()
    assert case.reference in page


def test_link_works_once(client: Client, case: Case) -> None:
    link = link_in_last_mail(case)
    client.post(link)
    other = Client()
    assert other.post(link).status_code == 410
    assert other.get(link).status_code == 410
    assert other.get("/en/my/").status_code == 302


def test_link_expires(client: Client, case: Case) -> None:
    AccessLink.objects.update(created_at=timezone.now() - LINK_LIFETIME, expires_at=timezone.now())
    assert client.post(link_in_last_mail(case)).status_code == 410


def test_link_unknown_token_is_gone(client: Client, db: None) -> None:
    assert client.post("/en/link/guessed/").status_code == 410


def test_new_link_goes_to_the_known_address_only(client: Client, case: Case) -> None:
    before = messages_for(f"case:{case.id}:").count()
    right = client.post(
        "/en/link/new/", {"reference": case.reference.lower(), "email": "ANA@example.com"}
    )
    wrong = client.post(
        "/en/link/new/", {"reference": case.reference, "email": "other@example.com"}
    )
    assert (right.status_code, wrong.status_code) == (200, 200)
    assert right.content == ANY
    assert messages_for(f"case:{case.id}:").count() == before + 1
    assert messages_for(f"case:{case.id}:link").get().to == "ana@example.com"


def test_new_link_asked_too_often_is_slowed(client: Client, case: Case) -> None:
    answers = {"reference": case.reference, "email": "ana@example.com"}
    codes = [client.post("/en/link/new/", answers).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


def test_status_visit_ends_after_an_hour(client: Client, case: Case, settings: Settings) -> None:
    visit(client, case)
    session = client.session
    session["portal_case_until"] = timezone.now().timestamp() - 1
    session.save()
    assert client.get("/en/my/").status_code == 302


def test_leave_ends_the_visit(client: Client, case: Case) -> None:
    visit(client, case)
    client.post("/en/my/leave/")
    assert client.get("/en/my/").status_code == 302


def answer_case(case: Case, handler: User) -> None:
    start_collection(case=case, by=Actor.staff(handler.pk), at=timezone.now())
    assert collect_next(clock=timezone.now)
    case.refresh_from_db()
    decide(
        case=case,
        outcome=Outcome.GRANTED,
        message="",
        identity_checked=True,
        by=handler,
        at=timezone.now(),
    )
    assert build_next(clock=timezone.now)


def test_download_is_counted_and_closes_the_case(client: Client, case: Case, handler: User) -> None:
    answer_case(case, handler)
    visit(client, case)
    assert "Download my data" in client.get("/en/my/").content.decode()
    response = client.get("/en/my/package/")
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert content[:2] == b"PK"
    assert response["Content-Length"] == str(len(content))
    assert response["Content-Disposition"] == f'attachment; filename="{case.reference}.zip"'
    assert Package.objects.get().download_count == 1
    case.refresh_from_db()
    assert case.state == State.CLOSED
    letter = client.get("/en/my/letter/")
    assert b"".join(letter.streaming_content)[:5] == b"%PDF-"  # type: ignore[attr-defined]


def test_download_head_is_not_counted(client: Client, case: Case, handler: User) -> None:
    answer_case(case, handler)
    visit(client, case)
    client.head("/en/my/package/")
    assert Package.objects.get().download_count == 0


def test_download_needs_the_link(client: Client, case: Case, handler: User) -> None:
    answer_case(case, handler)
    assert client.get("/en/my/package/")["Location"] == "/en/link/new/"
    assert client.get("/en/my/letter/")["Location"] == "/en/link/new/"
    assert Package.objects.get().download_count == 0


def test_download_before_the_answer_is_404(client: Client, case: Case) -> None:
    visit(client, case)
    assert client.get("/en/my/package/").status_code == 404
    assert client.get("/en/my/letter/").status_code == 404


def test_download_of_another_persons_case_is_impossible(
    client: Client, case: Case, handler: User
) -> None:
    answer_case(case, handler)
    other = receive_case(
        intake=intake(email="other@example.com"), by=Actor.person(), at=timezone.now()
    )
    client.post(issue_link(case=other, at=timezone.now()).removeprefix(django_settings.PUBLIC_URL))
    assert client.get("/en/my/package/").status_code == 404


def test_status_after_the_package_expired_offers_a_way_on(
    client: Client, case: Case, handler: User
) -> None:
    answer_case(case, handler)
    visit(client, case)
    Package.objects.update(expires_at=timezone.now())
    page = client.get("/en/my/").content.decode()
    assert "Your answer has been removed" in page
    assert client.get("/en/my/package/").status_code == 404


def test_pages_are_never_stored_and_run_no_foreign_script(client: Client, case: Case) -> None:
    visit(client, case)
    response = client.get("/en/my/")
    assert "no-store" in response["Cache-Control"]
    assert "default-src 'self'" in response["Content-Security-Policy"].split("; ")
    assert "unsafe" not in response["Content-Security-Policy"]


def test_status_query_count_is_bounded(
    client: Client,
    case: Case,
    handler: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    answer_case(case, handler)
    visit(client, case)
    with django_assert_max_num_queries(16):  # for whom, messages, who was told, the ledger's head
        client.get("/en/my/")
