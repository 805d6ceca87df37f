"""A cell of the CSV is never a formula, and a number stays as it is."""

import pytest

from requests_portal.services.package_files import _cell


@pytest.mark.parametrize(
    "text",
    ["=1+1", " =1+1", "\n=1", "\t@x", "@cmd", "+cmd|x", "-2+3", "＝1+1", "－1"],
)
def test_cell_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert _cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    ["+48601234567", "+48 (22) 531-03-00", "+48•••35", "-0,5", "-12.50", "text", "a=b", "–"],
)
def test_cell_that_is_a_value_stays(text: str) -> None:
    assert _cell(text) == text


def test_cell_of_other_kinds() -> None:
    assert [_cell(None), _cell(True), _cell(False), _cell(7), _cell({"ä": [1]})] == [
        "",
        "true",
        "false",
        "7",
        '{"ä": [1]}',
    ]
