"""The pages of tasks: each beside its denial."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from datamap.connectors import AwaitingPerson, Connector, connector_for
from datamap.domain.erasing import Permit, Scope, Treatment
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource
from datamap.domain.vocabulary import Erasing
from datamap.models import ManualTask
from datamap.services.manual_closing import forget_answers, withdraw
from tests.accounts.factories import make_user
from tests.datamap import archive
from tests.datamap.archive import AT, CONTRACTS, VISITS, only_task
from tests.datamap.cabinet import answer

pytestmark = pytest.mark.django_db
LIST = reverse("tasks:task-list")
KEYS = SubjectKeys(emails=("ana@example.com",), customer_numbers=("AP-1",))
REFERENCE = "test:1"


@pytest.fixture
def resource(db: None, tmp_path: Path) -> Resource:
    return archive.load(tmp_path)


@pytest.fixture
def owner(db: None) -> User:
    return archive.make_owner(roles=[Role.ENGINEER.value])


@pytest.fixture
def connector(resource: Resource) -> Connector:
    return connector_for(resource, reference=REFERENCE)


@pytest.fixture
def task(resource: Resource, owner: User, connector: Connector) -> ManualTask:
    """A search for Ana, the owner's to do."""
    with pytest.raises(AwaitingPerson):
        connector.count(resource.table("contracts"), KEYS)
    return only_task()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(name: str, task: ManualTask, *more: str) -> str:
    return reverse(f"tasks:{name}", args=[task.pk, *more])


def file(content: str, name: str = "rows0") -> dict[str, object]:
    return {f"{name}-file": SimpleUploadedFile("rows.csv", content.encode())}


def signature(task: ManualTask, outcome: str, **changes: str) -> dict[str, str]:
    return {"outcome": outcome, "seen": bytes(task.key).hex(), "confirmed": "on", **changes}


def remove(connector: Connector, resource: Resource) -> None:
    """Remove contracts and blank visits."""
    treatments = {"visits": Treatment(Erasing.ANONYMISE), "contracts": Treatment(Erasing.DELETE)}
    with connector.writing(Permit("archive", Scope(KEYS, treatments))) as writer:
        for name in treatments:
            writer.erase(resource.table(name))


def addresses(task: ManualTask) -> list[tuple[str, str]]:
    """Return every address of a task with its method."""
    return [
        ("get", page_of("task-detail", task)),
        ("get", page_of("rows-template", task, "contracts")),
        ("post", page_of("rows-upload", task, "contracts")),
        ("post", page_of("rows-remove", task, "contracts")),
        ("post", page_of("task-sign", task)),
    ]


def test_strangers_are_sent_to_the_sign_in(client: Client, task: ManualTask) -> None:
    for method, url in [("get", LIST), *addresses(task)]:
        response = getattr(client, method)(url)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("role", [Role.HANDLER, Role.SECURITY, Role.ENGINEER, Role.AUDITOR])
def test_others_see_and_answer_nothing(task: ManualTask, role: Role) -> None:
    client = client_of(make_user(role))
    for method, url in addresses(task):
        data = signature(task, "nothing_found") if method == "post" else {}
        assert getattr(client, method)(url, data).status_code == 404
    assert b"Paper archive" not in client.get(LIST, {"whose": "all"}).content
    assert only_task() == task
    assert "manual_task.viewed" not in [one.verb for one in events_of("manual_task", str(task.pk))]


def test_owner_and_officer_see_it(task: ManualTask, owner: User) -> None:
    dpo = client_of(make_user(Role.DPO))
    assert b"Paper archive" in client_of(owner).get(LIST).content
    assert b"Paper archive" not in dpo.get(LIST).content
    assert b"Paper archive" in dpo.get(LIST, {"whose": "all"}).content
    for client in (client_of(owner), dpo):
        response = client.get(page_of("task-detail", task))
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        assert b"ana@example.com" in response.content
        assert b"AP-1" in response.content
    viewed = [one.verb for one in events_of("manual_task", str(task.pk))]
    assert viewed.count("manual_task.viewed") == 2


def test_the_list_names_nobody(task: ManualTask, owner: User) -> None:
    content = client_of(owner).get(LIST).content
    assert b"ana@example.com" not in content
    assert b"AP-1" not in content


def test_no_such_task_or_table(task: ManualTask, owner: User) -> None:
    client = client_of(owner)
    assert client.get(reverse("tasks:task-detail", args=[uuid4()])).status_code == 404
    assert client.get(page_of("rows-template", task, "letters")).status_code == 404
    assert client.post(page_of("rows-upload", task, "letters")).status_code == 404


def test_the_template_is_a_file(task: ManualTask, owner: User) -> None:
    response = client_of(owner).get(page_of("rows-template", task, "contracts"))
    assert response.content == b"id,email,customer,signed_on,witness,blocked\r\n"
    assert response["Content-Disposition"] == 'attachment; filename="contracts.csv"'


def test_rows_are_uploaded_and_signed(
    task: ManualTask, owner: User, connector: Connector, resource: Resource
) -> None:
    client = client_of(owner)
    detail = page_of("task-detail", task)
    for name, field, content in (("contracts", "rows0", CONTRACTS), ("visits", "rows1", VISITS)):
        response = client.post(page_of("rows-upload", task, name), file(content, field))
        assert (response.status_code, response["Location"]) == (302, detail)
    assert b"The files uploaded here hold everything I found" in client.get(detail).content

    response = client.post(page_of("task-sign", task), signature(task, "found"))
    assert (response.status_code, response["Location"]) == (302, detail)
    task.refresh_from_db()
    assert (task.state, task.outcome, task.answered_by) == ("done", "found", owner)
    assert task.sentence.startswith("I have searched Paper archive for every identifier")
    assert connector.count(resource.table("visits"), KEYS) == 2
    page = client.get(detail).content
    assert task.digest.encode() in page
    assert b"<form" not in page.split(b"<main")[1]


