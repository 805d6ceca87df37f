"""A plan as staff see it."""

from datetime import date

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override
from pytest_django import Settings

from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Category
from datamap.texts import CATEGORIES
from erasure.domain.states import PlanState
from erasure.models import Plan, ScheduledErasure, ScheduledTable
from erasure.services.overview import (
    DifferenceOverview,
    KeptRows,
    PassedOver,
    PlanOverview,
    TableOverview,
    overview,
)
from erasure.texts import GROUNDS, PARTS, STOPPED
from retention.domain.restricting import Reason
from retention.domain.treatments import Ground
from retention.services.restrictions import restrict_person
from tests.erasure.conftest import ANA, GIVEN, NOW, Sources, approved, ready, work
from tests.erasure.test_schedule import FIRST


def seen(plan: Plan) -> PlanOverview:
    plan.refresh_from_db()
    return overview(plan, "en")


def table(found: PlanOverview, title: str) -> TableOverview:
    (one,) = (one for part in found.resources for one in part.tables if one.title == title)
    return one


def shown(plan: Plan) -> str:
    html = render_to_string("erasure/_plan.html", {"overview": seen(plan)})
    return " ".join(html.split())


def test_plan_in_numbers(sources: Sources, handler: User) -> None:
    found = seen(ready(handler))

    assert found.state is PlanState.READY
    assert (found.going, found.deleted, found.anonymised, found.gone) == (9, 8, 1, 0)
    assert (found.staying, found.kept, found.needed, found.held) == (2, 2, 0, 0)
    assert found.entrusted == 1
    assert [part.title for part in found.resources] == ["Crm system", "Phone system"]
    assert (found.empty_resources, found.differences, found.scheduled) == ([], [], [])
    assert not found.is_under_way


def test_table_tells_what_goes_what_stays_until_when_and_why(
    sources: Sources, handler: User
) -> None:
    calls = table(seen(ready(handler)), "Calls")

    assert (calls.action, str(calls.happens), calls.going, calls.gone) == (
        "delete",
        "deleted",
        1,
        0,
    )
    assert calls.kept == [
        KeptRows(until=date(2032, 1, 1), rows=1),
        KeptRows(until=date(2033, 1, 1), rows=1),
    ]
    assert (calls.kept_rows, calls.ground) == (2, GROUNDS[Ground.POLICY])
    assert (calls.third_party_rows, calls.is_entrusted, calls.advice) == (1, False, "")


def every_table(found: PlanOverview) -> list[TableOverview]:
    return [table for resource in found.resources for table in resource.tables]


def test_each_kind_of_data_is_summed_up_with_its_last_day(sources: Sources, handler: User) -> None:
    plan = ready(handler)
    found = seen(plan)

    summed = {str(one.title): one for one in found.categories}
    traffic = summed[str(CATEGORIES[Category.TRAFFIC])]
    assert (traffic.going, traffic.gone, traffic.stays) == (1, 0, 2)
    assert (traffic.until, traffic.grounds) == (date(2033, 1, 1), [GROUNDS[Ground.POLICY]])
    assert (traffic.dated, traffic.undated) == (2, 0)
    assert sum(one.undated for one in found.categories) == sum(
        kept.rows for table in every_table(found) for kept in table.kept if kept.until is None
    ) + sum(table.needed + table.held for table in every_table(found))
    ours = every_table(found)
    assert sum(one.going for one in found.categories) == sum(table.going for table in ours)
    assert sum(one.stays for one in found.categories) == sum(table.stays for table in ours)
    assert "By kind of data" in shown(plan)


def test_tables_without_rows_are_named_alone(sources: Sources, handler: User) -> None:
    found = seen(ready(handler, keys=SubjectKeys(emails=GIVEN.emails)))

    assert [part.title for part in found.resources] == ["Crm system"]
    assert found.empty_resources == ["Phone system"]
    assert "Nothing found in: Phone system" in shown(Plan.objects.latest("prepared_at"))


def test_claim_and_restriction_are_told(sources: Sources, handler: User) -> None:
    restrict_person(
        keys=GIVEN,
        reason=Reason.CLAIM,
        by=Actor.staff(handler.pk),
        at=NOW,
        resources=["crm"],
        categories=[Category.IDENTITY_BILLING],
    )
    plan = ready(handler, claims={"crm.notes": "Court case 2-26-1"})
    found = seen(plan)

    assert table(found, "Notes").claim == "Court case 2-26-1"
    assert (found.held, found.needed) == (3, 0)
    html = shown(plan)
    assert "Needed for a legal claim: Article 17(3)(e) GDPR: Court case 2-26-1" in html
    assert "2 under restriction" in html
    assert "<li> 1 until 1 Feb 2028 </li>" in html


