from datetime import UTC, datetime

import pytest
from django.db import transaction

from audit.domain.actor import Actor
from audit.domain.event_data import InvalidEvent
from audit.domain.personal_data import PersonalDataInAudit
from audit.models import Event
from audit.queries import events_of
from audit.services import OutsideTransaction, record

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CASE = "01234567-89ab-4def-8123-456789abcdef"


def recorded(verb: str = "case.received", **changes: object) -> None:
    arguments = {"by": Actor.person(), "at": AT, "object_kind": "case", "object_id": CASE}
    record(verb, **{**arguments, **changes})  # type: ignore[arg-type]


@pytest.mark.django_db
def test_record_writes_what_was_said() -> None:
    recorded(by=Actor.staff(3), data={"rows": 2, "resource": "platform"})

    event = Event.objects.get()
    assert (event.actor_kind, event.actor_ref, event.at) == ("staff", "3", AT)
    assert (event.verb, event.object_kind, event.object_id) == ("case.received", "case", CASE)
    assert event.data == {"rows": 2, "resource": "platform"}
    assert event.recorded_at is not None


@pytest.mark.django_db
def test_record_without_data_writes_an_empty_object() -> None:
    recorded()

    assert Event.objects.get().data == {}


@pytest.mark.django_db(transaction=True)
def test_record_outside_a_transaction_is_refused() -> None:
    with pytest.raises(OutsideTransaction):
        recorded()

    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_record_goes_when_its_transaction_goes() -> None:
    with transaction.atomic():
        recorded()
        transaction.set_rollback(True)

    assert not Event.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"verb": "received"}, InvalidEvent),
        ({"at": datetime(2026, 11, 23)}, InvalidEvent),  # noqa: DTZ001 (what is refused)
        ({"data": {"a": 1.5}}, InvalidEvent),
        ({"data": {"a": "kadri@example.ee"}}, PersonalDataInAudit),
        ({"object_id": "kadri@example.ee"}, PersonalDataInAudit),
        ({"object_id": "+37251234567"}, PersonalDataInAudit),
        ({"by": Actor.system("kadri@example.ee")}, PersonalDataInAudit),
    ],
)
def test_record_of_what_does_not_belong_there_is_refused(
    changes: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        recorded(**changes)  # type: ignore[arg-type]

    assert not Event.objects.exists()


@pytest.mark.django_db
def test_record_takes_a_long_row_number_for_what_it_is() -> None:
    recorded(object_id="12345678901")

    assert Event.objects.get().object_id == "12345678901"


@pytest.mark.django_db
def test_events_of_gives_one_objects_events_in_order() -> None:
    recorded("case.received")
    recorded("case.received", object_id="another")
    recorded("case.received", object_kind="package")
    recorded("case.started", at=datetime(2026, 11, 22, tzinfo=UTC))

    assert [event.verb for event in events_of("case", CASE)] == ["case.received", "case.started"]
    assert str(events_of("case", CASE)[0]) == f"case.received case {CASE}"