def test_nothing_found_is_signed_in_the_owners_language(task: ManualTask, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(language="pl")
    client = client_of(owner)
    client.post(page_of("task-sign", task), signature(task, "nothing_found"))
    task.refresh_from_db()
    assert task.outcome == "nothing_found"
    assert "Archiwum" in task.sentence


def test_nothing_is_signed_without_the_tick(task: ManualTask, owner: User) -> None:
    data = signature(task, "nothing_found")
    del data["confirmed"]
    response = client_of(owner).post(page_of("task-sign", task), data)
    assert response.status_code == 422
    assert b"Tick this to sign." in response.content
    assert only_task() == task


def test_what_was_not_seen_is_not_signed(task: ManualTask, owner: User) -> None:
    client = client_of(owner)
    for data in (signature(task, "nothing_found", seen="0" * 64), signature(task, "found")):
        response = client.post(page_of("task-sign", task), data, follow=True)
        assert b"Look again before you sign." in response.content
    assert client.post(page_of("task-sign", task), signature(task, "shredded")).status_code == 422
    assert only_task() == task


def test_mistakes_in_a_file_are_told_by_line(task: ManualTask, owner: User) -> None:
    client, url = client_of(owner), page_of("rows-upload", task, "contracts")
    response = client.post(url, file(CONTRACTS.replace("2021-02-03", "yesterday")))
    assert response.status_code == 422
    told = response.content.decode()
    assert "Line 3: “signed_on” is not of its type: a date such as 2026-01-31" in told
    assert "yesterday" not in told
    response = client.post(url, file(CONTRACTS.replace("AP-1", "AP-2")))
    assert "Line 3: holds none of the identifiers" in response.content.decode()
    response = client.post(url, file("\n"))
    assert b"the file is empty" in response.content
    response = client.post(url, {})
    assert (response.status_code, b"Choose a file." in response.content) == (422, True)


def test_a_file_that_is_too_large_is_refused(
    task: ManualTask, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datamap.forms.MOST_BYTES", 10)
    response = client_of(owner).post(page_of("rows-upload", task, "contracts"), file(CONTRACTS))
    assert b"larger than 20 MB" in response.content


def test_strangers_rows_are_told_when_it_is_signed(task: ManualTask, owner: User) -> None:
    client = client_of(owner)
    client.post(page_of("rows-upload", task, "visits"), file(VISITS, "rows1"))
    response = client.post(page_of("task-sign", task), signature(task, "found"))
    assert response.status_code == 422
    assert response.content.decode().count("holds none of the identifiers") == 2


def test_a_file_is_taken_back(task: ManualTask, owner: User) -> None:
    client = client_of(owner)
    client.post(page_of("rows-upload", task, "contracts"), file(CONTRACTS))
    assert b"Remove the file" in client.get(page_of("task-detail", task)).content
    client.post(page_of("rows-remove", task, "contracts"))
    assert not task.uploads.exists()


def test_a_closed_task_is_told(task: ManualTask, owner: User) -> None:
    answer(task, owner)
    client = client_of(owner)
    for name, data in (
        ("rows-upload", file(CONTRACTS)),
        ("rows-remove", {}),
    ):
        response = client.post(page_of(name, task, "contracts"), data, follow=True)
        assert b"This task is closed." in response.content
    response = client.post(
        page_of("task-sign", task), signature(task, "nothing_found"), follow=True
    )
    assert b"This task is closed." in response.content
    assert b"Searched, nothing found" in client.get(LIST, {"show": "closed"}).content


def test_what_is_to_be_removed_and_changed_is_shown(
    task: ManualTask, owner: User, connector: Connector, resource: Resource
) -> None:
    answer(task, owner, {"contracts": CONTRACTS, "visits": VISITS})
    with pytest.raises(AwaitingPerson):
        remove(connector, resource)
    erasure, client = only_task(), client_of(owner)
    content = client.get(page_of("task-detail", erasure)).content.decode()
    assert content.count("Remove it") == 2
    assert content.count("Change it") == 1
    assert "Jan Kask" in content  # the owner has to recognise the record
    assert "empty it; now: late" in content
    client.post(page_of("task-sign", erasure), signature(erasure, "done"))
    erasure.refresh_from_db()
    assert erasure.outcome == "done"


def test_what_is_over_shows_the_statement_alone(
    task: ManualTask, owner: User, connector: Connector, resource: Resource
) -> None:
    answer(task, owner)
    forget_answers(reference=REFERENCE, by=Actor.system("test"), at=AT)
    content = client_of(owner).get(page_of("task-detail", task)).content
    assert b"has been deleted" in content
    assert b"I did." in content
    assert b"ana@example.com" not in content
    with pytest.raises(AwaitingPerson):
        connector.count(resource.table("contracts"), KEYS)
    another = only_task()
    withdraw(reference=REFERENCE, by=Actor.system("test"), at=AT)
    content = client_of(owner).get(page_of("task-detail", another)).content
    assert b"Nobody needs this any more." in content


def test_a_task_without_owner_says_so_to_the_officer(resource: Resource) -> None:
    with pytest.raises(AwaitingPerson):
        connector_for(resource).count(resource.table("contracts"), KEYS)
    client = client_of(make_user(Role.DPO))
    content = client.get(page_of("task-detail", only_task())).content
    assert b"archive@apifonica.com" in content
    assert b"Archive (no account)" in client.get(LIST, {"whose": "all"}).content


def test_an_empty_list_says_so(db: None) -> None:
    assert b"Nothing to do" in client_of(make_user(Role.HANDLER)).get(LIST).content
