"""Carrying out a plan: exactly its rows, or it stops with the difference."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from pytest_django import Settings

from accounts.models import User
from audit.domain.actor import Actor
from audit.models import Event
from datamap.models import MapVersion
from datamap.services import load_map
from erasure.domain.states import PlanState, StopReason
from erasure.models import Plan
from erasure.services.approval import approve_plan
from erasure.services.work import MAX_ATTEMPTS, retry, work_next
from erasure.signals import plan_completed
from lib.units import Status
from retention.domain.restricting import Reason
from retention.services.restrictions import restrict_person
from tests.erasure.conftest import (
    AFTER,
    BEFORE,
    GIVEN,
    LATER,
    MAPS,
    NOW,
    Sources,
    approved,
    ready,
    work,
)
from tests.erasure.interrupting import AFTER_LEASE, clock_that

BEN = """SELECT clients.*, contracts.*, notes.*, mails.* FROM clients
    JOIN contracts ON client_id = clients.id JOIN notes ON notes.client_id = clients.id
    JOIN mails ON mails.email = clients.email WHERE clients.id = 2"""
#: A trigger of the source that refuses to delete from a table.
REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'not this one: %%', OLD.id USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER refuse BEFORE DELETE ON {} FOR EACH ROW EXECUTE FUNCTION refuse()
""".replace("%%", "%")


def carried_out(plan: Plan) -> Plan:
    work()
    plan.refresh_from_db()
    return plan


def stopped(plan: Plan, reason: StopReason, *difference: tuple[str, str, int, int]) -> None:
    """Assert that the plan stopped with this difference: table, part, planned, present."""
    assert (plan.state, plan.stop_reason, plan.stopped_at) == ("stopped", reason, LATER)
    assert [
        (f"{one['resource']}.{one['table']}", one["part"], one["planned"], one["present"])
        for one in plan.difference
    ] == list(difference)
    assert not work_next(clock=lambda: AFTER_LEASE)
    event = Event.objects.filter(verb="erasure.plan_stopped").last()
    assert event is not None
    assert event.data["reason"] == reason


@pytest.fixture
def completed() -> Iterator[list[tuple[Plan, datetime, str]]]:
    """What `plan_completed` told: the plan, the time, its state in the database then."""
    told: list[tuple[Plan, datetime, str]] = []

    def receive(plan: Plan, at: datetime, **_: object) -> None:
        told.append((plan, at, Plan.objects.get(pk=plan.pk).state))

    plan_completed.connect(receive)
    yield told
    plan_completed.disconnect(receive)


def test_plan_is_carried_out(
    sources: Sources,
    handler: User,
    dpo: User,
    completed: list[tuple[Plan, datetime, str]],
) -> None:
    ben = sources.run("crm", BEN)
    plan = carried_out(approved(handler, dpo))

    assert (plan.state, plan.done_at) == (PlanState.DONE, LATER)
    assert sources.all_ids() == AFTER
    assert sources.run("crm", BEN) == ben
    assert completed == [(plan, LATER, "done")]
    assert (plan.given, plan.keys, plan.passed_over, plan.difference) == ([], [], [], [])
    assert {one.finished_at for one in plan.tables.all()} == {LATER}
    ((email, name, other),) = sources.run("crm", "SELECT email, name, other FROM mails WHERE id=1")
    assert email != "ana@example.com"
    assert (name, other) == (None, None)
    assert not work_next(clock=lambda: AFTER_LEASE)


def test_end_of_a_plan_is_on_record_in_counts(sources: Sources, handler: User, dpo: User) -> None:
    plan = carried_out(approved(handler, dpo))

    assert Event.objects.get(verb="erasure.plan_done").data == {
        "plan": str(plan.pk),
        "hash": plan.hash,
        "rows_deleted": 8,
        "rows_anonymised": 1,
        "rows_going_now": 0,
        "rows_staying": 3,
        "tables_with_arrivals": [],
    }


def test_failing_receiver_leaves_the_plan_open(sources: Sources, handler: User, dpo: User) -> None:
    def receive(**_: object) -> None:
        raise ValueError

    plan = approved(handler, dpo)
    plan_completed.connect(receive)
    try:
        carried_out(plan)
    finally:
        plan_completed.disconnect(receive)
    assert plan.state == PlanState.APPROVED
    assert not plan.scheduled.exists()

    assert work_next(clock=lambda: AFTER_LEASE)
    plan.refresh_from_db()
    assert plan.state == PlanState.DONE


