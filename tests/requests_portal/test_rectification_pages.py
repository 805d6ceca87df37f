"""Correcting at the desk: each page beside its denial."""

import hashlib
import html
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.domain.roles import Role
from accounts.models import User
from audit.queries import events_of
from datamap.domain.schema import Column
from lib.units import Status
from requests_portal.domain.field_values import FieldKind
from requests_portal.domain.rights import Right
from requests_portal.models import Case, CollectedTable, Correction
from requests_portal.services.collection import delete_collected
from requests_portal.services.corrections import CorrectableField, order_corrections
from requests_portal.services.rectification import correct_next
from requests_portal.views.desk.correction_form import CorrectionForm
from tests.requests_portal.conftest import rows_of, run_sql
from tests.requests_portal.test_rectification import LATER, found, proposed, work, wrong

__all__ = ["wrong"]


def list_url(case: Case) -> str:
    return reverse("desk:correction-list", args=[case.reference])


def row_url(case: Case, table: CollectedTable, number: int = 1) -> str:
    return reverse("desk:correction-row", args=[case.reference, table.pk, number])


def apply_url(case: Case) -> str:
    return reverse("desk:correction-apply", args=[case.reference])


def step_url(correction: Correction, step: str) -> str:
    return reverse("desk:correction-step", args=[correction.case.reference, correction.pk, step])


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def desk(handler: User) -> Client:
    return client_of(handler)


def form_of(desk: Client, url: str) -> dict[str, str]:
    """Return what the form of a row would send, unchanged."""
    response = desk.get(url)
    assert response.status_code == 200
    form = response.context["form"]
    return {"row": response.context["token"]} | {field.html_name: field.initial for field in form}


def text_of(desk: Client, url: str) -> str:
    return html.unescape(desk.get(url).content.decode())


def all_urls(case: Case, correction: Correction) -> list[str]:
    return [
        list_url(case),
        reverse("desk:correction-progress", args=[case.reference]),
        row_url(case, found(case, "clients")),
        apply_url(case),
        step_url(correction, "withdraw"),
    ]


def test_strangers_are_sent_to_the_sign_in(client: Client, wrong: Case, handler: User) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    for url in all_urls(wrong, correction):
        for response in (client.get(url), client.post(url)):
            assert response.status_code == 302
            assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SECURITY, Role.ENGINEER])
def test_only_handlers_and_the_dpo_correct(wrong: Case, handler: User, role: Role) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    user = User.objects.create_user(email="x@example.org", name="X", roles=[role])
    for url in all_urls(wrong, correction):
        assert client_of(user).get(url).status_code == 403
        assert client_of(user).post(url).status_code == 403
    assert Correction.objects.get().is_proposal


def test_record_is_chosen_changed_looked_at_and_corrected(
    desk: Client, wrong: Case, company: str
) -> None:
    clients = found(wrong, "clients")
    rows = text_of(desk, reverse("desk:table-rows", args=[wrong.reference, clients.pk]))
    url = row_url(wrong, clients)
    assert f'href="{url}"' in rows
    page = text_of(desk, url)
    assert 'value="Ana Kask"' in page
    assert "Company register" not in page
    sent = form_of(desk, url)
    assert set(sent) == {"row", *(f"field-{one}" for one in ("number", "name", "email", "phone"))}

    response = desk.post(url, {**sent, "field-name": "Ana <Käsk>"}, follow=True)

    assert response.redirect_chain == [(list_url(wrong), 302)]
    shown = response.content.decode()
    assert "1 value is proposed." in shown
    assert "Ana Kask" in shown
    assert "Ana &lt;Käsk&gt;" in shown
    assert "Apply 1 correction" in html.unescape(shown)
    correction = Correction.objects.get()
    assert (correction.column, correction.new_value) == ("name", "Ana <Käsk>")
    assert rows_of(company, "SELECT name FROM clients WHERE id = 1") == [("Ana Kask",)]

    applied = desk.post(apply_url(wrong), {"correction": [correction.pk]}, follow=True)
    assert "being applied" in applied.content.decode()
    assert "hx-get" in applied.content.decode()
    assert correct_next(clock=timezone.now)
    assert rows_of(company, "SELECT name FROM clients WHERE id = 1") == [("Ana <Käsk>",)]
    done = text_of(desk, list_url(wrong))
    assert "corrected" in done
    assert "Cloud Ltd" in done  # who has the data too, Art. 19
    assert "hx-get" not in done


def test_page_asks_until_the_work_is_done(desk: Client, wrong: Case, handler: User) -> None:
    url = reverse("desk:correction-progress", args=[wrong.reference])
    correction = proposed(wrong, "clients", handler, name="B")
    order_corrections(case=wrong, chosen=[correction.pk], by=handler, at=LATER)

    assert desk.get(url).status_code == 200
    work()
    assert desk.get(url).status_code == 286


