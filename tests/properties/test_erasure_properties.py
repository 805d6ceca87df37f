"""Whatever the schema, the map and the rows: exported is erased and kept, the plan is the effect,
and nobody else's row changes.
"""

import os
import tempfile
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from datamap.connectors import connector_for
from datamap.domain.erasing import Tally
from datamap.domain.keys import SubjectKeys
from datamap.models import MapLoad, MapVersion
from datamap.queries import current_map
from datamap.services import load_map
from erasure.domain.states import PlanState
from erasure.models import Plan
from erasure.services.approval import approve_plan
from erasure.services.planning import prepare_plan
from erasure.services.schedule import erase_due_next
from erasure.services.work import work_next
from tests.datamap.conftest import Source
from tests.properties.company import (
    ANNA,
    MUCH_LATER,
    TODAY,
    Company,
    Row,
    Rows,
    after,
    companies,
    contents,
    expected,
)

NOW = datetime(2026, 3, 5, 8, tzinfo=UTC)
KEYS = SubjectKeys(emails=(ANNA,))
#: A campaign by hand sets more, and another seed each time.
EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "8"))
pytestmark = pytest.mark.django_db(transaction=True)
drawn = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="PROPERTY_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def clock() -> datetime:
    return NOW


def begin(company: Company, source: Source) -> None:
    """Make the company's database and put its map in force, in place of the example before."""
    Plan.objects.all().delete()
    MapLoad.objects.all().delete()
    MapVersion.objects.all().delete()
    company.build(source)
    with tempfile.TemporaryDirectory() as directory:
        load_map(directory=company.write_map(Path(directory)), by=Actor.system("test"), at=NOW)


def approved() -> Plan:
    first, second = (
        User.objects.get_or_create(email=f"{name}@example.org", defaults={"roles": [Role.DPO]})[0]
        for name in ("first", "second")
    )
    plan = prepare_plan(
        reference="test:drawn",
        keys=KEYS,
        given=KEYS,
        claims={},
        tell_when_gone=False,
        by=first,
        at=NOW,
    )
    assert work_next(clock=clock)
    plan.refresh_from_db()
    assert plan.state == PlanState.READY
    return approve_plan(plan=plan, seen_hash=plan.hash, by=second, at=NOW)


def exported(company: Company) -> dict[str, set[int]]:
    """Return the ids that an access answer holds, by table."""
    resource = current_map().resource("drawn")
    found = {}
    with connector_for(resource).snapshot() as reader:
        for one in company.tables:
            with reader.extract(resource.table(one.name), KEYS) as rows:
                found[one.name] = {int(str(row.values["id"])) for row in rows}
    return found


def comparable(rows: Rows) -> dict[str, dict[int, Row]]:
    """Return rows in which every pseudonym of an e-mail address is alike."""

    def plain(row: Row) -> Row:
        email = str(row["email"] or "")
        return {**row, "email": "erased:"} if email.startswith("erased:") else row

    return {name: {key: plain(row) for key, row in part.items()} for name, part in rows.items()}


@given(company=companies())
@drawn
def test_exported_is_erased_and_kept_and_the_plan_is_the_effect(
    company: Company, source: Source
) -> None:
    begin(company, source)
    before = contents(source, company)
    wanted = expected(company, before, on=TODAY)
    answer = exported(company)
    plan = approved()
    for planned in plan.tables.all():
        found, going = wanted.of(planned.table_name)
        assert answer[planned.table_name] == found
        assert planned.left.rows == len(going), planned.table_name
        done = Tally.parse(planned.done).rows
        assert planned.left.rows + planned.stays.rows + done == len(found), planned.table_name
    assert work_next(clock=clock)
    plan.refresh_from_db()
    assert plan.state == PlanState.DONE
    wanted_after = comparable(after(company, before, sorted(wanted.going)))
    assert comparable(contents(source, company)) == wanted_after
    assert not work_next(clock=clock)


@given(company=companies())
@drawn
def test_what_is_kept_goes_on_its_day_and_nothing_else(company: Company, source: Source) -> None:
    begin(company, source)
    approved()
    assert work_next(clock=clock)
    left = contents(source, company)
    later = datetime.combine(MUCH_LATER, time(12), tzinfo=UTC)
    for days in range(12):  # rows on which others hung go at a later look
        while erase_due_next(clock=lambda days=days: later + timedelta(days=days)):  # type: ignore[misc]
            pass
    once = expected(company, left, on=MUCH_LATER)
    assert comparable(contents(source, company)) == comparable(
        after(company, left, sorted(once.going))
    )


@given(company=companies(), data=st.data())
@drawn
def test_a_row_that_has_come_since_stops_the_plan_and_stays(
    company: Company, source: Source, data: st.DataObject
) -> None:
    begin(company, source)
    plan = approved()
    own = [one.name for one in company.tables if one.by_email and not one.keeps]
    if not own:
        return
    name = data.draw(st.sampled_from(own))
    values = "(id, email, body, made_on) VALUES (77, 'anna@example.com', 'new', '2026-03-05')"
    source.run(f"INSERT INTO {name} {values}")
    changed = contents(source, company)
    assert work_next(clock=clock)
    plan.refresh_from_db()
    assert plan.state == PlanState.STOPPED
    left = comparable(contents(source, company))
    for one in company.tables:
        planned = expected(company, company.rows, on=TODAY).of(one.name)[1]
        others = {key: row for key, row in changed[one.name].items() if key not in planned}
        assert comparable({one.name: others})[one.name].items() <= left[one.name].items()