# --- no longer true ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("resource", "change", "difference"),
    [
        (
            "crm",
            "INSERT INTO notes VALUES (9, 1, 'new', '2026-03-01')",
            [("crm.notes", "going", 2, 3)],
        ),
        ("crm", "DELETE FROM notes WHERE id = 2", [("crm.notes", "going", 2, 1)]),
        ("crm", "UPDATE notes SET id = 8 WHERE id = 2", [("crm.notes", "going", 2, 2)]),
        (
            "crm",
            "UPDATE contracts SET ended_on = NULL WHERE id = 2",
            [
                ("crm.contracts", "going", 2, 0),
                ("crm.contracts", "kept", 0, 1),
                ("crm.contracts", "needed", 0, 1),
                ("crm.clients", "going", 1, 0),
                ("crm.clients", "kept", 0, 1),
            ],
        ),
        (
            "phone",
            "DELETE FROM recordings WHERE id = 1; UPDATE calls SET at = '2020-01-01' WHERE id = 1",
            [
                ("phone.recordings", "going", 2, 1),
                ("phone.calls", "going", 1, 0),
                ("phone.calls", "kept", 2, 3),
            ],
        ),
    ],
)
def test_changed_rows_stop_the_plan_before_anything_goes(
    sources: Sources,
    handler: User,
    dpo: User,
    resource: str,
    change: str,
    difference: list[tuple[str, str, int, int]],
) -> None:
    plan = approved(handler, dpo)
    sources.run(resource, change)
    before = sources.all_ids()
    carried_out(plan)

    stopped(plan, StopReason.ROWS_CHANGED, *difference)
    assert sources.all_ids() == before


def test_stopped_plan_is_prepared_afresh(sources: Sources, handler: User, dpo: User) -> None:
    plan = approved(handler, dpo)
    sources.run("crm", "INSERT INTO notes VALUES (9, 1, 'new', '2026-03-01')")
    carried_out(plan)

    again = carried_out(approved(handler, dpo))
    assert again.state == PlanState.DONE
    assert sources.all_ids() == AFTER
    plan.refresh_from_db()
    assert plan.state == PlanState.DISCARDED