def test_form_that_changes_nothing_says_so(desk: Client, wrong: Case) -> None:
    url = row_url(wrong, found(wrong, "notes"))
    response = desk.post(url, form_of(desk, url))

    assert response.status_code == 422
    assert "Change at least one value." in response.content.decode()
    assert not wrong.corrections.exists()


def say_type(case: Case, kind: str) -> None:
    """Have the case's map say that the text of a note is of another type."""
    version = case.collection_units.get().map_version
    tables = version.document["resources"][0]["tables"]
    notes = next(one for one in tables if one["name"] == "notes")
    next(one for one in notes["columns"] if one["name"] == "body")["type"] = kind
    version.hash = hashlib.sha256(kind.encode()).hexdigest()
    version.save()


@pytest.mark.parametrize(
    ("kind", "attributes", "said"),
    [
        ("integer", 'inputmode="numeric"', "Enter a whole number."),
        ("decimal", 'inputmode="decimal"', "Enter a number, such as 12.50."),
        ("boolean", "<select", "Choose yes or no."),
        ("date", 'autocomplete="off"', "Enter a day, such as 2026-03-05."),
        ("datetime", 'autocomplete="off"', "Enter day and time, such as 2026-03-05T10:00:00."),
        ("uuid", 'autocomplete="off"', "Enter an identifier such as f47ac10b-"),
        ("json", "<textarea", "Enter valid JSON."),
    ],
)
def test_value_is_entered_and_checked_by_the_type_the_map_says(
    desk: Client, wrong: Case, kind: str, attributes: str, said: str
) -> None:
    say_type(wrong, kind)
    url = row_url(wrong, found(wrong, "notes"))
    sent = form_of(desk, url)
    assert attributes in str(desk.get(url).context["form"]["body"])

    response = desk.post(url, {**sent, "field-body": "{nonsense"})

    assert response.status_code == 422
    assert response.context["form"].errors["body"][0].startswith(said)


@pytest.mark.parametrize(
    ("present", "widget"),
    [("2020-02-29", 'type="date"'), (None, 'type="date"'), ("infinity", 'type="text"')],
)
def test_day_is_chosen_in_a_calendar_where_a_browser_can_show_it(
    present: str | None, widget: str
) -> None:
    column = Column.model_validate({"name": "on", "class": "personal", "type": "date"})
    field = CorrectableField(
        name="on", column=column, kind=FieldKind.DATE, present=present, zone=ZoneInfo("UTC")
    )
    assert widget in str(CorrectionForm(correctable=[field])["on"])


