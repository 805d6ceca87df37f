"""The whole way of portable data: built, released, collected by a company with a one-time code."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from demo.personas import PERSONAS
from tests.browser.conftest import NewContext
from tests.browser.pages import choose, press, submit
from tests.browser.stack import Stack
from tests.browser.walking import look, read_letter, search, walk

pytestmark = [pytest.mark.browser, pytest.mark.stack]
_KRISTJAN = PERSONAS[1]
_WORDS = "Siin on Teie andmed: õäöü šž."
_COMPANY = "Nordic Telecom"  # as `Answers` names it


def test_data_is_collected_by_a_company_with_a_one_time_code(
    stack: Stack, new_context: NewContext, tmp_path: Path
) -> None:
    with walk(stack, new_context, _KRISTJAN, "portability") as (person, desk, reference):
        search(desk, reference)
        _build_and_release(desk, reference)
        said = (_WORDS, _COMPANY, f"{stack.url}/collect/")
        read_letter(stack, person, _KRISTJAN, reference, number=2, words=said)

        code = _make_code(person)
        company = new_context().new_page()
        _look_at_package(_collect(company, code, tmp_path), reference)
        _enter(company, code)  # it works once
        expect(company.get_by_role("alert")).to_be_visible()
        look(company)

        stack.mailbox.wait_for(reference, to=_KRISTJAN.person.email, number=3)
        person.goto("/et/my/")
        named = person.locator("section[aria-labelledby=porting] strong")
        expect(named).to_have_text([_COMPANY, _COMPANY])  # where it goes, who collected it
        look(person)
        desk.goto("/desk/?show=closed")
        expect(desk.get_by_role("link", name=reference)).to_have_count(1)


def _build_and_release(desk: Page, reference: str) -> None:
    """Decide; when the package is built, release it for whoever has a code."""
    choose(desk, "granted", _WORDS)
    submit(desk, reference, "decide")
    desk.wait_for_selector(f"form[action='/desk/cases/{reference}/porting/release/']")
    look(desk)
    submit(desk, reference, "porting/release")
    look(desk)


def _make_code(person: Page) -> str:
    """Make the code on the page of status; it is shown this once."""
    person.locator("form[action$='/my/code/'] button").click()
    person.wait_for_url("**/my/code/")
    look(person)
    return person.locator("main strong.reference").inner_text()


def _enter(company: Page, code: str) -> None:
    company.goto("/en/collect/")
    company.fill("[name=code]", code)
    press(company)


def _collect(company: Page, code: str, folder: Path) -> bytes:
    with company.expect_download() as started:
        _enter(company, code)
    path = folder / "package.zip"
    started.value.save_as(path)
    return path.read_bytes()


def _look_at_package(package: bytes, reference: str) -> None:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        data = json.loads(archive.read("data.json"))
        assert "letter.pdf" not in archive.namelist()
    assert data["request"]["reference"] == reference
    assert _KRISTJAN.person.email in json.dumps(data)