def test_restriction_set_after_the_approval_stops_the_plan(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = approved(handler, dpo)
    actor = Actor.staff(dpo.pk)
    restrict_person(keys=GIVEN, reason=Reason.CLAIM, by=actor, at=NOW, resources=["crm"])
    carried_out(plan)

    stopped(
        plan,
        StopReason.ROWS_CHANGED,
        ("crm.mails", "going", 1, 0),
        ("crm.mails", "held", 0, 1),
        ("crm.notes", "going", 2, 0),
        ("crm.notes", "held", 0, 2),
        ("crm.contracts", "going", 2, 0),
        ("crm.contracts", "held", 0, 2),
        ("crm.clients", "going", 1, 0),
        ("crm.clients", "held", 0, 1),
    )
    assert sources.all_ids() == BEFORE


def test_map_loaded_since_stops_the_plan(
    sources: Sources, handler: User, dpo: User, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plan = approved(handler, dpo)
    folder = tmp_path_factory.mktemp("maps")
    for path in MAPS.iterdir():
        text = path.read_text().replace("Owner, email", "Another, email")
        (folder / path.name).write_text(text)
    load_map(directory=folder, by=Actor.system("test"), at=NOW)
    MapVersion.objects.exclude(pk=plan.map_version_id).update(is_current=False)
    MapVersion.objects.filter(pk=plan.map_version_id).update(is_current=False)
    MapVersion.objects.exclude(pk=plan.map_version_id).update(is_current=True)
    carried_out(plan)

    stopped(plan, StopReason.MAP_CHANGED)
    assert sources.all_ids() == BEFORE


def test_rules_that_changed_stop_the_plan(sources: Sources, handler: User, dpo: User) -> None:
    plan = approved(handler, dpo)
    Plan.objects.update(rules_hash="d" * 64)
    carried_out(plan)

    stopped(plan, StopReason.RULES_CHANGED)
    assert sources.all_ids() == BEFORE


def test_rules_that_change_while_it_runs_stop_the_plan(
    sources: Sources, handler: User, dpo: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = approved(handler, dpo)
    monkeypatch.setattr("erasure.services.execution.rules_hash", lambda: plan.rules_hash)
    monkeypatch.setattr("retention.domain.treatments.rules_hash", lambda: "e" * 64)
    carried_out(plan)

    stopped(plan, StopReason.RULES_CHANGED)
    assert sources.all_ids() == BEFORE


# --- the search afterwards --------------------------------------------------------------------
def during_the_run(sources: Sources, statements: str) -> None:
    """Have the source do something as the last client of the plan is deleted."""
    sources.run(
        "crm",
        f"""CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN {statements}; RETURN OLD; END $$;
            CREATE TRIGGER later AFTER DELETE ON clients FOR EACH ROW EXECUTE FUNCTION later()""",
    )


def test_rows_that_should_go_and_came_meanwhile_leave_the_plan_open(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = approved(handler, dpo)
    insert = "INSERT INTO mails VALUES (9, 'ana@example.com', 'A', NULL, '2026-03-01')"
    during_the_run(sources, insert)
    carried_out(plan)

    stopped(plan, StopReason.ROWS_LEFT, ("crm.mails", "going", 0, 1))
    assert sources.ids("crm.clients") == [2]
    assert plan.all_keys.emails == GIVEN.emails
    again = carried_out(approved(handler, dpo))
    assert again.state == PlanState.DONE
    assert sources.run("crm", "SELECT id FROM mails WHERE email = 'ana@example.com'") == []


def arrived(plan: Plan) -> list[tuple[str, str, int, int]]:
    assert plan.state == PlanState.DONE
    return [
        (f"{one['resource']}.{one['table']}", one["part"], one["planned"], one["present"])
        for one in plan.difference
    ]


def test_new_record_of_the_person_is_found_by_the_identifiers_of_before(
    sources: Sources, handler: User, dpo: User
) -> None:
    """Nothing that is left leads to it: the number is only in the plan."""
    plan = approved(handler, dpo)
    during_the_run(sources, "INSERT INTO clients VALUES (9, NULL, 'AP-1')")

    assert arrived(carried_out(plan)) == [("crm.clients", "kept", 0, 1)]


def test_identifier_that_came_since_is_searched_with_afterwards(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = approved(handler, dpo)
    sources.run("phone", "INSERT INTO surveys VALUES (9, 'AP-9', 'hm')")
    during_the_run(sources, "INSERT INTO clients VALUES (9, 'ana@example.com', 'AP-9')")

    assert arrived(carried_out(plan)) == [
        ("phone.surveys", "kept", 1, 2),
        ("crm.clients", "kept", 0, 1),
    ]
    keys = plan.scheduled.get(resource_id="crm").subject_keys
    assert keys.customer_numbers == ("AP-1", "AP-9")


def test_further_rows_of_a_kind_that_is_kept_are_noted_and_scheduled(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = approved(handler, dpo)
    sources.run("phone", "INSERT INTO calls VALUES (9, 1, NULL, '2026-03-01')")
    carried_out(plan)

    assert plan.state == PlanState.DONE
    assert plan.difference == [
        {"resource": "phone", "table": "calls", "part": "kept", "planned": 2, "present": 3}
    ]
    event = Event.objects.get(verb="erasure.plan_done")
    assert event.data["tables_with_arrivals"] == ["phone.calls"]
    (left,) = plan.scheduled.get().tables.all()
    assert left.left_behind.startswith("3:")


def test_fewer_kept_rows_than_planned_are_for_people_to_look_at(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = approved(handler, dpo)
    sources.run("phone", "DELETE FROM calls WHERE id = 3")
    carried_out(plan)

    stopped(plan, StopReason.ROWS_LEFT, ("phone.calls", "kept", 2, 1))


# --- failures ---------------------------------------------------------------------------------
def test_failing_table_leaves_the_plan_open_and_a_retry_finishes_it(
    sources: Sources, handler: User, dpo: User
) -> None:
    """A trigger refuses notes: mails go, and clients wait, on whose rows the notes hang."""
    plan = approved(handler, dpo)
    sources.run("crm", REFUSE.format("notes"))
    carried_out(plan)

    assert plan.state == PlanState.APPROVED
    assert sources.all_ids() == AFTER | {
        "crm.clients": [1, 2],
        "crm.contracts": [1, 2, 3],
        "crm.notes": [1, 2, 3],
    }
    unit = plan.units.latest("pk")
    assert (unit.status, unit.error_code) == (Status.QUEUED, "constraint")
    assert "not this one" not in unit.error_text
    failed = plan.tables.exclude(error_code="")
    assert [(str(one), one.error_code) for one in failed] == [("crm.notes", "constraint")]
    unfinished = plan.tables.filter(finished_at__isnull=True)
    assert [one.table_name for one in unfinished] == ["notes", "contracts", "clients"]

    for _ in range(3):  # however often; the e-mail address is overwritten already
        assert work_next(clock=lambda: AFTER_LEASE)
        plan.refresh_from_db()
        assert plan.state == PlanState.APPROVED
        plan.units.filter(status=Status.QUEUED).update(not_before=None)
    sources.run("crm", "DROP TRIGGER refuse ON notes")
    assert work_next(clock=lambda: AFTER_LEASE)
    plan.refresh_from_db()
    assert plan.state == PlanState.DONE
    assert sources.all_ids() == AFTER
    assert not plan.tables.exclude(error_code="").exists()


def test_source_that_is_down_does_not_hold_up_the_other(
    sources: Sources, handler: User, dpo: User, settings: Settings
) -> None:
    plan = approved(handler, dpo)
    up = dict(settings.SOURCE_URLS)
    settings.SOURCE_URLS = up | {"SOURCE_CRM_URL": "postgresql+psycopg2://x@127.0.0.1:9/x"}
    carried_out(plan)

    assert plan.state == PlanState.APPROVED
    crm = {name: ids for name, ids in BEFORE.items() if name.startswith("crm")}
    assert sources.all_ids() == AFTER | crm
    failed = plan.tables.exclude(error_code="")
    assert {one.resource_id for one in failed} == {"crm"}

    settings.SOURCE_URLS = up
    assert work_next(clock=lambda: AFTER_LEASE)
    plan.refresh_from_db()
    assert plan.state == PlanState.DONE
    assert sources.all_ids() == AFTER


def test_source_that_goes_down_amid_the_run_is_tried_again(
    sources: Sources, handler: User, dpo: User, settings: Settings
) -> None:
    plan = approved(handler, dpo)
    up = dict(settings.SOURCE_URLS)

    def cut() -> None:
        settings.SOURCE_URLS = up | {"SOURCE_PHONE_URL": "postgresql+psycopg2://x@127.0.0.1:9/x"}

    assert work_next(clock=clock_that(cut, at_reading=18))
    failed = plan.tables.exclude(error_code="")
    assert {str(one) for one in failed} == {"phone.calls", "phone.recordings"}
    unit = plan.units.latest("pk")
    assert (unit.status, unit.error_code) == (Status.QUEUED, "unavailable")
    assert sources.ids("crm.notes") == [3]

    settings.SOURCE_URLS = up
    assert work_next(clock=lambda: AFTER_LEASE)
    plan.refresh_from_db()
    assert plan.state == PlanState.DONE
    assert sources.all_ids() == AFTER


def test_parent_waits_for_its_children_in_another_database_that_is_down(
    sources: Sources, handler: User, dpo: User, settings: Settings
) -> None:
    plan = approved(handler, dpo)
    up = dict(settings.SOURCE_URLS)
    settings.SOURCE_URLS = up | {"SOURCE_PHONE_URL": "postgresql+psycopg2://x@127.0.0.1:9/x"}
    carried_out(plan)

    assert plan.state == PlanState.APPROVED
    assert sources.ids("crm.clients") == [1, 2]
    assert sources.ids("crm.contracts") == [1, 2, 3]
    assert sources.ids("crm.notes") == [3]


def test_plan_that_fails_for_good_waits_for_a_person(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = approved(handler, dpo)
    sources.run("crm", REFUSE.format("clients"))
    plan.units.filter(status=Status.QUEUED).update(attempts=MAX_ATTEMPTS - 1)
    # Mails and notes advance: that attempt is not counted as futile.
    carried_out(plan)
    assert plan.units.latest("pk").status == Status.QUEUED
    plan.units.filter(status=Status.QUEUED).update(attempts=MAX_ATTEMPTS - 1)
    assert work_next(clock=lambda: AFTER_LEASE)
    assert plan.units.latest("pk").status == Status.FAILED
    assert not work_next(clock=lambda: AFTER_LEASE)

    retry(plan=plan, by=Actor.staff(handler.pk), at=AFTER_LEASE)
    assert work_next(clock=lambda: AFTER_LEASE)
    plan.refresh_from_db()
    assert plan.state == PlanState.APPROVED
    sources.run("crm", "DROP TRIGGER refuse ON clients")
    plan.units.filter(status=Status.QUEUED).update(not_before=None)
    assert work_next(clock=lambda: AFTER_LEASE)
    plan.refresh_from_db()
    assert plan.state == PlanState.DONE
    assert sources.all_ids() == AFTER


def test_plan_of_nothing_left_is_done(sources: Sources, handler: User, dpo: User) -> None:
    carried_out(approved(handler, dpo))
    plan = ready(handler, keys=GIVEN)
    approve_plan(plan=plan, seen_hash=plan.hash, by=dpo, at=NOW)
    carried_out(plan)

    assert plan.state == PlanState.DONE