def test_character_that_no_database_stores_is_refused(desk: Client, wrong: Case) -> None:
    url = row_url(wrong, found(wrong, "clients"))
    response = desk.post(url, {**form_of(desk, url), "field-name": "a\x00b"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["name"]


def test_row_of_a_search_that_was_done_anew_is_chosen_again(desk: Client, wrong: Case) -> None:
    url = row_url(wrong, found(wrong, "clients"))
    sent = {**form_of(desk, url), "field-name": "B", "row": "00"}
    response = desk.post(url, sent, follow=True)

    assert "The data was searched anew meanwhile." in response.content.decode()
    assert not wrong.corrections.exists()


def test_record_without_a_field_to_correct_says_so(
    desk: Client, wrong: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = found(wrong, "clients")
    CollectedTable.objects.filter(pk=clients.pk).update(is_ours=False)

    assert "Nothing in this record can be corrected here" in text_of(desk, row_url(wrong, clients))
    assert desk.post(row_url(wrong, clients), {"row": ""}).status_code == 422


def test_rows_that_are_not_there_are_not_found(desk: Client, wrong: Case) -> None:
    clients = found(wrong, "clients")
    for number in (0, 2, 99):
        assert desk.get(row_url(wrong, clients, number)).status_code == 404
    nowhere = reverse("desk:correction-row", args=[wrong.reference, clients.pk + 999, 1])
    assert desk.get(nowhere).status_code == 404
    delete_collected(wrong)
    assert desk.get(row_url(wrong, clients)).status_code == 404


def test_case_that_asks_for_something_else_is_not_corrected(desk: Client, wrong: Case) -> None:
    Case.objects.filter(pk=wrong.pk).update(right=Right.ACCESS)
    clients = found(wrong, "clients")
    rows = text_of(desk, reverse("desk:table-rows", args=[wrong.reference, clients.pk]))

    assert row_url(wrong, clients) not in rows
    assert desk.get(row_url(wrong, clients)).status_code == 404
    refused = desk.post(apply_url(wrong), follow=True).content.decode()
    assert "Somebody has already moved this on." in refused


def test_every_look_is_on_record(desk: Client, wrong: Case, handler: User) -> None:
    desk.get(row_url(wrong, found(wrong, "clients")))
    desk.get(list_url(wrong))

    looks = events_of("case", str(wrong.pk)).filter(verb="data.viewed")
    assert [(event.actor_ref, event.data) for event in looks] == [
        (str(handler.pk), {"table": "clients", "row": 1}),
        (str(handler.pk), {"corrections": 0}),
    ]


def test_empty_list_leads_back_to_the_case(desk: Client, wrong: Case) -> None:
    page = text_of(desk, list_url(wrong))
    assert "Nothing is proposed yet" in page
    assert reverse("desk:case-detail", args=[wrong.reference]) in page


def test_proposal_is_withdrawn(desk: Client, wrong: Case, handler: User) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    page = desk.post(step_url(correction, "withdraw"), follow=True).content.decode()

    assert "The correction is withdrawn." in page
    assert not wrong.corrections.exists()
    assert desk.post(step_url(correction, "withdraw")).status_code == 404


def test_steps_of_another_name_or_by_get_are_refused(
    desk: Client, wrong: Case, handler: User
) -> None:
    correction = proposed(wrong, "clients", handler, name="B")

    assert desk.post(step_url(correction, "explode")).status_code == 404
    assert desk.get(step_url(correction, "withdraw")).status_code == 405
    assert desk.get(apply_url(wrong)).status_code == 405


def test_field_that_is_being_corrected_is_not_proposed(
    desk: Client, wrong: Case, handler: User
) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    order_corrections(case=wrong, chosen=[correction.pk], by=handler, at=LATER)
    url = row_url(wrong, found(wrong, "clients"))

    response = desk.post(url, {**form_of(desk, url), "field-name": "C"}, follow=True)
    assert "being corrected already" in response.content.decode()
    assert wrong.corrections.count() == 1


def test_case_that_was_closed_meanwhile_takes_no_proposal(
    desk: Client, wrong: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = row_url(wrong, found(wrong, "clients"))
    sent = {**form_of(desk, url), "field-name": "C"}
    # Between the page's own look and the service's, as when a colleague is quicker.
    monkeypatch.setattr("requests_portal.views.desk.rectification.may_correct", lambda _: True)
    Case.objects.filter(pk=wrong.pk).update(right=Right.ACCESS)

    response = desk.post(url, sent, follow=True)
    assert "Somebody has already moved this on." in response.content.decode()


def test_conflict_shows_what_stands_there_and_is_proposed_again(
    desk: Client, wrong: Case, handler: User, company: str
) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    order_corrections(case=wrong, chosen=[correction.pk], by=handler, at=LATER)
    run_sql(company, "UPDATE clients SET name = 'Quicker' WHERE id = 1")
    work()

    page = text_of(desk, list_url(wrong))
    assert "conflict, nothing was changed" in page
    assert "Now there stands: Quicker" in page
    assert "Article 19" not in page
    desk.post(step_url(correction, "again"))
    assert Correction.objects.get(ordered_at=None).old_value == "Quicker"


def test_record_that_is_gone_is_told(
    desk: Client, wrong: Case, handler: User, company: str
) -> None:
    correction = proposed(wrong, "notes", handler, body="B")
    order_corrections(case=wrong, chosen=[correction.pk], by=handler, at=LATER)
    run_sql(company, "DELETE FROM notes WHERE id = 1")
    work()

    page = text_of(desk, list_url(wrong))
    assert "This person’s record is not there any more." in page
    assert step_url(correction, "again") not in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"error_code": "constraint", "status": Status.QUEUED}, "failed, will be tried again"),
        ({"error_code": "constraint"}, "Company register refuses the change of clients"),
        ({"error_code": "url_missing"}, "SOURCE_COMPANY_URL"),
        ({"error_code": "not_correctable_value"}, "The value does not fit the type"),
        ({"error_code": "not_correctable_key"}, "This field cannot be corrected here"),
        ({"error_code": "internal"}, "It stopped with a fault of our own."),
    ],
)
def test_failure_says_what_to_do_and_is_tried_again(
    desk: Client, wrong: Case, handler: User, changes: dict[str, object], said: str
) -> None:
    correction = proposed(wrong, "clients", handler, name="B")
    order_corrections(case=wrong, chosen=[correction.pk], by=handler, at=LATER)
    Correction.objects.update(**{"status": Status.FAILED, **changes})

    assert said in text_of(desk, list_url(wrong))
    if changes.get("status") is None:
        desk.post(step_url(correction, "retry"))
        assert Correction.objects.get().status == Status.QUEUED
    again = desk.post(step_url(correction, "retry"), follow=True).content.decode()
    assert "Somebody has already moved this on." in again


def test_list_asks_no_more_the_longer_it_is(desk: Client, wrong: Case, handler: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(list_url(wrong))
        return len(captured)

    proposed(wrong, "clients", handler, name="B")
    with_one = queries()
    proposed(wrong, "clients", handler, phone="1", number="2")
    assert queries() == with_one
