"""No step needs JavaScript: not the person's, not the handler's."""

import pytest
from playwright.sync_api import Page, expect

from demo.personas import ANDRIS, PERSONAS
from tests.browser.conftest import NewContext
from tests.browser.pages import Answers, choose, file_request, open_case, open_link, sign_in, submit
from tests.browser.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]
_PATIENCE_MS = 30_000
_PAUSE_MS = 250


def test_a_request_is_filed_and_answered_without_javascript(
    stack: Stack, new_context: NewContext
) -> None:
    andris = next(persona for persona in PERSONAS if persona.person is ANDRIS)
    person = new_context(java_script_enabled=False).new_page()
    reference = file_request(person, Answers.of(andris))
    open_link(person, stack.mailbox.wait_for(reference, to=ANDRIS.email))

    desk = new_context(java_script_enabled=False).new_page()
    sign_in(desk, stack, "handler@demo.example")
    open_case(desk, reference)
    submit(desk, reference, "assign")
    submit(desk, reference, "start")
    reload_until(desk, f"form[action='/desk/cases/{reference}/decide/']")
    choose(desk, "nothing_held")
    submit(desk, reference, "decide")
    reload_until(desk, f"a[href='/desk/cases/{reference}/letter/']")

    person.reload()
    expect(person.locator("a[href$='/my/package/']")).to_have_count(1)


def reload_until(page: Page, selector: str, patience_ms: int = _PATIENCE_MS) -> None:
    """Load the page again, as its link "Refresh" does, until the element is there."""
    for _ in range(patience_ms // _PAUSE_MS):
        if page.locator(selector).count():
            return
        page.wait_for_timeout(_PAUSE_MS)
        page.reload()
    pytest.fail(f"{selector} did not come")
