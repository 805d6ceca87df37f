"""One case from the form to the letter, in parts that the walks of all rights share."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from django.utils import translation
from django.utils.functional import Promise
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from demo.personas import Persona
from tests.browser.conftest import NewContext
from tests.browser.pages import (
    Answers,
    file_request,
    open_case,
    open_link,
    send_letter,
    sign_in,
    submit,
)
from tests.browser.stack import Stack
from tests.browser.test_accessibility import violations
from tests.browser.test_pages import too_wide
from tests.browser.test_without_javascript import reload_until


@contextmanager
def walk(
    stack: Stack, new_context: NewContext, persona: Persona, right: str, about: str = ""
) -> Iterator[tuple[Page, Page, str]]:
    """A request, filed and confirmed: the person's page, a handler's who took it, its reference."""
    answers = Answers.of(persona, about=about)
    person = new_context().new_page()
    reference = file_request(person, answers, right=right)
    open_link(person, stack.mailbox.wait_for(reference, to=answers.email))
    look(person)
    desk = new_context().new_page()
    sign_in(desk, stack, "handler@demo.example")
    open_case(desk, reference)
    submit(desk, reference, "assign")
    yield person, desk, reference
    verified = stack.manage("audit_verify")
    assert verified.returncode == 0, verified.stderr


def search(desk: Page, reference: str) -> None:
    """Search, until a decision can be taken on what was found."""
    submit(desk, reference, "start")
    reload_until(desk, f"form[action='/desk/cases/{reference}/ruling/']")
    expect(desk.locator(".resource .badge--success")).to_have_count(
        desk.locator(".resource").count()
    )
    look(desk)


def send(desk: Page, reference: str) -> None:
    """Look at the letter that is proposed, send it, and look at the case after it."""
    desk.wait_for_selector("button[name=letter_step]")
    look(desk)
    send_letter(desk, reference)
    look(desk)


def approve(second: Page, stack: Stack, reference: str) -> None:
    """Approve as the officer what a handler proposed, and send its letter."""
    sign_in(second, stack, "dpo@demo.example")
    open_case(second, reference)
    second.locator(f"{proposal(reference)} button").click()
    send_letter(second, reference)


def proposal(reference: str) -> str:
    """The form by which another person approves what is proposed."""
    return f"form[action^='/desk/cases/{reference}/ruling/'][action$='/approve/']"


def read_letter(
    stack: Stack,
    person: Page,
    persona: Persona,
    reference: str,
    *,
    number: int,
    words: tuple[str | Promise, ...],
) -> None:
    """Open the newest letter from the page of status; it is in the person's language."""
    stack.mailbox.wait_for(reference, to=persona.person.email, number=number)
    person.reload()
    look(person)
    links = person.locator("section[aria-labelledby=letters] a")
    expect(links).to_have_count(number)
    address = links.last.get_attribute("href")
    assert address is not None
    letter = person.context.request.get(address)
    assert letter.headers["content-type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(letter.body()))
    assert str(reader.root_object["/Lang"]) == persona.person.language
    text = " ".join("\n".join(page.extract_text() for page in reader.pages).split())
    with translation.override(persona.person.language):
        for one in (reference, *words):
            assert " ".join(str(one).split()) in text


def look(page: Page) -> None:
    """The page as it stands fits every screen and breaks no rule of WCAG."""
    assert too_wide(page) == {}
    page.evaluate(Axe().axe_script)
    assert violations(page) == []
