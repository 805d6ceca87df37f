"""References are opaque, readable aloud, and found however they are typed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requests_portal.domain.references import clean_reference, reference_from


@given(st.integers(min_value=0, max_value=2**64 - 1))
def test_reference_has_no_look_alike_letters_and_is_its_own_clean_form(number: int) -> None:
    reference = reference_from(number)
    assert re.fullmatch(r"AP-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}", reference)
    assert clean_reference(reference) == reference


@pytest.mark.parametrize(
    "typed", ["AP-7K3M-Q9XD", "ap7k3mq9xd", " AP 7k3m q9xd ", "7K3M-Q9XD", "AP–7K3M–Q9XD"]
)
def test_clean_reference_reads_what_people_type(typed: str) -> None:
    assert clean_reference(typed) == "AP-7K3M-Q9XD"


@pytest.mark.parametrize("typed", ["", "AP", "AP-7K3M", "AP-0O1I-LLUU", "AP-7K3M-Q9XD-2", "hello"])
def test_clean_reference_refuses_what_is_none(typed: str) -> None:
    assert clean_reference(typed) is None
