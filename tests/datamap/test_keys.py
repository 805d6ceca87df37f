"""The identifiers of a person, as they are written down."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from datamap.domain.keys import SubjectKeys

texts = st.lists(st.text(min_size=1), unique=True, max_size=3).map(tuple)
#: Pairs of one kind stand together: the order of kinds is no part of what is kept.
customs = st.dictionaries(st.sampled_from(["card", "badge"]), texts, max_size=2).map(
    lambda kinds: tuple((kind, value) for kind, values in kinds.items() for value in values)
)


@settings(deadline=None, database=None, max_examples=100)
@given(emails=texts, phones=texts, numbers=texts, ips=texts, custom=customs)
def test_keys_come_back_from_json(
    emails: tuple[str, ...],
    phones: tuple[str, ...],
    numbers: tuple[str, ...],
    ips: tuple[str, ...],
    custom: tuple[tuple[str, str], ...],
) -> None:
    keys = SubjectKeys(emails, phones, numbers, ips, custom)

    assert SubjectKeys.from_json(json.loads(json.dumps(keys.as_json()))) == keys


def test_pairs_are_told_apart_by_kind_and_counted_once() -> None:
    pairs = [("phone", "+37251"), ("card", "7"), ("email", "a@b.ee"), ("phone", "+37251")]

    keys = SubjectKeys.of_pairs(pairs)

    assert keys == SubjectKeys(emails=("a@b.ee",), phones=("+37251",), custom=(("card", "7"),))
    assert list(keys) == [("email", "a@b.ee"), ("phone", "+37251"), ("card", "7")]
    assert list(SubjectKeys()) == []
