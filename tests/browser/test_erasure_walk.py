"""The whole way of an erasure: asked, confirmed, planned, approved by another, done, told."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from demo.personas import PERSONAS
from tests.browser.conftest import NewContext
from tests.browser.pages import Answers, file_request, open_case, open_link, sign_in, submit
from tests.browser.stack import Stack
from tests.browser.test_accessibility import violations
from tests.browser.test_pages import too_wide

pytestmark = [pytest.mark.browser, pytest.mark.stack]
_ANSWERS = Answers.of(PERSONAS[6])  # nobody asks for a copy of hers after the scene is set
_DONE = "section[aria-labelledby=erasure] p .badge--success"


# `scene`: her copy is made before her data goes.
@pytest.mark.usefixtures("scene")
def test_a_person_asks_for_erasure_and_sees_what_was_done(
    stack: Stack, new_context: NewContext
) -> None:
    person = new_context().new_page()
    reference = file_request(person, _ANSWERS, right="erasure")
    open_link(person, stack.mailbox.wait_for(reference, to=_ANSWERS.email))
    desk = new_context().new_page()
    sign_in(desk, stack, "handler@demo.example")
    open_case(desk, reference)
    submit(desk, reference, "assign")
    submit(desk, reference, "start")
    approve = f"form[action='/desk/cases/{reference}/plan/approve/']"

    desk.wait_for_selector(f"form[action='/desk/cases/{reference}/plan/']")
    _look(desk)
    desk.check("[name=identity_checked]")
    submit(desk, reference, "plan")
    desk.wait_for_selector(".figures")
    expect(desk.locator(approve)).to_have_count(0)
    _look(desk)

    second = new_context(java_script_enabled=False).new_page()
    sign_in(second, stack, "dpo@demo.example")
    open_case(second, reference)
    going = second.locator(".figure__number").first.inner_text()
    assert int(going) > 0
    submit(second, reference, "plan/approve")
    desk.reload()
    desk.wait_for_selector(_DONE)
    _look(desk)

    stack.mailbox.wait_for(reference, to=_ANSWERS.email, number=2)
    person.reload()
    expect(person.locator("section[aria-labelledby=done] li").first).to_be_visible()
    _look(person)
    verified = stack.manage("audit_verify")
    assert verified.returncode == 0, verified.stderr


def _look(page: Page) -> None:
    """The page as it stands fits every screen and breaks no rule of WCAG."""
    assert too_wide(page) == {}
    page.evaluate(Axe().axe_script)
    assert violations(page) == []
