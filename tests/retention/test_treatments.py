"""What an erasure does to each table, and the inverse of the end date."""

import dataclasses
import hashlib
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datamap.domain.erasing import Treatment
from datamap.domain.vocabulary import Erasing
from lib.entities import ENTITIES, entity
from retention.domain import categories, treatments
from retention.domain.categories import Category, Length
from retention.domain.expiry import ANCHOR_DAYS, MonthDay, expires_at, is_due
from retention.domain.treatments import (
    Ground,
    TreatmentDecision,
    due_before,
    rules_hash,
    treatments_of,
)
from tests.datamap.maps import TEXT, map_of

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
codes = st.sampled_from(sorted(ENTITIES))
year_ends = st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(
    lambda day: MonthDay(day.month, day.day)
)
KEEP = Treatment(Erasing.KEEP)


@settings(deadline=None, database=None, max_examples=400)
@given(
    now=st.datetimes(datetime(2015, 1, 1), datetime(2045, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (zone is drawn)
    near=st.integers(-400, 400),
    category=st.sampled_from(list(Category)),
    code=codes,
    year_end=year_ends,
    months=st.integers(1, 12),
)
def test_due_before_parts_the_days_as_the_end_date_does(
    now: datetime, near: int, category: Category, code: str, year_end: MonthDay, months: int
) -> None:
    own = {
        "category": category.value,
        "entity": entity(code),
        "financial_year_end": year_end,
        "dpa_months": months if category is Category.ENTRUSTED else None,
    }
    first_kept = due_before(now=now, **own)

    for day in (
        first_kept - timedelta(days=1),
        first_kept,
        first_kept + timedelta(days=near),
        now.date() + timedelta(days=near),
    ):
        until = expires_at(anchor=day, **own)  # type: ignore[arg-type]
        assert is_due(now, until) == (day < first_kept)


@pytest.mark.parametrize("code", sorted(ENTITIES))
@pytest.mark.parametrize("category", list(Category))
def test_due_before_holds_for_every_day_and_every_hour_around_midnight(
    category: Category, code: str
) -> None:
    months = 6 if category is Category.ENTRUSTED else None
    day, last = date(2023, 12, 25), date(2024, 3, 5)
    while day <= last:
        for hour in (0, 21, 22, 23):
            now = datetime.combine(day, time(hour), tzinfo=UTC)
            found = due_before(category=category, now=now, entity=entity(code), dpa_months=months)
            last_due = found - timedelta(days=1)
            for anchor, due in ((last_due, True), (found, False)):
                until = expires_at(
                    category=category, anchor=anchor, entity=entity(code), dpa_months=months
                )
                assert is_due(now, until) is due
        day += timedelta(days=1)


def test_due_before_ends_with_the_days_that_can_be_computed() -> None:
    early = datetime(2, 1, 1, tzinfo=UTC)
    late = datetime(9999, 12, 30, tzinfo=UTC)

    def found(now: datetime) -> date:
        return due_before(category="logs", now=now, entity=entity("EE"))

    assert found(early) == ANCHOR_DAYS[0]
    assert found(late) == ANCHOR_DAYS[1] + timedelta(days=1)


def yaml(name: str, category: str, own: str) -> str:
    role = "processor\n    controller: acme" if category == "entrusted" else "controller"
    return f"""  {name}:
    title: {TEXT}
    description: {TEXT}
    category: {category}
    data: contact
    role: {role}
    purpose: {TEXT}
    legal_basis: contract
    source: {TEXT}
    primary_key: [id]
    find: [{{key: email, column: email}}]
    columns:
      id: technical
      email: {{class: personal, erase: hash}}
      at: {{class: personal, erase: null}}
    {own}
"""


def decided(category: str, own: str, claims: Collection[str] = ()) -> TreatmentDecision:
    data_map = map_of(yaml("things", category, own))
    found = treatments_of(data_map.resource("shop"), data_map=data_map, now=NOW, claims=claims)
    assert list(found) == ["things"]
    return found["things"]


ANCHORED = "retention: {anchor: at}\n    erasure: "
ENDLESS = f"retention: {{none: {TEXT}}}\n    erasure: "


@pytest.mark.parametrize(
    ("category", "own", "treatment", "ground"),
    [
        (
            "identity_billing",
            ANCHORED + "keep",
            Treatment(Erasing.DELETE, date(2019, 1, 1)),
            Ground.LEGAL_OBLIGATION,
        ),
        # The law comes before what the map would rather do.
        (
            "identity_billing",
            ANCHORED + "delete",
            Treatment(Erasing.DELETE, date(2019, 1, 1)),
            Ground.LEGAL_OBLIGATION,
        ),
        ("identity_billing", ENDLESS + "delete", KEEP, Ground.LEGAL_OBLIGATION),
        (
            "traffic",
            ANCHORED + "{on_request: keep, when_due: anonymise}",
            Treatment(Erasing.ANONYMISE, date(2019, 1, 1)),
            Ground.POLICY,
        ),
        (
            "logs",
            ANCHORED + "keep",
            Treatment(Erasing.DELETE, date(2026, 1, 4)),
            Ground.SECURITY,
        ),
        ("communications", ANCHORED + "delete", Treatment(Erasing.DELETE), Ground.NONE),
        ("uploaded", ENDLESS + "delete", Treatment(Erasing.DELETE), Ground.NONE),
        ("uploaded", ANCHORED + "anonymise", Treatment(Erasing.ANONYMISE), Ground.NONE),
        (
            "communications",
            ANCHORED + "keep",
            Treatment(Erasing.DELETE, date(2024, 3, 1)),
            Ground.MAP,
        ),
        ("communications", ENDLESS + "keep", KEEP, Ground.MAP),
        ("entrusted", "retention: {dpa_end: true}\n    erasure: delete", KEEP, Ground.CONTROLLER),
        ("entrusted", ANCHORED + "delete", KEEP, Ground.CONTROLLER),
    ],
)
def test_treatment_of_a_table(
    category: str, own: str, treatment: Treatment, ground: Ground
) -> None:
    decision = decided(category, own)

    assert decision == TreatmentDecision(treatment, ground)
    assert decision.keeps is (ground is not Ground.NONE)


@pytest.mark.parametrize(
    ("category", "own", "claim", "treatment", "ground"),
    [
        (
            "communications",
            ANCHORED + "delete",
            "shop.things",
            Treatment(Erasing.DELETE, date(2024, 3, 1)),
            Ground.CLAIM,
        ),
        ("uploaded", ENDLESS + "delete", "shop.things", KEEP, Ground.CLAIM),
        ("communications", ANCHORED + "delete", "other.things", Treatment(Erasing.DELETE), "none"),
        # A legal obligation needs no claim, and a claim takes nothing from a controller.
        ("identity_billing", ENDLESS + "keep", "shop.things", KEEP, Ground.LEGAL_OBLIGATION),
        ("entrusted", ANCHORED + "delete", "shop.things", KEEP, Ground.CONTROLLER),
    ],
)
def test_claim_keeps_what_would_go(
    category: str, own: str, claim: str, treatment: Treatment, ground: Ground
) -> None:
    assert decided(category, own, {claim}) == TreatmentDecision(treatment, ground)


def test_resource_that_the_map_does_not_have_is_refused() -> None:
    resource = map_of(yaml("things", "uploaded", ENDLESS + "delete")).resource("shop")
    renamed = resource.model_copy(update={"id": "elsewhere"})

    with pytest.raises(KeyError):
        treatments_of(renamed, data_map=map_of(yaml("things", "logs", ENDLESS + "keep")), now=NOW)


def test_rules_hash_changes_with_every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rules_hash()
    assert len(before) == len(hashlib.sha256().hexdigest())
    hashes = {before}
    for category, rule in categories.RULES.items():
        other = dataclasses.replace(rule, length=Length(months=1, days=1))
        changed = MappingProxyType({**categories.RULES, category: other})
        with monkeypatch.context() as patch:
            patch.setattr(treatments, "RULES", changed)
            hashes.add(rules_hash())

    assert len(hashes) == 1 + len(Category)
    assert rules_hash() == before
