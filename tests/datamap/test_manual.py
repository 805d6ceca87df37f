"""What people keep by hand: asked once, answered under a signature, changed as it was signed."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from datamap.connectors import AwaitingPerson, Connector, SourceRefused, connector_for
from datamap.connectors.base import FieldChange, Writer
from datamap.domain.erasing import (
    Exclusion,
    Part,
    PartKind,
    Permit,
    Scope,
    Treatment,
)
from datamap.domain.keys import FoundKey, SubjectKeys
from datamap.domain.schema import Resource
from datamap.domain.tasks import Outcome, Verb
from datamap.domain.uploads import Mistake, NotReadable
from datamap.domain.vocabulary import Erasing
from datamap.models import ManualHolding, ManualTask, ManualUpload
from datamap.services.manual import (
    NothingUploaded,
    RowsUploaded,
    TaskChanged,
    TaskClosed,
    remove_upload,
    sign,
    upload_rows,
)
from datamap.services.manual_closing import forget_answers, withdraw
from datamap.signals import task_answered
from lib.blobs import Blob
from tests.datamap import archive
from tests.datamap.archive import AT, CONTRACTS, VISITS, only_task
from tests.datamap.cabinet import answer

pytestmark = pytest.mark.django_db
ANA = SubjectKeys(emails=("ana@example.com",))
CASE = "case:5f2c1c0e-2b1c-4e5e-8f2b-0b6f1a2c3d4e"
BOTH = SubjectKeys(emails=("ana@example.com",), customer_numbers=("AP-1",))
FILES = {"contracts": CONTRACTS, "visits": VISITS}
BLANK = {"visits": Treatment(Erasing.ANONYMISE)}
GONE = dict.fromkeys(("visits", "contracts"), Treatment(Erasing.DELETE))


@pytest.fixture
def resource(db: None, tmp_path: Path) -> Resource:
    return archive.load(tmp_path)


@pytest.fixture
def owner(db: None) -> User:
    return archive.make_owner()


@pytest.fixture
def connector(resource: Resource, owner: User) -> Connector:
    """The archive, for a case."""
    return connector_for(resource, reference=CASE)


@pytest.fixture
def searched(connector: Connector, resource: Resource, owner: User) -> Connector:
    """The same, with a search that found two contracts and two visits."""
    with pytest.raises(AwaitingPerson):
        connector.count(resource.table("visits"), BOTH)
    answer(only_task(), owner, FILES)
    return connector


def extracted(
    connector: Connector, resource: Resource, name: str, keys: SubjectKeys
) -> list[object]:
    with connector.extract(resource.table(name), keys) as rows:
        return [row.values["id"] for row in rows]


@contextmanager
def writing(connector: Connector, *exclusions: Exclusion) -> Iterator[Writer]:
    scope = Scope(BOTH, BLANK, exclusions)
    with connector.writing(Permit("archive", scope)) as writer:
        yield writer


def erase(connector: Connector, resource: Resource, *exclusions: Exclusion) -> int:
    with writing(connector, *exclusions) as writer:
        return writer.erase(resource.table("visits")).rows


def test_the_owner_is_asked_once(connector: Connector, resource: Resource, owner: User) -> None:
    for _ in range(2):
        with pytest.raises(AwaitingPerson) as waiting:
            connector.count(resource.table("contracts"), ANA)
    task = only_task()
    today = datetime.now(UTC).astimezone(resource.zone(resource.table("contracts"))).date()
    assert (task.verb, task.owner, task.reference) == ("search", owner, CASE)
    assert task.wanted == {"keys": [["email", "ana@example.com"]]}
    assert task.due_on == waiting.value.due_on == today + timedelta(days=5)
    assert waiting.value.code == "awaiting_person"
    assert waiting.value.advice.startswith(
        "Paper archive is kept by hand. Archive was asked and has until "
    )
    assert [event.verb for event in events_of("manual_task", str(task.pk))] == [
        "manual_task.opened"
    ]


def test_without_an_account_the_advice_says_so(resource: Resource) -> None:
    with pytest.raises(AwaitingPerson) as waiting:
        connector_for(resource).count(resource.table("contracts"), ANA)
    assert only_task().owner is None
    assert "Archive has no account here" in waiting.value.advice


def test_an_inactive_owner_is_none(resource: Resource) -> None:
    archive.make_owner(is_active=False)
    with pytest.raises(AwaitingPerson):
        connector_for(resource).count(resource.table("contracts"), ANA)
    assert only_task().owner is None


def test_further_identifiers_widen_the_open_task(connector: Connector, resource: Resource) -> None:
    for keys in (ANA, SubjectKeys(phones=("+37251234567",), customer_numbers=("AP-1",)), ANA):
        with pytest.raises(AwaitingPerson):
            connector.count(resource.table("contracts"), keys)
    assert only_task().wanted == {"keys": BOTH.as_json()}
    connector.count(resource.table("contracts"), SubjectKeys(phones=("+37251234567",)))


def test_only_what_was_not_searched_is_asked_for(
    connector: Connector, resource: Resource, owner: User
) -> None:
    with pytest.raises(AwaitingPerson):
        connector.locate(ANA)
    answer(only_task(), owner, {"contracts": CONTRACTS.replace("2;;AP-1;2021-02-03;;\n", "")})
    found = connector.locate(ANA)
    assert found.found == (FoundKey("customer_number", "AP-1", "contracts"),)
    with pytest.raises(AwaitingPerson):
        connector.locate(found.keys)
    assert only_task().wanted == {"keys": [["customer_number", "AP-1"]]}
    answer(only_task(), owner, {"contracts": CONTRACTS})
    assert extracted(connector, resource, "contracts", found.keys) == [1, 2]
    assert extracted(connector, resource, "contracts", ANA) == [1]


def test_the_answer_is_shown_as_any_other(searched: Connector, resource: Resource) -> None:
    with searched.extract(resource.table("contracts"), BOTH) as rows:
        first, second = rows
    assert first.values == {
        "id": 1,
        "email": "Ana@example.com",
        "customer": "AP-1",
        "signed_on": "2020-01-31",
        "witness": "J. K.",
        "blocked": False,
    }
    assert (first.anchor, second.anchor) == ("2020-01-31", "2021-02-03")
    assert extracted(searched, resource, "visits", ANA) == [7]
    assert extracted(searched, resource, "visits", BOTH) == [7, 8]


def test_searched_and_nothing_found(connector: Connector, resource: Resource, owner: User) -> None:
    with pytest.raises(AwaitingPerson):
        connector.count(resource.table("contracts"), ANA)
    task = answer(only_task(), owner)
    assert connector.count(resource.table("contracts"), ANA) == 0
    assert (task.state, task.outcome, task.signed_name) == ("done", "nothing_found", "Kaur Tamm")


def test_another_reference_asks_anew(searched: Connector, resource: Resource) -> None:
    assert searched.count(resource.table("contracts"), BOTH) == 2
    with pytest.raises(AwaitingPerson):
        connector_for(resource, reference="schedule:1").count(resource.table("contracts"), BOTH)


def test_everybody_cannot_be_asked_for(searched: Connector, resource: Resource) -> None:
    table, scope = resource.table("contracts"), Scope(None, GONE)
    whole = Part(PartKind.KEYS)
    for call in (
        lambda: searched.survey(table, scope),
        lambda: list(searched.steps(table, scope, size=5)),
        lambda: searched.parts(table, scope, at_most=1),
        lambda: list(searched.identifiers({"email"})),
        lambda: searched.purging(table, whole).__enter__(),
    ):
        with pytest.raises(SourceRefused) as refused:
            call()
        assert refused.value.code == "by_hand"
    searched.health()


def test_an_erasure_is_done_when_just_that_is_signed(
    searched: Connector, resource: Resource, owner: User
) -> None:
    planned = searched.survey(resource.table("visits"), Scope(BOTH, BLANK))
    assert (planned.going.rows, planned.done.rows) == (1, 1)
    with pytest.raises(AwaitingPerson):
        erase(searched, resource)
    task = only_task()
    told = [(one["table"], one["row"], one["column"]) for one in task.wanted["instructions"]]
    assert told == [("visits", {"id": 7}, "note")]
    answer(task, owner)
    assert erase(searched, resource) == 1
    assert searched.survey(resource.table("visits"), Scope(BOTH, BLANK)).done.rows == 2


def test_records_are_removed_and_stay_removed(
    searched: Connector, resource: Resource, owner: User
) -> None:
    scope = Scope(BOTH, GONE)

    def remove() -> int:
        with searched.writing(Permit("archive", scope)) as writer:
            return sum(writer.erase(resource.table(name)).rows for name in ("visits", "contracts"))

    with pytest.raises(AwaitingPerson):
        remove()
    assert searched.count(resource.table("contracts"), BOTH) == 2  # nothing is signed yet
    task = only_task()
    assert {(one["table"], one["row"]["id"]) for one in task.wanted["instructions"]} == {
        ("visits", 7),
        ("visits", 8),
        ("contracts", 1),
        ("contracts", 2),
    }
    answer(task, owner)
    assert searched.count(resource.table("contracts"), BOTH) == 2  # signed, not taken over
    assert remove() == 4
    assert [searched.count(table, BOTH) for table in resource.tables] == [0, 0]
    assert remove() == 0
    task.refresh_from_db()
    assert task.applied_at is not None


def test_a_signature_for_more_is_one_for_less(
    searched: Connector, resource: Resource, owner: User
) -> None:
    """What was done by hand is done, also where a restriction forbids it since."""

    def remove(*exclusions: Exclusion) -> int:
        with searched.writing(Permit("archive", Scope(BOTH, GONE, exclusions))) as writer:
            return sum(writer.erase(resource.table(name)).rows for name in ("visits", "contracts"))

    with pytest.raises(AwaitingPerson):
        remove()
    answer(only_task(), owner)
    assert remove(Exclusion("restriction", ANA)) == 2
    assert [searched.count(table, BOTH) for table in resource.tables] == [0, 0]


def test_what_must_stay_meanwhile_is_asked_for_no_more(
    searched: Connector, resource: Resource
) -> None:
    with pytest.raises(AwaitingPerson):
        erase(searched, resource)
    task = only_task()
    assert erase(searched, resource, Exclusion("restriction", ANA)) == 0
    task.refresh_from_db()
    assert (task.state, task.wanted) == ("withdrawn", {"instructions": []})


def test_a_task_that_is_lost_with_the_transaction_is_asked_again(
    connector: Connector, resource: Resource
) -> None:
    with pytest.raises(AwaitingPerson) as waiting, transaction.atomic():
        connector.count(resource.table("contracts"), ANA)
    assert not ManualTask.objects.exists()
    waiting.value.ask()
    waiting.value.ask()
    assert only_task().pk == waiting.value.task_id


def test_corrections_are_told_together(
    searched: Connector, resource: Resource, owner: User
) -> None:
    contracts = resource.table("contracts")
    changes = [
        FieldChange({"id": 1}, "witness", "Jan Kask", "Jaan Kask"),
        FieldChange({"id": 2}, "signed_on", "2021-02-03", "2021-02-04"),
    ]

    def correct(change: FieldChange) -> bool:
        with writing(searched) as writer:
            return writer.rectify(contracts, change)

    for change in changes:
        with pytest.raises(AwaitingPerson):
            correct(change)
    assert [
        (one["column"], one["old"], one["new"]) for one in only_task().wanted["instructions"]
    ] == [
        ("witness", "Jan Kask", "Jaan Kask"),
        ("signed_on", "2021-02-03", "2021-02-04"),
    ]
    assert not correct(FieldChange({"id": 1}, "witness", "Somebody", "Else"))
    assert len(only_task().wanted["instructions"]) == 2
    answer(only_task(), owner)
    assert [correct(change) for change in changes] == [True, False]
    with searched.extract(contracts, BOTH) as rows:
        assert [row.values["signed_on"] for row in rows] == ["2020-01-31", "2021-02-04"]


def test_a_record_is_marked_as_restricted(
    searched: Connector, resource: Resource, owner: User
) -> None:
    def mark(*, restricted: bool) -> int:
        with writing(searched) as writer:
            return writer.restrict(resource.table("contracts"), restricted=restricted)

    with pytest.raises(AwaitingPerson):
        mark(restricted=True)
    assert only_task().verb == Verb.RESTRICT
    answer(only_task(), owner)
    assert (mark(restricted=True), mark(restricted=True)) == (2, 0)


def test_rows_of_a_later_search_join_what_is_left(
    searched: Connector, resource: Resource, owner: User
) -> None:
    with pytest.raises(AwaitingPerson):
        erase(searched, resource)
    answer(only_task(), owner)
    erase(searched, resource)
    more = SubjectKeys(emails=("second@example.com",))
    with pytest.raises(AwaitingPerson):
        searched.count(resource.table("contracts"), more)
    third = "id,email,customer,signed_on,witness,blocked\n3,second@example.com,,2025-01-01,,\n"
    answer(only_task(), owner, {"contracts": third}, at=AT + timedelta(days=1))
    assert extracted(searched, resource, "contracts", SubjectKeys.of_pairs([*BOTH, *more])) == [
        1,
        2,
        3,
    ]
    with searched.extract(resource.table("visits"), BOTH) as rows:
        assert [row.values["note"] for row in rows] == [None, None]


def test_the_statement_is_signed_over_task_sentence_and_files(
    connector: Connector, resource: Resource, owner: User
) -> None:
    with pytest.raises(AwaitingPerson):
        connector.count(resource.table("contracts"), BOTH)
    task = answer(only_task(), owner, {"contracts": CONTRACTS})
    upload = ManualUpload.objects.get()
    assert upload.sha256 == hashlib.sha256(CONTRACTS.encode()).hexdigest()
    stated = {
        "task": str(task.pk),
        "resource": "archive",
        "map": task.map_version.hash,
        "verb": "search",
        "content": bytes(task.key).hex(),
        "outcome": "found",
        "name": "Kaur Tamm",
        "at": AT.isoformat(),
        "sentence": "I did.",
        "uploads": [["contracts", 2, upload.sha256]],
    }
    canonical = json.dumps(stated, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert task.digest == hashlib.sha256(canonical.encode()).hexdigest()
    events = events_of("manual_task", str(task.pk))
    assert [event.verb for event in events] == [
        "manual_task.opened",
        "manual_task.uploaded",
        "manual_task.answered",
    ]
    assert (events[2].actor_ref, events[2].data["digest"]) == (str(owner.pk), task.digest)


def asked(connector: Connector, resource: Resource) -> ManualTask:
    with pytest.raises(AwaitingPerson):
        connector.count(resource.table("contracts"), BOTH)
    return only_task()


def sign_as(task: ManualTask, outcome: Outcome, by: User, *, seen: bytes | None = None) -> None:
    sign(task=task, outcome=outcome, sentence="x", seen=seen or bytes(task.key), by=by, at=AT)


def test_what_was_not_seen_is_not_signed(
    connector: Connector, resource: Resource, owner: User
) -> None:
    task = asked(connector, resource)
    with pytest.raises(TaskChanged):
        sign_as(task, Outcome.NOTHING_FOUND, owner, seen=bytes(32))
    with pytest.raises(NothingUploaded):
        sign_as(task, Outcome.FOUND, owner)
    upload_rows(
        task=task, table=resource.table("contracts"), content=CONTRACTS.encode(), by=owner, at=AT
    )
    with pytest.raises(RowsUploaded):
        sign_as(task, Outcome.NOTHING_FOUND, owner)
    assert only_task() == task


def test_rows_of_somebody_else_are_not_taken(
    connector: Connector, resource: Resource, owner: User
) -> None:
    task = asked(connector, resource)
    contracts, visits = resource.table("contracts"), resource.table("visits")
    other = CONTRACTS + "9;other@example.com;;2020-01-01;;\n"
    with pytest.raises(NotReadable) as refused:
        upload_rows(task=task, table=contracts, content=other.encode(), by=owner, at=AT)
    assert refused.value.mistakes == (Mistake("not_theirs", 4, table="contracts"),)
    assert not ManualUpload.objects.exists()
    assert not Blob.objects.exists()

    # The contracts may come after their visits, so that these are looked at when it is signed.
    upload_rows(task=task, table=visits, content=VISITS.encode(), by=owner, at=AT)
    with pytest.raises(NotReadable) as refused:
        sign_as(task, Outcome.FOUND, owner)
    assert [one.line for one in refused.value.mistakes] == [1, 2]


def test_a_file_is_replaced_and_removed(
    connector: Connector, resource: Resource, owner: User
) -> None:
    task, contracts = asked(connector, resource), resource.table("contracts")
    for _ in range(2):
        upload_rows(task=task, table=contracts, content=CONTRACTS.encode(), by=owner, at=AT)
    assert Blob.objects.count() == ManualUpload.objects.count() == 1
    for _ in range(2):
        remove_upload(task=task, table=contracts, by=owner, at=AT)
    assert not Blob.objects.exists()


def test_a_closed_task_takes_nothing(connector: Connector, resource: Resource, owner: User) -> None:
    task, contracts = asked(connector, resource), resource.table("contracts")
    answer(task, owner)
    with pytest.raises(TaskClosed):
        upload_rows(task=task, table=contracts, content=CONTRACTS.encode(), by=owner, at=AT)
    with pytest.raises(TaskClosed):
        remove_upload(task=task, table=contracts, by=owner, at=AT)
    with pytest.raises(TaskClosed):
        sign_as(task, Outcome.NOTHING_FOUND, owner)


def test_a_change_takes_no_files(searched: Connector, resource: Resource, owner: User) -> None:
    with pytest.raises(AwaitingPerson):
        erase(searched, resource)
    with pytest.raises(TaskClosed):
        upload_rows(
            task=only_task(),
            table=resource.table("visits"),
            content=VISITS.encode(),
            by=owner,
            at=AT,
        )


def test_who_waits_is_told_in_the_same_transaction(
    connector: Connector, resource: Resource, owner: User
) -> None:
    told = []

    def listen(*, task: ManualTask, at: datetime, **_: object) -> None:
        told.append((task.reference, task.state, at, transaction.get_connection().in_atomic_block))

    task_answered.connect(listen)
    try:
        answer(asked(connector, resource), owner)
    finally:
        task_answered.disconnect(listen)
    assert told == [(CASE, "done", AT, True)]


def test_what_is_over_is_forgotten(searched: Connector, resource: Resource, owner: User) -> None:
    by = Actor.system("test")
    with pytest.raises(AwaitingPerson):
        erase(searched, resource)
    answer(only_task(), owner)
    erase(searched, resource)
    assert forget_answers(reference=CASE, by=by, at=AT) == 2
    assert forget_answers(reference=CASE, by=by, at=AT) == 0
    assert not Blob.objects.exists()
    assert not ManualHolding.objects.exists()
    assert [task.wanted for task in ManualTask.objects.all()] == [{}, {}]
    assert all(task.digest for task in ManualTask.objects.all())
    with pytest.raises(AwaitingPerson):
        searched.count(resource.table("contracts"), ANA)


def test_what_nobody_needs_is_withdrawn(connector: Connector, resource: Resource) -> None:
    task, by = asked(connector, resource), Actor.system("test")
    assert withdraw(reference=CASE, verbs=[Verb.ERASE], by=by, at=AT) == 0
    assert withdraw(reference=CASE, by=by, at=AT) == 1
    task.refresh_from_db()
    assert (task.state, task.wanted) == ("withdrawn", {})


@pytest.mark.parametrize(
    "changes",
    [
        {"verb": "shred"},
        {"state": "done"},
        {"outcome": "found"},
        {"digest": "0" * 64},
        {"applied_at": AT},
    ],
)
def test_the_database_keeps_a_task_whole(
    connector: Connector, resource: Resource, changes: dict[str, object]
) -> None:
    task = asked(connector, resource)
    with pytest.raises(IntegrityError), transaction.atomic():
        ManualTask.objects.filter(pk=task.pk).update(**changes)


def test_an_outcome_fits_its_verb(connector: Connector, resource: Resource, owner: User) -> None:
    task = answer(asked(connector, resource), owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        ManualTask.objects.filter(pk=task.pk).update(outcome="done")


def test_look_again_is_when_it_is_due_then_daily(connector: Connector, resource: Resource) -> None:
    with pytest.raises(AwaitingPerson) as waiting:
        connector.count(resource.table("contracts"), ANA)
    due = datetime.combine(waiting.value.due_on, datetime.min.time(), UTC)
    assert (
        waiting.value.retry_at(due - timedelta(days=5))
        .astimezone(resource.zone(resource.table("contracts")))
        .date()
        == waiting.value.due_on
    )
    assert waiting.value.retry_at(due + timedelta(days=9)) == due + timedelta(days=10)
    assert isinstance(waiting.value.due_on, date)
