"""Everything is reached and done with the keyboard alone, and one always sees where one is."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.pages import STEPS, Answers, received_reference
from tests.browser.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]
_STOPS = 40
_ANSWERS = Answers("en", "Kim Keys", "kim@example.org", country="LV", about="Tab, Tab, Enter.")
_FOCUS = """() => {
  const one = document.activeElement;
  // A control may show its focus on the label or card around it.
  const shows = [one, one.closest("label"), one.closest("li")].some((part) => {
    if (!part) return false;
    const style = getComputedStyle(part);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  return { html: one.outerHTML.slice(0, 100), shows };
}"""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus; every stop on the way is visible."""
    target = page.locator(selector).first
    for _ in range(_STOPS):
        page.keyboard.press("Tab")
        seen = page.evaluate(_FOCUS)
        assert seen["shows"], f"The focus cannot be seen on {seen['html']}"
        if target.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"{selector} is not reached by Tab")


def test_a_request_is_filed_with_the_keyboard_alone(stack: Stack, new_context: NewContext) -> None:
    page = new_context().new_page()
    page.goto("/en/")
    tab_to(page, "main a[href='/en/request/access/for-whom/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/request/access/for-whom/")
    tab_to(page, "[name=for_whom]:checked")
    page.keyboard.press("Enter")
    for step in STEPS:
        page.wait_for_url(f"**/request/access/{step}/")
        _answer(page, step)
    page.wait_for_url("**/request/access/review/")
    tab_to(page, "main form button")
    page.keyboard.press("Enter")
    reference = received_reference(page)

    assert stack.mailbox.wait_for(reference, to=_ANSWERS.email).language == "en"


def _answer(page: Page, step: str) -> None:
    tab_to(page, f"[name={step.replace('-', '_')}]")
    if step == "country":
        page.keyboard.press("ArrowDown")
        expect(page.locator("[name=country][value=LV]")).to_be_checked()
    else:
        page.keyboard.type(_ANSWERS.to(step))
    if step == "about":  # a line of its own begins with Enter
        tab_to(page, "main form button")
    page.keyboard.press("Enter")


def test_the_first_stop_leads_past_the_header(new_context: NewContext) -> None:
    page = new_context().new_page()
    page.goto("/en/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    expect(page.locator(".skip-link")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize(("step", "field"), [("name", "#id_name"), ("country", "#id_country_0")])
def test_a_refusal_has_the_focus_and_leads_to_the_field(
    step: str, field: str, new_context: NewContext
) -> None:
    page = new_context().new_page()
    page.goto(f"/en/request/access/{step}/")
    tab_to(page, "main form button")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    tab_to(page, ".error-summary a")
    page.keyboard.press("Enter")
    expect(page.locator(field)).to_be_focused()
