"""Values go through a form unchanged, or as what was entered."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datamap.domain.vocabulary import ColumnType
from requests_portal.domain.field_values import (
    FieldKind,
    MalformedValue,
    as_text,
    from_text,
    kind_of,
)

TALLINN = ZoneInfo("Europe/Tallinn")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
instants = st.datetimes(timezones=st.sampled_from([TALLINN, ZoneInfo("UTC")])).map(
    lambda moment: moment.isoformat()
)
EXAMPLES: dict[FieldKind, st.SearchStrategy[object]] = {
    FieldKind.TEXT: st.text(),
    FieldKind.LONG_TEXT: st.text(),
    FieldKind.INTEGER: st.integers(),
    FieldKind.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False).map(
        lambda number: format(number, "f")
    ),
    FieldKind.BOOLEAN: st.booleans(),
    FieldKind.DATE: st.dates().map(lambda day: day.isoformat()),
    FieldKind.DATETIME: instants,
    FieldKind.UUID: st.uuids().map(str),
    FieldKind.JSON: json_values,
}


def test_every_kind_has_examples() -> None:
    assert set(EXAMPLES) == set(FieldKind)


@pytest.mark.parametrize("kind", list(FieldKind))
@settings(deadline=None, database=None, max_examples=60)
@given(data=st.data())
def test_value_that_is_sent_back_as_shown_is_unchanged(
    kind: FieldKind, data: st.DataObject
) -> None:
    present = data.draw(st.none() | EXAMPLES[kind])
    shown = as_text(present, kind, TALLINN)

    assert "\r" not in shown
    for sent in (shown, shown.replace("\n", "\r\n"), f" {shown} "):
        assert from_text(sent, kind, TALLINN, present=present) is present


@pytest.mark.parametrize(
    ("kind", "entered", "value"),
    [
        (FieldKind.TEXT, "  Kask ", "Kask"),
        (FieldKind.LONG_TEXT, "a\r\nb", "a\nb"),
        (FieldKind.INTEGER, "-7", -7),
        (FieldKind.DECIMAL, "1,50", "1.50"),
        (FieldKind.DECIMAL, "1E-7", "0.0000001"),
        (FieldKind.BOOLEAN, "true", True),
        (FieldKind.BOOLEAN, "false", False),
        (FieldKind.DATE, "2026-03-05", "2026-03-05"),
        (FieldKind.DATETIME, "2026-03-05T10:00", "2026-03-05T10:00:00+02:00"),
        (FieldKind.DATETIME, "2026-07-05T10:00:01", "2026-07-05T10:00:01+03:00"),
        (FieldKind.DATETIME, "2026-03-05 10:00Z", "2026-03-05T10:00:00+00:00"),
        (
            FieldKind.UUID,
            "F47AC10B58CC4372A5670E02B2C3D479",
            "f47ac10b-58cc-4372-a567-0e02b2c3d479",
        ),
        (FieldKind.JSON, '{"a": [1]}', {"a": [1]}),
    ],
)
def test_what_is_entered_is_read(kind: FieldKind, entered: str, value: object) -> None:
    assert from_text(entered, kind, TALLINN, present=None) == value


def test_what_is_emptied_is_nothing() -> None:
    assert from_text("", FieldKind.TEXT, TALLINN, present="x") is None
    assert from_text(" ", FieldKind.DATE, TALLINN, present="2026-03-05") is None
    assert from_text("", FieldKind.BOOLEAN, TALLINN, present=False) is None


@pytest.mark.parametrize(
    ("kind", "entered"),
    [
        (FieldKind.INTEGER, "1.5"),
        (FieldKind.INTEGER, "9" * 5000),
        (FieldKind.DECIMAL, "much"),
        (FieldKind.DECIMAL, "NaN"),
        (FieldKind.DECIMAL, "Infinity"),
        (FieldKind.BOOLEAN, "maybe"),
        (FieldKind.DATE, "2026-02-30"),
        (FieldKind.DATE, "5.3.2026"),
        (FieldKind.DATETIME, "yesterday"),
        (FieldKind.UUID, "7"),
        (FieldKind.JSON, "{"),
        (FieldKind.JSON, "NaN"),
        (FieldKind.JSON, "[" * 100_000),
    ],
)
def test_what_is_of_another_kind_is_refused_without_repeating_it(
    kind: FieldKind, entered: str
) -> None:
    with pytest.raises(MalformedValue) as refusal:
        from_text(entered, kind, TALLINN, present=None)

    assert str(refusal.value) == f"This is not of the kind {kind.value}."


def test_instants_are_shown_in_the_zone_of_the_column() -> None:
    def shown(value: str) -> str:
        return as_text(value, FieldKind.DATETIME, TALLINN)

    assert shown("2026-03-05T08:00:00+00:00") == "2026-03-05T10:00:00"
    assert shown("2026-03-05T08:00:00") == "2026-03-05T08:00:00"
    assert shown("infinity") == "infinity"


@pytest.mark.parametrize(
    ("column_type", "present", "kind"),
    [
        (ColumnType.BINARY, None, None),
        (None, {"base64": "eA=="}, None),
        (ColumnType.DATE, "2026-03-05", FieldKind.DATE),
        (ColumnType.TEXT, "short", FieldKind.TEXT),
        (ColumnType.TEXT, "x" * 81, FieldKind.LONG_TEXT),
        (None, "two\nlines", FieldKind.LONG_TEXT),
        (None, "two\rlines", FieldKind.LONG_TEXT),
        (None, None, FieldKind.TEXT),
        (None, True, FieldKind.BOOLEAN),
        (None, 7, FieldKind.INTEGER),
        (None, 7.5, FieldKind.DECIMAL),
        (None, {"a": 1}, FieldKind.JSON),
        (None, [1], FieldKind.JSON),
    ],
)
def test_kind_of_a_field(
    column_type: ColumnType | None, present: object, kind: FieldKind | None
) -> None:
    assert kind_of(column_type, present) is kind
