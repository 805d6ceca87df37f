"""The triggers: what is written stays, in one chain, whoever writes at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.db.models import F
from psycopg2 import sql

from audit.domain.actor import Actor
from audit.domain.chain import Head
from audit.domain.event_data import JSONValue
from audit.models import Event, Link
from audit.queries import ChainReport, check_chain
from audit.services import record
from outbox.models import Message
from tests.outbox.factories import make_message
from tests.plugins.audit_flush import audit_refusals_off

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def recorded(count: int = 1, **data: JSONValue) -> None:
    with transaction.atomic():
        for number in range(count):
            record(
                "case.noted",
                by=Actor.system("test"),
                at=AT,
                object_kind="case",
                object_id=f"õ{number}",
                data={"ģ": "zażółć", "list": [1, None, True], **data},
            )


def head() -> Head:
    link = Link.objects.order_by("seq").last()
    return Head() if link is None else Head(seq=link.seq, hash=bytes(link.hash))


def test_each_event_is_linked_at_commit_and_python_agrees() -> None:
    with transaction.atomic():
        recorded(2)
        assert not Link.objects.exists()
    recorded()

    assert list(Link.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3]
    assert bytes(Link.objects.get(seq=1).prev_hash) == bytes(32)
    assert check_chain() == ChainReport(head=head(), fault="")
    assert head().seq == 3
    assert str(Link.objects.get(seq=1)) == "link 1"


def test_empty_chain_holds() -> None:
    assert check_chain() == ChainReport(head=Head(), fault="")


@pytest.mark.parametrize(("table", "column"), [("audit_event", "verb"), ("audit_link", "hash")])
def test_update_delete_and_truncate_are_refused(table: str, column: str) -> None:
    recorded()

    for statement in (
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "SET LOCAL session_replication_role = replica; DELETE FROM {table}",
    ):
        refused = sql.SQL(statement).format(
            table=sql.Identifier(table), column=sql.Identifier(column)
        )
        with (
            pytest.raises(ProgrammingError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(refused)

    assert check_chain() == ChainReport(head=head(), fault="")


def test_link_from_any_other_hand_is_refused() -> None:
    recorded()

    with pytest.raises(ProgrammingError, match="only the sealing trigger"), transaction.atomic():
        Link.objects.create(seq=2, event=Event.objects.get(), prev_hash=b"", hash=b"")


def test_isolation_that_hides_the_head_is_refused() -> None:
    def record_on_an_old_snapshot() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            recorded()

    with pytest.raises(DatabaseError, match="READ COMMITTED"):
        record_on_an_old_snapshot()

    assert not Event.objects.exists()


def test_many_at_once_make_one_chain() -> None:
    threads, rounds, events = 8, 12, 3
    barrier = Barrier(threads)

    def work(number: int) -> None:
        try:
            barrier.wait()
            for _ in range(rounds):
                recorded(events, thread=number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))

    total = threads * rounds * events
    assert check_chain() == ChainReport(head=head(), fault="")
    assert head().seq == Event.objects.count() == total
    assert set(Link.objects.values_list("seq", flat=True)) == set(range(1, total + 1))


def test_row_locks_without_key_do_not_block_the_chain() -> None:
    """Each locks the same row, changes it, records: as services do, many at once."""
    threads, rounds = 4, 10
    shared = make_message()
    barrier = Barrier(threads)

    def work(number: int) -> None:
        try:
            barrier.wait()
            for _ in range(rounds):
                with transaction.atomic():
                    Message.objects.select_for_update(no_key=True).get(pk=shared.pk)
                    Message.objects.filter(pk=shared.pk).update(attempts=F("attempts") + 1)
                    recorded(thread=number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))

    shared.refresh_from_db()
    assert shared.attempts == head().seq == threads * rounds
    assert check_chain().fault == ""


def verify(*arguments: str) -> str:
    """Return the refusal's sentence and exit code, or ""."""
    try:
        call_command("audit_verify", *arguments)
    except CommandError as error:
        return f"{error.returncode}: {error}"
    return ""


def test_audit_verify_prints_count_and_head(capsys: pytest.CaptureFixture[str]) -> None:
    recorded(3)

    assert verify() == ""

    assert capsys.readouterr().out == f"Links: 3\nHead: 3:{head().hash.hex()}\n"
    assert verify("--known", f"2:{bytes(Link.objects.get(seq=2).hash).hex()}") == ""


@pytest.mark.parametrize("known", ["", "x", "1:zz", "abc:00"])
def test_audit_verify_refuses_a_head_of_another_form(known: str) -> None:
    expected = "" if not known else "2: --known has the form SEQ:HASH, as this command prints it."
    assert verify("--known", known) == expected


def test_audit_verify_names_the_first_break() -> None:
    recorded(4)
    second, third = Link.objects.get(seq=2), Link.objects.get(seq=3)

    with audit_refusals_off():
        Event.objects.filter(pk=third.event_id).update(data={"rows": 1})
        assert verify() == f"1: Event {third.event_id} of link 3 was changed. Links up to 2 hold."

        Event.objects.filter(pk=second.event_id).update(actor_ref="someone else")
        assert verify() == f"1: Event {second.event_id} of link 2 was changed. Links up to 1 hold."

        Link.objects.filter(seq=2).update(prev_hash=b"x" * 32)
        assert verify() == "1: Link 2 does not follow the link before it. Links up to 1 hold."

        Link.objects.filter(seq=2).delete()
        assert verify() == "1: Link 2 is missing; the next one is 3. Links up to 1 hold."


def test_audit_verify_finds_an_event_that_is_gone() -> None:
    recorded(2)
    gone = Link.objects.get(seq=2).event_id

    # The foreign key refuses this in the open; whoever owns the server can still do it.
    with audit_refusals_off(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM audit_event WHERE id = %s", [gone])

    assert verify() == f"1: Event {gone} of link 2 is missing. Links up to 1 hold."


def test_audit_verify_finds_an_event_that_was_never_sealed() -> None:
    recorded()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        recorded()
    unsealed = Event.objects.get(link__isnull=True).pk

    assert verify() == f"1: Event {unsealed} has no link. Links up to 1 hold."


def test_audit_verify_finds_a_chain_cut_off_or_made_anew() -> None:
    recorded(3)
    noted = f"3:{head().hash.hex()}"
    last = Link.objects.get(seq=3).event_id

    with audit_refusals_off():
        Link.objects.filter(seq=3).delete()
        Event.objects.filter(pk=last).delete()
    assert verify() == ""
    assert verify("--known", noted) == (
        "1: The chain ends before the noted link 3. Links up to 2 hold."
    )

    recorded()
    assert verify() == ""
    assert (
        verify("--known", noted) == "1: Link 3 is not the one that was noted. Links up to 2 hold."
    )
