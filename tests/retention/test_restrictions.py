"""Restrictions are set, found by any identifier, and lifted after the notice alone."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.domain.actor import Actor
from audit.queries import events_of
from datamap.domain.keys import SubjectKeys
from datamap.domain.vocabulary import Category
from lib.units import Status
from retention.domain.restricting import Reason
from retention.models import Restriction, SourceMark
from retention.queries import is_restricted, restriction_of, restrictions
from retention.services.restrictions import (
    AlreadyLifted,
    NobodyNamed,
    NoticeAlreadySent,
    NoticeNotSent,
    lift,
    note_notice_sent,
    restrict_person,
)
from tests.retention.conftest import ANA, BEN, NOW, Sources

pytestmark = pytest.mark.django_db
BY = Actor.staff(3)
LATER = NOW + timedelta(days=1)


def restrict(keys: SubjectKeys = ANA, **changes: object) -> Restriction:
    return restrict_person(
        **{"keys": keys, "reason": Reason.ACCURACY, "by": BY, "at": NOW, **changes}  # type: ignore[arg-type]
    )


def verbs(restriction: Restriction) -> list[str]:
    return [event.verb for event in events_of("restriction", str(restriction.pk))]


def test_restriction_is_found_by_each_of_its_identifiers() -> None:
    keys = SubjectKeys(
        emails=("ana@example.com",), phones=("+3725",), ips=("::1",), custom=(("card", "7"),)
    )
    restriction = restrict(keys)

    for pair in keys:
        assert is_restricted(SubjectKeys.of_pairs([pair]))
    assert restriction_of(keys) == [restriction]
    assert Restriction.objects.get().keys == keys
    assert not is_restricted(BEN)
    assert not is_restricted(SubjectKeys())
    assert not is_restricted(SubjectKeys(customer_numbers=("+3725",)))
    assert restriction_of(BEN) == []


def test_asking_whether_somebody_is_restricted_is_one_query_by_the_index() -> None:
    restrict()
    with CaptureQueriesContext(connection) as queries:
        assert is_restricted(SubjectKeys(emails=("ana@example.com", "b@example.com")))

    assert len(queries) == 1
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + queries[0]["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "restrictionkey_once_per_restriction" in plan


def test_restriction_is_on_record_without_personal_data() -> None:
    case = f"case:{uuid4()}"
    restriction = restrict(
        resources={"phone", "crm"},
        tables={"crm.notes"},
        categories={Category.TRAFFIC},
        reference=case,
        note="Ana says: wrong",
    )

    event = events_of("restriction", str(restriction.pk)).get()
    assert (event.verb, event.actor_ref, event.at) == ("restriction.set", "3", NOW)
    assert event.data == {
        "reason": "accuracy",
        "resources": ["crm", "phone"],
        "tables": ["crm.notes"],
        "categories": ["traffic"],
        "reference": case,
    }
    stored = Restriction.objects.get()
    assert (stored.set_by, stored.note, stored.starts_at) == ("staff:3", "Ana says: wrong", NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT retention_restriction::text FROM retention_restriction")
        (text,) = cursor.fetchone()
    assert "ana@" not in text
    assert "wrong" not in text


def test_restriction_without_identifier_is_refused() -> None:
    with pytest.raises(NobodyNamed):
        restrict(SubjectKeys())
    assert not Restriction.objects.exists()


def test_restriction_is_lifted_after_the_notice_alone() -> None:
    restriction = restrict()
    with pytest.raises(NoticeNotSent):
        lift(restriction=restriction, by=BY, at=LATER)
    assert is_restricted(ANA)

    note_notice_sent(restriction=restriction, by=BY, at=NOW)
    assert is_restricted(ANA)
    with pytest.raises(NoticeAlreadySent):
        note_notice_sent(restriction=restriction, by=BY, at=LATER)
    lifted = lift(restriction=restriction, by=Actor.staff(4), at=LATER)

    assert (lifted.notice_sent_at, lifted.notice_sent_by) == (NOW, "staff:3")
    assert (lifted.lifted_at, lifted.lifted_by) == (LATER, "staff:4")
    assert not is_restricted(ANA)
    assert restriction_of(ANA) == []
    assert verbs(restriction) == [
        "restriction.set",
        "restriction.notice_sent",
        "restriction.lifted",
    ]


def test_lifted_restriction_stays_lifted() -> None:
    restriction = restrict()
    note_notice_sent(restriction=restriction, by=BY, at=NOW)
    lift(restriction=restriction, by=BY, at=LATER)

    with pytest.raises(AlreadyLifted):
        lift(restriction=restriction, by=BY, at=LATER)
    with pytest.raises(AlreadyLifted):
        note_notice_sent(restriction=restriction, by=BY, at=LATER)
    assert len(verbs(restriction)) == 3


def test_second_restriction_holds_when_the_first_is_lifted() -> None:
    first, second = restrict(), restrict(reason=Reason.OBJECTION)
    note_notice_sent(restriction=first, by=BY, at=NOW)
    lift(restriction=first, by=BY, at=LATER)

    assert restriction_of(ANA) == [second]
    assert list(restrictions(in_force=True)) == [second]
    assert list(restrictions(in_force=False)) == [first]


def test_marks_are_ordered_in_every_source_that_is_concerned(sources: Sources) -> None:
    restriction = restrict()

    orders = restriction.marks.values_list("resource_id", "status", "not_before")
    assert list(orders) == [("crm", Status.QUEUED, NOW)]


def test_restriction_holds_without_a_map() -> None:
    assert restrict().marks.count() == 0
    assert is_restricted(ANA)


@pytest.mark.parametrize(
    "broken",
    [
        {"reason": "because"},
        {"categories": ["secrets"]},
        {"notice_sent_at": NOW},
        {"notice_sent_by": "staff:1"},
        {"notice_sent_at": NOW - timedelta(1), "notice_sent_by": "staff:1"},
        {"lifted_at": NOW, "lifted_by": "staff:1"},
        {"lifted_by": "staff:1"},
        {
            "notice_sent_at": LATER,
            "notice_sent_by": "staff:1",
            "lifted_at": NOW,
            "lifted_by": "staff:1",
        },
        {"notice_sent_at": NOW, "notice_sent_by": "staff:1", "lifted_at": NOW},
    ],
)
def test_row_whose_fields_do_not_go_together_is_refused(broken: dict[str, object]) -> None:
    restriction = restrict()
    with pytest.raises(IntegrityError), transaction.atomic():
        Restriction.objects.filter(pk=restriction.pk).update(**broken)


def test_rows_name_themselves_without_personal_data(sources: Sources) -> None:
    restriction = restrict()

    assert str(restriction) == f"restriction {restriction.pk}"
    assert str(SourceMark.objects.get()) == f"crm of {restriction.pk}"
    key = restriction.hashes.get()
    assert str(key) == f"key of {restriction.pk}"
