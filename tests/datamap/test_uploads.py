"""What may stand in the files that owners upload, and how a mistake is told."""

import json
from typing import Any

import pytest

from datamap.domain.assembly import assemble
from datamap.domain.schema import Resource
from datamap.domain.uploads import (
    MOST_ROWS,
    Mistake,
    NotReadable,
    UploadedRow,
    read_upload,
    template_of,
)
from tests.datamap.archive import CONTRACTS, MAP, VISITS
from tests.datamap.maps import shop, table

ARCHIVE: Resource = assemble({"archive.yaml": MAP}).resource("archive")
TYPES = shop(
    table(
        "things",
        """
    primary_key: [id]
    find: [{key: email, column: id}]
    retention: {none: {en: en, pl: pl, et: et, lv: lv}}
    columns:
      id: technical
      text: {class: personal, type: text}
      whole: {class: personal, type: integer}
      amount: {class: personal, type: decimal}
      yes: {class: personal, type: boolean}
      on: {class: personal, type: date}
      at: {class: personal, type: datetime}
      more: {class: personal, type: json}
      uid: {class: personal, type: uuid}
      data: {class: personal, type: binary}
      free: personal
""",
    )
)


def read(content: str, name: str = "contracts", resource: Resource = ARCHIVE) -> list[UploadedRow]:
    return read_upload(content.encode(), resource, resource.table(name))


def mistakes(content: str, name: str = "contracts") -> list[Mistake]:
    with pytest.raises(NotReadable) as refused:
        read(content, name)
    return list(refused.value.mistakes)


def thing(**given: Any) -> dict[str, Any]:
    """Return one row of `things` as it is read from JSON."""
    blank = dict.fromkeys((one.name for one in TYPES.table("things").columns), None)
    (row,) = read(json.dumps({**blank, "id": "1", **given}), "things", TYPES)
    return dict(row.values)


