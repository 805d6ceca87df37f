import pytest

from retention.domain.categories import (
    RULES,
    Category,
    Caution,
    LegalGround,
    Length,
    OnErasure,
    UnknownCategory,
    rule_for,
)


def test_every_category_has_its_rule() -> None:
    assert {category: rule.category for category, rule in RULES.items()} == {
        category: category for category in Category
    }


def test_lengths_are_those_of_the_policy() -> None:
    assert {rule.category.value: rule.length for rule in RULES.values()} == {
        "identity_billing": Length(months=84),
        "traffic": Length(months=84),
        "communications": Length(months=24),
        "uploaded": Length(months=24),
        "entrusted": None,
        "logs": Length(days=60),
    }


def test_erasure_requests_meet_each_rule_differently() -> None:
    assert {rule.category.value: rule.on_erasure for rule in RULES.values()} == {
        "identity_billing": OnErasure.KEPT_BY_LAW,
        "traffic": OnErasure.KEPT_BY_POLICY,
        "communications": OnErasure.ERASED_UNLESS_CLAIM,
        "uploaded": OnErasure.ERASED,
        "entrusted": OnErasure.PASSED_TO_CONTROLLER,
        "logs": OnErasure.KEPT_FOR_SECURITY,
    }


def test_traffic_alone_carries_the_caution() -> None:
    cautions = {rule.category: rule.caution for rule in RULES.values() if rule.caution}

    assert cautions == {Category.TRAFFIC: Caution.EPRIVACY_BILLING_ONLY}


def test_rule_for_finds_a_rule_by_its_name() -> None:
    assert rule_for("identity_billing").ground is LegalGround.ACCOUNTING_ACT


@pytest.mark.parametrize("name", ["log", "LOGS", "", None, 1, ["logs"]])
def test_rule_for_refuses_an_unknown_category(name: object) -> None:
    with pytest.raises(UnknownCategory, match=r"^The category must be one of identity_billing, "):
        rule_for(name)