def test_identifiers_left_out_are_shown(sources: Sources, handler: User) -> None:
    plan = ready(handler, keys=SubjectKeys(emails=GIVEN.emails))
    found = seen(plan)

    # The value that joins the other database says nothing to people.
    assert ["@crm/clients/id", "1"] in plan.passed_over
    assert found.passed_over == [PassedOver(kind="customer_number", value="AP-1")]
    assert '<li class="badge badge--warning break">AP-1</li>' in shown(plan)


def test_source_that_failed_has_advice(sources: Sources, handler: User, settings: Settings) -> None:
    settings.SOURCE_URLS = {"SOURCE_CRM_URL": settings.SOURCE_URLS["SOURCE_CRM_URL"]}
    plan = ready(handler)

    assert table(seen(plan), "Calls").advice == (
        "Phone system has no address. Set the environment variable SOURCE_PHONE_URL."
    )
    assert "Set the environment variable SOURCE_PHONE_URL." in shown(plan)


def test_progress_is_shown_while_it_is_carried_out(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = approved(handler, dpo)
    assert '<progress class="progress" max="9" value="0"' in shown(plan)
    sources.run("crm", "ALTER TABLE clients RENAME TO elsewhere")
    work()

    found = seen(plan)
    assert found.is_under_way
    assert found.gone == 3
    assert table(found, "Recordings").is_finished
    assert 'value="3"' in shown(plan)


def test_difference_is_shown(sources: Sources, handler: User, dpo: User) -> None:
    plan = approved(handler, dpo)
    sources.run("crm", "INSERT INTO notes VALUES (9, 1, 'new', '2026-03-01')")
    work()
    found = seen(plan)

    assert found.differences == [
        DifferenceOverview(table="Crm system: Notes", part=PARTS["going"], planned=2, present=3)
    ]
    assert found.stopped == STOPPED["rows_changed"]  # type: ignore[index] # a StrEnum's value
    html = render_to_string("erasure/_difference.html", {"overview": found})
    assert "The data has changed since this plan was computed." in html
    assert 'data-label="Now">3' in "".join(html.split("\n")).replace("  ", "")


def test_rows_that_came_and_stay_are_shown_when_it_is_done(
    sources: Sources, handler: User, dpo: User
) -> None:
    plan = approved(handler, dpo)
    sources.run("phone", "INSERT INTO calls VALUES (9, 1, NULL, '2026-03-01')")
    work()

    assert "further rows came that are kept" in shown(plan)


def test_what_is_erased_later_is_shown(sources: Sources, handler: User, dpo: User) -> None:
    plan = approved(handler, dpo)
    work()
    (later,) = seen(plan).scheduled
    assert (later.title, later.due_at) == ("Phone system", FIRST)
    assert (later.is_mixed, later.advice) == (False, "")

    ScheduledTable.objects.update(is_mixed=True)
    ScheduledErasure.objects.update(error_code="unavailable", error_text="x")
    html = shown(plan)
    assert "next on 1 Jan 2032" in html
    assert "Rows came that cannot be told from those left" in html
    assert "Phone system does not answer." in html


def test_many_dates_are_folded(sources: Sources, handler: User) -> None:
    sources.run("phone", "INSERT INTO calls VALUES (8, 1, NULL, '2023-01-01')")
    sources.run("phone", "INSERT INTO calls VALUES (9, 1, NULL, '2022-01-01')")
    plan = ready(handler)

    html = shown(plan)
    assert "<summary> 4 rows, the first until 1 Jan 2030 </summary>" in html
    assert "<li> 1 until 1 Jan 2033 </li>" in html


@pytest.mark.parametrize("language", ["en", "pl", "et", "lv"])
def test_plan_is_shown_in_every_language(sources: Sources, handler: User, language: str) -> None:
    plan = ready(handler, keys=ANA)
    with override(language):
        assert "Crm system" in render_to_string(
            "erasure/_plan.html", {"overview": overview(plan, language)}
        )