def test_csv_is_read_by_its_header() -> None:
    assert read(CONTRACTS) == [
        UploadedRow(
            2,
            {
                "id": 1,
                "email": "Ana@example.com",
                "customer": "AP-1",
                "signed_on": "2020-01-31",
                "witness": "Jan Kask",
                "blocked": False,
            },
        ),
        UploadedRow(
            3,
            {
                "id": 2,
                "email": None,
                "customer": "AP-1",
                "signed_on": "2021-02-03",
                "witness": None,
                "blocked": None,
            },
        ),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_delimiter_and_order_of_columns(delimiter: str) -> None:
    content = '\ufeffwitness;blocked;id;email;customer;signed_on\r\n"A\nB";;1;a@b.ee;;\r\n\r\n'
    content += "C;;2;;AP-1;\r\n"
    rows = read(content.replace(";", delimiter))
    assert [(row.line, row.values["id"], row.values["witness"]) for row in rows] == [
        (2, 1, "A\nB"),
        (5, 2, "C"),
    ]


def test_json_is_read_as_lines_or_as_an_array() -> None:
    lines = read(VISITS, "visits")
    array = read("[" + VISITS.strip().replace("\n", ",") + "]", "visits")
    assert [row.values for row in lines] == [row.values for row in array]
    assert lines[0].values["at"] == "2026-01-05 14:00:00+02:00"  # the column's zone
    assert lines[1].values["at"] == "2026-01-06 09:00:00"


@pytest.mark.parametrize(
    ("column", "given", "held"),
    [
        ("text", 7, "7"),
        ("whole", " 12 ", 12),
        ("amount", "1 234,50", "1234.50"),
        ("amount", 0.1, "0.1"),
        ("yes", "TRUE", True),
        ("yes", 0, False),
        ("on", "1.2.2026", "2026-02-01"),
        ("at", "1.2.2026 08:30", "2026-02-01 08:30:00"),
        ("at", "2026-02-01", "2026-02-01"),
        ("more", {"a": 1}, '{"a": 1}'),
        ("more", '{"a": 1}', '{"a": 1}'),
        ("uid", "5F2C1C0E-2B1C-4E5E-8F2B-0B6F1A2C3D4E", "5f2c1c0e-2b1c-4e5e-8f2b-0b6f1a2c3d4e"),
        ("data", "aGk=", {"base64": "aGk="}),
        ("data", {"base64": "aGk="}, {"base64": "aGk="}),
        ("free", 1.5, 1.5),
        ("free", ["a"], '["a"]'),
        ("text", "  ", None),
    ],
)
def test_values_have_the_types_of_the_map(column: str, given: object, held: object) -> None:
    assert thing(**{column: given})[column] == held


@pytest.mark.parametrize(
    ("column", "given"),
    [
        ("text", ["a"]),
        ("whole", "1.5"),
        ("whole", str(1 << 63)),
        ("amount", "Infinity"),
        ("amount", "many"),
        ("yes", "maybe"),
        ("on", "2026-02-30"),
        ("on", 20260230),
        ("at", "soon"),
        ("more", "{"),
        ("uid", "no-uuid"),
        ("data", "?"),
    ],
)
def test_a_value_of_another_type_is_told_without_the_value(column: str, given: object) -> None:
    with pytest.raises(NotReadable) as refused:
        thing(**{column: given})
    kind = TYPES.table("things").column(column).type
    assert refused.value.mistakes == (Mistake("value", 1, column, str(kind)),)
    assert str(given) not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", [Mistake("empty")]),
        (" \n", [Mistake("empty")]),
        ('{"id": 1', [Mistake("unreadable", 1)]),
        ("[1,\n2", [Mistake("unreadable", 2)]),
        ("[1]", [Mistake("no_object", 1)]),
        (
            "id,email,customer,signed_on,witness\n1,a@b.ee,,,\n",
            [Mistake("missing_column", 1, "blocked")],
        ),
        (
            "id,email,customer,signed_on,witness,blocked,pin\n",
            [Mistake("unknown_column", 1, "pin")],
        ),
        (
            "id,id,email,customer,signed_on,witness,blocked\n",
            [Mistake("repeated_column", 1, "id")],
        ),
        (
            "id,email,customer,signed_on,witness,blocked\n1,a@b.ee\n",
            [Mistake("fields", 2)],
        ),
        (
            (
                "id,email,customer,signed_on,witness,blocked\n,a@b.ee,,,,\nx,a@b.ee,,,,\n"
                "3,,,,,\n3,,,,,\n"
            ),
            [
                Mistake("no_key", 2, "id"),
                Mistake("value", 3, "id", "integer"),
                Mistake("repeated_key", 3, "id"),
                Mistake("repeated_key", 5, "id"),
            ],
        ),
        (
            'id,email,customer,signed_on,witness,blocked\n1,"a\n',
            [Mistake("unreadable", 2)],
        ),
    ],
)
def test_mistakes_are_told_by_line_and_column(content: str, expected: list[Mistake]) -> None:
    assert mistakes(content) == expected


def test_what_is_no_utf8_is_refused() -> None:
    with pytest.raises(NotReadable) as refused:
        read_upload(b"id\n\xff", ARCHIVE, ARCHIVE.table("contracts"))
    assert refused.value.mistakes == (Mistake("unreadable"),)


def test_only_the_first_mistakes_are_told() -> None:
    rows = "".join(f"x{number},,,,,\n" for number in range(50))
    assert len(mistakes("id,email,customer,signed_on,witness,blocked\n" + rows)) == 20


def test_more_rows_than_a_person_has_are_refused() -> None:
    rows = "".join(f"{number},,,,,\n" for number in range(MOST_ROWS + 1))
    assert mistakes("id,email,customer,signed_on,witness,blocked\n" + rows) == [Mistake("too_many")]


def test_the_template_is_read_as_no_rows() -> None:
    template = template_of(ARCHIVE.table("contracts"))
    assert template == "id,email,customer,signed_on,witness,blocked\r\n"
    assert read(template) == []


def test_the_anchor_has_to_be_a_date_without_a_type_too() -> None:
    resource = ARCHIVE.model_copy(
        update={
            "tables": tuple(
                one.model_copy(
                    update={
                        "columns": tuple(
                            column.model_copy(update={"type": None}) for column in one.columns
                        )
                    }
                )
                for one in ARCHIVE.tables
            )
        }
    )
    with pytest.raises(NotReadable) as refused:
        read(CONTRACTS.replace("2021-02-03", "then"), resource=resource)
    assert refused.value.mistakes == (Mistake("value", 3, "signed_on", "datetime"),)
