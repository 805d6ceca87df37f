"""The whole way of a restriction, an objection, a withdrawn consent and a complaint.

Each in another language, and each to its letter as the person reads it.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from demo.personas import PERSONAS, Persona
from requests_portal.domain.deciding import Ground
from requests_portal.domain.rights import Right
from requests_portal.texts.deciding import EXPLAINED
from requests_portal.texts.rulings import RESTRICTED
from tests.browser.conftest import NewContext
from tests.browser.pages import (
    Answers,
    file_request,
    open_case,
    open_link,
    rule,
    send_letter,
    sign_in,
    submit,
)
from tests.browser.stack import Stack
from tests.browser.test_accessibility import violations
from tests.browser.test_pages import too_wide
from tests.browser.test_without_javascript import reload_until

pytestmark = [pytest.mark.browser, pytest.mark.stack]
_MALGORZATA, _KRISTJAN, _ILZE, _OLIVER = PERSONAS[:4]
_RESTRICTED = RESTRICTED[Right.RESTRICTION]
_COMPELLING = EXPLAINED[Ground.COMPELLING]
_WITHDRAWN = RESTRICTED[Right.WITHDRAWAL]
_ENDS = gettext_lazy("The restriction of your data ends")
_BADGE = ".badge--warning"
_HELD = f"section[aria-labelledby=restricted] {_BADGE}"
_LIFTED_MS = 150_000  # a mail takes seconds, the sweep after it comes once a minute


def test_data_is_restricted_and_the_person_told_before_it_ends(
    stack: Stack, new_context: NewContext
) -> None:
    words = "Ograniczamy: zażółć gęślą jaźń."
    with _walk(stack, new_context, _MALGORZATA, "restriction") as (person, desk, reference):
        expect(desk.locator(_HELD)).to_have_count(0)
        _search(desk, reference)
        rule(desk, reference, "granted", words)
        _send(desk, reference)
        expect(desk.locator(_HELD)).to_have_count(1)
        _read_letter(stack, person, _MALGORZATA, reference, number=2, words=(words, _RESTRICTED))

        desk.locator(f"form[action='/desk/cases/{reference}/restriction/end/'] button").click()
        _send(desk, reference)
        _await_lifting(desk)
        _read_letter(stack, person, _MALGORZATA, reference, number=3, words=(_ENDS,))


def test_an_objection_is_heeded_while_two_people_weigh_and_refuse_it(
    stack: Stack, new_context: NewContext
) -> None:
    words = "Kaalusime: õäöü šž."
    with _walk(stack, new_context, _KRISTJAN, "objection") as (person, desk, reference):
        expect(desk.locator(_HELD)).to_have_count(1)
        _search(desk, reference)
        rule(desk, reference, "refused", words, "compelling", "legal_claim")
        desk.wait_for_selector("#proposal")
        approve = f"form[action^='/desk/cases/{reference}/ruling/'][action$='/approve/']"
        expect(desk.locator(approve)).to_have_count(0)
        _look(desk)

        second = new_context(java_script_enabled=False).new_page()
        sign_in(second, stack, "dpo@demo.example")
        open_case(second, reference)
        second.locator(f"{approve} button").click()
        send_letter(second, reference)
        _read_letter(stack, person, _KRISTJAN, reference, number=2, words=(words, _COMPELLING))
        _await_lifting(desk)


def test_a_consent_is_withdrawn_at_once_and_stays_so(stack: Stack, new_context: NewContext) -> None:
    words = "Atsaukts: āčēģīķļņšūž."
    with _walk(stack, new_context, _ILZE, "withdrawal") as (person, desk, reference):
        expect(desk.locator(_HELD)).to_have_count(1)
        _search(desk, reference)
        rule(desk, reference, "granted", words)
        _send(desk, reference)
        expect(desk.locator(_HELD)).to_have_count(2)
        _read_letter(stack, person, _ILZE, reference, number=2, words=(words, _WITHDRAWN))


def test_a_complaint_names_the_authority_and_is_answered(
    stack: Stack, new_context: NewContext
) -> None:
    words = "You are right. We have stopped calling in the evening."
    page = new_context().new_page()
    page.goto("/en/rights/complaint/")
    for contact in ("info@aki.ee", "info@dvi.gov.lv", "kancelaria@uodo.gov.pl"):
        expect(page.locator(f"a[href='mailto:{contact}']")).to_be_visible()
    _look(page)
    about = "You called me at night."
    with _walk(stack, new_context, _OLIVER, "complaint", about) as (person, desk, reference):
        _search(desk, reference)
        rule(desk, reference, "granted", words)
        _send(desk, reference)
        _read_letter(stack, person, _OLIVER, reference, number=2, words=(words, "info@aki.ee"))


@contextmanager
def _walk(
    stack: Stack, new_context: NewContext, persona: Persona, right: str, about: str = ""
) -> Iterator[tuple[Page, Page, str]]:
    """A request, filed and confirmed: the person's page, a handler's who took it, its reference."""
    answers = Answers.of(persona, about=about)
    person = new_context().new_page()
    reference = file_request(person, answers, right=right)
    open_link(person, stack.mailbox.wait_for(reference, to=answers.email))
    _look(person)
    desk = new_context().new_page()
    sign_in(desk, stack, "handler@demo.example")
    open_case(desk, reference)
    submit(desk, reference, "assign")
    yield person, desk, reference
    verified = stack.manage("audit_verify")
    assert verified.returncode == 0, verified.stderr


def _search(desk: Page, reference: str) -> None:
    """Search, until a decision can be taken on what was found."""
    submit(desk, reference, "start")
    reload_until(desk, f"form[action='/desk/cases/{reference}/ruling/']")
    expect(desk.locator(".resource .badge--success")).to_have_count(
        desk.locator(".resource").count()
    )
    _look(desk)


def _send(desk: Page, reference: str) -> None:
    """Look at the letter that is proposed, send it, and look at the case after it."""
    desk.wait_for_selector("button[name=letter_step]")
    _look(desk)
    send_letter(desk, reference)
    _look(desk)


def _await_lifting(desk: Page) -> None:
    """The restriction is lifted by itself, once its notice has left the house."""
    reload_until(desk, f"section[aria-labelledby=restricted]:not(:has({_BADGE}))", _LIFTED_MS)
    _look(desk)


def _read_letter(
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
    _look(person)
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


def _look(page: Page) -> None:
    """The page as it stands fits every screen and breaks no rule of WCAG."""
    assert too_wide(page) == {}
    page.evaluate(Axe().axe_script)
    assert violations(page) == []
