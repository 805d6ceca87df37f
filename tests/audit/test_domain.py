from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.domain.actor import Actor, ActorKind
from audit.domain.chain import Head, SealedEvent, SealedLink, canonical, fault_in, link_hash
from audit.domain.event_data import InvalidEvent, JSONValue, checked_data, checked_verb
from audit.domain.personal_data import PersonalDataInAudit, looks_like_email, looks_like_phone

EVENT = SealedEvent(
    id=7,
    at=datetime(2026, 11, 23, 9, 0, 0, 5, tzinfo=UTC),
    actor_kind="staff",
    actor_ref="3",
    verb="case.received",
    object_kind="case",
    object_id="ā1",
    data='{"rows": 2}',
    recorded_at=datetime(2026, 11, 23, 11, 0, 1, tzinfo=timezone(timedelta(hours=2))),
)
LINK = SealedLink(
    seq=1, event_id=7, prev_hash=bytes(32), hash=link_hash(bytes(32), EVENT, seq=1), event=EVENT
)


def test_actor_says_who_without_naming_a_person() -> None:
    assert Actor.staff(3) == Actor(ActorKind.STAFF, "3")
    assert Actor.person() == Actor(ActorKind.PERSON, "")
    assert Actor.system("outbox") == Actor(ActorKind.SYSTEM, "outbox")


def test_canonical_form_is_the_documented_one() -> None:
    assert canonical(EVENT, seq=1).decode() == (
        "1:1,1:7,27:2026-11-23T09:00:00.000005Z,5:staff,1:3,13:case.received,4:case,3:ā1,"
        '11:{"rows": 2},27:2026-11-23T09:00:01.000000Z,'
    )


@given(first=st.tuples(st.text(), st.text()), second=st.tuples(st.text(), st.text()))
def test_canonical_form_tells_any_two_events_apart(
    first: tuple[str, str], second: tuple[str, str]
) -> None:
    def form(refs: tuple[str, str]) -> bytes:
        event = SealedEvent(**{**EVENT.__dict__, "actor_ref": refs[0], "object_id": refs[1]})
        return canonical(event, seq=1)

    assert (form(first) == form(second)) == (first == second)


def test_fault_in_names_what_is_wrong() -> None:
    def fault(**changes: object) -> str:
        return fault_in(SealedLink(**{**LINK.__dict__, **changes}), after=Head())

    assert fault() == ""
    assert fault(seq=2) == "Link 1 is missing; the next one is 2."
    assert fault(prev_hash=b"x" * 32) == "Link 1 does not follow the link before it."
    assert fault(event=None) == "Event 7 of link 1 is missing."
    assert fault(hash=bytes(32)) == "Event 7 of link 1 was changed."


@pytest.mark.parametrize("verb", ["case.received", "sign_in.failed", "a.b"])
def test_verb_of_the_form_is_accepted(verb: str) -> None:
    assert checked_verb(verb) == verb


@pytest.mark.parametrize(
    "verb", ["", "case", "Case.received", "case.received.twice", "case received", "case.received\n"]
)
def test_verb_of_another_form_is_refused(verb: str) -> None:
    with pytest.raises(InvalidEvent):
        checked_verb(verb)


def test_flat_data_is_accepted_as_it_is() -> None:
    data: dict[str, JSONValue] = {
        "rows": 3,
        "resource": "platform",
        "again": False,
        "none": None,
        "ids": ("a", 1, None),
    }

    assert checked_data(data) == {**data, "ids": ["a", 1, None]}


@pytest.mark.parametrize(
    "data", [{"a": 1.5}, {"a": {"b": 1}}, {"a": [[1]]}, {"a": b"x"}, {1: "a"}, {"a": "b\x00"}]
)
def test_other_data_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(InvalidEvent):
        checked_data(data)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "kadri@example.ee",
        "sent to Kadri <kadri.tamm+news@post.example.ee>",
        "õnne@näide.ee",
    ],
)
def test_email_addresses_are_seen(text: str) -> None:
    assert looks_like_email(text)
    examples: tuple[dict[str, JSONValue], ...]
    examples = ({"a": text}, {"a": ["b", text]}, {text: "a"})
    for data in examples:
        with pytest.raises(PersonalDataInAudit) as refusal:
            checked_data(data)
        assert "example.ee" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "+372 5123 4567",
        "+37251234567",
        "37251234567",
        "0048 22 531-03-00",
        "called (22) 531 03 00 twice",
        "+371.6722.3131",
        "tel:67223131",
        "5123 4567, on 2026-11-23",
    ],
)
def test_phone_numbers_are_seen(text: str) -> None:
    assert looks_like_phone(text)
    with pytest.raises(PersonalDataInAudit) as refusal:
        checked_data({"a": text})
    assert text not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-23",
        "2026-11-23T09:00:00+02:00",
        "2026-11-23 09:00:00.123456Z",
        "from 2026-11-23 to 2026-12-23",
        "01234567-89ab-4def-8123-456789abcdef",
        "case:12345678-1234-4234-8234-123456789012:acknowledgement",
        "AP-7K3M-Q9XD",
        "smtp_550",
        "123456",
        "v2.1",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "12(3)",
        "@",
    ],
)
def test_references_dates_and_hashes_are_not_taken_for_numbers(text: str) -> None:
    assert not looks_like_email(text)
    assert not looks_like_phone(text)
