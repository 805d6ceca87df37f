"""Every connector corrects a field if the old value is still there, and marks restrictions."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from datamap.connectors.base import FieldChange, JSONValue
from datamap.domain.correcting import NotCorrectable, correctable_columns
from datamap.domain.erasing import NotPermitted
from datamap.domain.keys import SubjectKeys
from tests.datamap.contract import ANNA, JAN, Ledger


def rectify(
    ledger: Ledger,
    column: str,
    old: JSONValue,
    new: JSONValue,
    *,
    row: int = 1,
    keys: SubjectKeys | None = ANNA,
) -> bool:
    change = FieldChange(row={"id": row}, column=column, old=old, new=new)
    with ledger.writing(ledger.scope(keys)) as writer:
        return writer.rectify(ledger.resource.table("customers"), change)


def shown(ledger: Ledger, row: int = 1) -> dict[str, JSONValue]:
    table = ledger.resource.table("customers")
    keys = SubjectKeys(customer_numbers=(f"C-{row}",))
    with ledger.connector.extract(table, keys) as rows:
        return next(rows).values


@pytest.mark.parametrize(
    ("column", "new"),
    [
        ("number", "C-1"),
        ("email", "anna.nowak@example.pl"),
        ("phone", "+48 601 234 568"),
        ("phone", None),
        ("born_on", "1991-02-28"),
        ("born_on", None),
        ("balance", "99.95"),
        ("seen_at", "2026-07-01T10:30:00+02:00"),
        ("seen_at", None),
        ("trusted", False),
    ],
)
def test_a_field_is_corrected_as_it_was_shown(ledger: Ledger, column: str, new: JSONValue) -> None:
    before, others = shown(ledger), [shown(ledger, row) for row in (2, 3)]
    assert rectify(ledger, column, before[column], new)
    after = shown(ledger)
    changed = {name for name in before if after[name] != before[name]}
    assert changed <= {column}
    expected = float(str(new)) if column == "balance" else new
    given = after[column]
    assert (float(str(given)) if column == "balance" else given) == expected
    assert [shown(ledger, row) for row in (2, 3)] == others


def test_the_values_that_are_written_have_the_columns_types(ledger: Ledger) -> None:
    with ledger.writing(ledger.scope()) as writer:
        for column, old, new in (
            ("born_on", "1990-01-31", "1991-02-28"),
            ("seen_at", "2026-01-31T12:00:00+01:00", "2026-07-01T08:30:00+00:00"),
        ):
            change = FieldChange({"id": 1}, column, old, new)
            assert writer.rectify(ledger.resource.table("customers"), change)
    row = ledger.rows("customers")[1]
    written = (row[4], row[6])
    if ledger.source.backend == "sqlite":
        assert written == ("1991-02-28", "2026-07-01 10:30:00")
    else:
        # Warsaw's clock at that instant, for a column without a zone of its own.
        assert written == (date(1991, 2, 28), datetime(2026, 7, 1, 10, 30))  # noqa: DTZ001
        assert isinstance(row[5], Decimal)


@pytest.mark.parametrize(
    ("column", "old", "new"),
    [
        ("number", "C-9", "C-1"),
        ("number", None, "C-1"),
        ("email", "anna@example.pl", "ANNA@example.pl"),
        ("phone", "602", "603"),
        ("born_on", "1990-01-30", "1991-02-28"),
        ("seen_at", "2026-01-31T12:00:00+00:00", None),
        ("seen_at", None, "2026-01-31T12:00:00+00:00"),
        ("trusted", False, None),
        ("trusted", None, False),
    ],
)
def test_another_old_value_is_a_conflict(
    ledger: Ledger, column: str, old: JSONValue, new: JSONValue
) -> None:
    before = ledger.everything()
    assert not rectify(ledger, column, old, new)
    assert ledger.everything() == before


@pytest.mark.parametrize(("row", "keys"), [(2, ANNA), (1, JAN), (99, ANNA), (1, SubjectKeys())])
def test_a_row_of_somebody_else_is_a_conflict(ledger: Ledger, row: int, keys: SubjectKeys) -> None:
    before = ledger.everything()
    old = {1: "601", 2: None, 99: None}[row]
    assert not rectify(ledger, "phone", old, "+48601234567", row=row, keys=keys)
    assert ledger.everything() == before


def test_a_row_whose_address_was_corrected_is_still_the_persons(ledger: Ledger) -> None:
    table = ledger.resource.table("customers")
    with ledger.writing(ledger.scope(SubjectKeys(emails=ANNA.emails))) as writer:
        first = FieldChange({"id": 1}, "email", "Anna@example.pl", "new@example.pl")
        second = FieldChange({"id": 1}, "phone", "601", "602")
        assert writer.rectify(table, first)
        assert writer.rectify(table, second)
    assert (shown(ledger)["email"], shown(ledger)["phone"]) == ("new@example.pl", "602")


@pytest.mark.parametrize(
    ("table", "column", "reason"),
    [
        ("customers", "id", "key"),
        ("customers", "password", "secret"),
        ("customers", "nothing", "unknown"),
        ("contracts", "customer_id", "join"),
        ("recordings", "call_id", "join"),
        ("recordings", "day", "key"),
    ],
)
def test_what_cannot_be_corrected_is_refused(
    ledger: Ledger, table: str, column: str, reason: str
) -> None:
    change = FieldChange({"id": 1, "day": 1}, column, None, None)
    with ledger.writing(ledger.scope()) as writer, pytest.raises(NotCorrectable) as refused:
        writer.rectify(ledger.resource.table(table), change)
    assert (refused.value.reason, refused.value.table, refused.value.column) == (
        reason,
        table,
        column,
    )


@pytest.mark.parametrize(
    ("column", "new"),
    [("born_on", "yesterday"), ("seen_at", "soon"), ("born_on", 5)],
)
def test_a_value_of_another_type_is_refused(ledger: Ledger, column: str, new: JSONValue) -> None:
    with pytest.raises(NotCorrectable) as refused:
        rectify(ledger, column, None, new)
    assert refused.value.reason == "value"
    assert "yesterday" not in str(refused.value)


def test_the_columns_that_may_be_corrected(ledger: Ledger) -> None:
    resource = ledger.resource
    assert correctable_columns(resource, resource.table("contracts")) == ("ended_on",)
    assert correctable_columns(resource, resource.table("recordings")) == ("body",)


def test_a_restriction_is_marked_and_cleared(ledger: Ledger) -> None:
    customers = ledger.resource.table("customers")

    def mark(*, restricted: bool) -> int:
        with ledger.writing(ledger.scope()) as writer:
            return writer.restrict(customers, restricted=restricted)

    def marked() -> set[object]:
        return {key for key, row in ledger.rows("customers").items() if row[-1]}

    before = ledger.everything()
    assert (mark(restricted=True), marked()) == (2, {1, 3})
    assert (mark(restricted=True), marked()) == (0, {1, 3})
    assert (mark(restricted=False), marked()) == (2, set())
    assert ledger.everything() == before


def test_a_table_without_a_mark_is_left_alone(ledger: Ledger) -> None:
    with ledger.writing(ledger.scope()) as writer:
        assert writer.restrict(ledger.resource.table("calls"), restricted=True) == 0


def test_nobody_is_marked_without_identifiers(ledger: Ledger) -> None:
    with ledger.writing(ledger.scope(SubjectKeys())) as writer:
        assert writer.restrict(ledger.resource.table("customers"), restricted=True) == 0


def test_a_permit_for_everybody_corrects_and_marks_nothing(ledger: Ledger) -> None:
    customers = ledger.resource.table("customers")
    change = FieldChange({"id": 1}, "phone", "601", "602")
    with ledger.writing(ledger.scope(None)) as writer:
        with pytest.raises(NotPermitted):
            writer.rectify(customers, change)
        with pytest.raises(NotPermitted):
            writer.restrict(customers, restricted=True)
