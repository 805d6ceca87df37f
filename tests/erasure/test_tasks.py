"""The tasks work off what is due, by the rows and not by their messages."""

import time_machine

from accounts.models import User
from erasure.domain.states import PlanState
from erasure.services.approval import approve_plan
from erasure.tasks import erase_scheduled, work
from lib.units import Status
from tests.erasure.conftest import AFTER, LATER, NOW, Sources, prepare
from tests.erasure.test_schedule import SECOND


def test_tasks_carry_a_plan_from_survey_to_the_last_row(
    sources: Sources, handler: User, dpo: User
) -> None:
    with time_machine.travel(LATER, tick=False):
        plan = prepare(handler)
        work()
        plan.refresh_from_db()
        approve_plan(plan=plan, seen_hash=plan.hash, by=dpo, at=NOW)
        work()
        erase_scheduled()
    plan.refresh_from_db()
    assert plan.state == PlanState.DONE
    assert sources.all_ids() == AFTER

    with time_machine.travel(SECOND, tick=False):
        erase_scheduled()
    assert sources.ids("phone.calls") == [4]
    assert plan.scheduled.get().status == Status.DONE


def test_tasks_without_work_do_nothing(db: None) -> None:
    work()
    erase_scheduled()
