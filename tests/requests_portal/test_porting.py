"""What can be taken elsewhere (Art. 20): the rule, as a table of cases and as properties."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datamap.domain.assembly import assemble
from datamap.domain.schema import Table
from requests_portal.domain.porting import (
    NotPorted,
    columns_for,
    ported_columns,
    why_not_ported,
    withheld_columns,
)
from requests_portal.domain.rights import Right

_WORD = {"en": "x", "pl": "x", "et": "x", "lv": "x"}
_DEMO = Path(__file__).parents[2] / "demo" / "datamap"
_BASES = ["consent", "contract", "legal_obligation", "vital", "public_task", "legitimate_interest"]


def table(columns: dict[str, Any], **keys: Any) -> Table:
    return Table.model_validate(
        {
            "name": "things",
            "title": _WORD,
            "description": _WORD,
            "category": "uploaded",
            "data": "content",
            "role": "controller",
            "purpose": _WORD,
            "legal_basis": "contract",
            "source": _WORD,
            "primary_key": ["id"],
            "find": [{"key": "email", "column": "email"}],
            "retention": {"none": _WORD},
            "erasure": "delete",
            "columns": {"id": "technical", "email": "personal", **columns},
        }
        | keys
    )


def names(found: tuple[Any, ...]) -> list[str]:
    return [one.name for one in found]


def test_the_map_that_says_nothing_errs_toward_the_person() -> None:
    assert names(ported_columns(table({"body": "personal"}))) == ["id", "email", "body"]


@pytest.mark.parametrize("basis", _BASES)
def test_only_consent_and_contract_count(basis: str) -> None:
    stated = table({}, legal_basis=basis, portable=True)
    is_in = basis in {"consent", "contract"}
    assert why_not_ported(stated) == (None if is_in else NotPorted.OTHER_BASIS)
    assert names(ported_columns(stated)) == (["id", "email"] if is_in else [])


def test_what_is_entrusted_is_not_ours_to_hand_over() -> None:
    entrusted = table({}, role="processor", category="entrusted", controller="acme")
    assert why_not_ported(entrusted) == NotPorted.ENTRUSTED
    assert ported_columns(entrusted) == ()


def test_what_was_not_provided_is_left_out_column_by_column() -> None:
    mixed = table(
        {
            "score": {"class": "personal", "portable": False},
            "currency": "technical",
            "state": {"class": "technical", "portable": False},
            "other": "third_party",
            "token": "secret",
        }
    )
    assert names(ported_columns(mixed)) == ["id", "email", "currency", "other"]
    assert names(withheld_columns(mixed)) == ["score"]


def test_a_table_of_ours_can_hold_a_column_that_was_provided() -> None:
    ours = table({"wish": {"class": "personal", "portable": True}}, portable=False)
    assert names(ported_columns(ours)) == ["id", "wish"]
    assert names(withheld_columns(ours)) == ["email"]


def test_a_table_of_which_nothing_was_provided_is_left_out() -> None:
    ours = table({"currency": {"class": "technical", "portable": True}}, portable=False)
    assert why_not_ported(ours) == NotPorted.NOT_PROVIDED
    assert (ported_columns(ours), withheld_columns(ours)) == ((), ())


def test_access_hands_out_everything_but_secrets() -> None:
    one = table({"token": "secret", "score": {"class": "personal", "portable": False}})
    assert names(columns_for(Right.ACCESS, one)) == ["id", "email", "score"]
    assert names(columns_for(Right.PORTABILITY, one)) == ["id", "email"]


_columns = st.dictionaries(
    st.from_regex(r"c[a-z]{1,5}", fullmatch=True),
    st.fixed_dictionaries(
        {"class": st.sampled_from(["personal", "technical", "third_party", "secret"])},
        optional={"portable": st.booleans()},
    ),
    max_size=6,
)


@given(
    columns=_columns,
    basis=st.sampled_from(_BASES),
    portable=st.sampled_from([None, True, False]),
    role=st.sampled_from(["controller", "processor"]),
)
def test_what_goes_elsewhere_is_part_of_what_access_shows(
    *, columns: dict[str, Any], basis: str, portable: bool | None, role: str
) -> None:
    one = table(columns, legal_basis=basis, portable=portable, role=role, category="uploaded")
    ported = names(columns_for(Right.PORTABILITY, one))
    shown = names(columns_for(Right.ACCESS, one))
    assert ported == [name for name in shown if name in ported]  # a part, in the same order
    assert not {name for name in ported if one.column(name).portable is False}
    assert not set(ported) & set(names(withheld_columns(one)))
    assert bool(ported) == (why_not_ported(one) is None)
    if role == "processor" or basis not in {"consent", "contract"}:
        assert ported == []
    if ported:  # all about the person is either handed over or named as left out
        about = {c.name for c in one.columns if c.column_class in {"personal", "third_party"}}
        assert about <= {*ported, *names(withheld_columns(one))}


def test_the_demo_map_says_what_customers_provided() -> None:
    files = {path.name: path.read_text() for path in _DEMO.glob("*.yaml")}
    platform = assemble(files).resource("platform")
    taken = {one.name: len(ported_columns(one)) for one in platform.tables if ported_columns(one)}
    assert taken == {
        "customers": 13,
        "contracts": 4,
        "calls": 8,
        "sms": 8,
        "support_messages": 8,
        "contact_lists": 5,
        "marketing_subscribers": 7,
    }
    assert names(withheld_columns(platform.table("calls"))) == ["cost"]
    assert names(ported_columns(platform.table("contracts"))) == [
        "id",
        "customer_id",
        "service",
        "currency",
    ]
    reasons = {one.name: why_not_ported(one) for one in platform.tables}
    assert reasons["invoices"] == reasons["access_log"] == NotPorted.OTHER_BASIS
    assert reasons["contact_list_entries"] == NotPorted.ENTRUSTED
