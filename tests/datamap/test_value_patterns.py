"""A value is known by its form; a sample keeps counts and nothing else."""

import pytest

from datamap.domain.value_patterns import Sample, ValueKind, kinds_of

K = ValueKind


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ("jan@example.pl", {K.EMAIL}),
        ("Jan.Kowalski+x@sub.example.co.uk", {K.EMAIL}),
        ("please write to jan@example.pl soon", {K.EMAIL_INSIDE}),
        ("jan@localhost", set()),
        ("+48 601-123-456", {K.PHONE}),
        ("00372 5123 4567", {K.PHONE}),
        ("601123456", set()),
        ("192.0.2.1", {K.IP}),
        ("2001:db8::1", {K.IP}),
        ("192.0.2.1/32", {K.IP}),
        ("12345", set()),
        ("EE38 2200 2210 2014 5685", {K.IBAN}),
        ("EE382200221020145686", set()),
        ("4111 1111 1111 1111", {K.CARD}),
        ("4111 1111 1111 1112", set()),
        ("9111111111111111", set()),
        ("44051401359", {K.PERSONAL_CODE}),  # PESEL
        ("44051401358", set()),
        ("44991401359", set()),
        ("37605030299", {K.PERSONAL_CODE}),  # isikukood
        ("37605030290", set()),
        ("161175-19997", {K.PERSONAL_CODE}),  # personas kods
        ("16117519997", set()),
        ("2026-01-31", {K.DATE}),
        ("2026-02-31", set()),
        ("2026-01-31 10:00:00", {K.DATETIME}),
        ("2026-01-31T10:00:00.123+02:00", {K.DATETIME}),
        ("Anna", set()),
    ],
)
def test_kinds_of_a_value(value: str, kinds: set[ValueKind]) -> None:
    assert kinds_of(value) == kinds


def test_an_isikukood_whose_first_weights_give_ten() -> None:
    digits = "3760503"
    found = [code for serial in range(1000) for code in _codes(f"{digits}{serial:03}")]
    assert len(found) == 1000  # one check digit for each, the second weights included


def _codes(ten: str) -> list[str]:
    codes = [f"{ten}{check}" for check in range(10)]
    estonian = [code for code in codes if K.PERSONAL_CODE in kinds_of(code)]
    return estonian[:1]


def sampled(*values: str) -> Sample:
    sample = Sample()
    for value in values:
        sample.add(value)
    return sample


def test_a_share_is_of_the_values_that_are_not_empty() -> None:
    sample = sampled("a@example.pl", "b@example.pl", "", "  ", "x")
    assert sample.seen == 3
    assert sample.share(K.EMAIL) == pytest.approx(2 / 3)
    assert sample.main_kind() is K.EMAIL


def test_too_few_values_say_nothing() -> None:
    sample = sampled("a@example.pl", "b@example.pl")
    assert sample.share(K.EMAIL) == 0
    assert sample.main_kind() is None


def test_a_minority_is_no_main_kind() -> None:
    assert sampled("a@example.pl", "x", "y").main_kind() is None
    assert sampled("x", "y", "z").main_kind() is None
