"""The whole way of a correction: one value corrected in its source, the rest refused by two."""

import pytest
from playwright.sync_api import Page, expect

from demo.personas import PERSONAS
from requests_portal.domain.deciding import Ground
from requests_portal.texts.deciding import EXPLAINED
from tests.browser.conftest import NewContext
from tests.browser.pages import press, rule
from tests.browser.stack import Stack
from tests.browser.walking import approve, look, proposal, read_letter, search, walk

pytestmark = [pytest.mark.browser, pytest.mark.stack]
_MARTA = PERSONAS[4]
_ABOUT = "Nie jestem już kierowniczką, a nazwisko piszę przez „s”."
_OLD, _NEW = "kierowniczka biura", "dyrektorka: zażółć gęślą jaźń"
_WORDS = "Nazwisko zgadza się z umową."
_NOTICES = "section[aria-labelledby=recipients]"


def test_a_value_is_corrected_at_its_source_and_the_rest_refused_by_two_people(
    stack: Stack, new_context: NewContext
) -> None:
    with walk(stack, new_context, _MARTA, "rectification", _ABOUT) as (person, desk, reference):
        search(desk, reference)
        _correct(desk, reference)
        desk.goto(f"/desk/cases/{reference}/")
        look(desk)
        rule(desk, reference, "partly", _WORDS, "accurate")
        desk.wait_for_selector("#proposal")
        expect(desk.locator(proposal(reference))).to_have_count(0)
        look(desk)

        approve(new_context(java_script_enabled=False).new_page(), stack, reference)
        said = (_OLD, _NEW, _WORDS, EXPLAINED[Ground.ACCURATE])
        read_letter(stack, person, _MARTA, reference, number=2, words=said)
        expect(person.locator("section[aria-labelledby=done] ins")).to_have_text(_NEW)
        _tell_a_recipient(desk)


def _correct(desk: Page, reference: str) -> None:
    """Find the record that is wrong, enter the right value, look at both, and have it written."""
    links = desk.locator(".resource a[href*='/data/']").all()
    addresses = [link.get_attribute("href") or "" for link in links]
    wrong = desk.locator("tbody tr", has_text=_OLD)
    for address in addresses:
        desk.goto(address)
        if wrong.count():
            break
    wrong.get_by_role("link").click()
    desk.wait_for_selector("[name=field-job_title]")
    look(desk)
    desk.fill("[name=field-job_title]", _NEW)
    press(desk)
    desk.wait_for_url(f"**/desk/cases/{reference}/corrections/")
    look(desk)
    desk.locator("form[action$='/corrections/apply/'] button").click()
    desk.wait_for_selector("#corrections .badge--success")
    expect(desk.locator("#corrections td.break").last).to_have_text(_NEW)
    look(desk)


def _tell_a_recipient(desk: Page) -> None:
    """Note how the first recipient of the corrected data was told (Art. 19)."""
    desk.reload()
    expect(desk.locator(f"{_NOTICES} .badge--success")).to_have_count(0)
    look(desk)
    form = desk.locator(f"{_NOTICES} form[action$='/told/']").first
    form.locator("xpath=..").locator("summary").click()
    form.locator("[name$=told_on]").fill("2026-01-31")
    form.locator("[name$=reason]").fill("Corrected in their form; they confirmed it.")
    form.locator("button").click()
    desk.wait_for_selector(f"{_NOTICES} .badge--success")
    look(desk)
