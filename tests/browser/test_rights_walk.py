"""The whole way of a restriction, an objection, a withdrawn consent and a complaint.

Each in another language, and each to its letter as the person reads it.
"""

import pytest
from django.utils.translation import gettext_lazy
from playwright.sync_api import Page, expect

from demo.personas import PERSONAS
from requests_portal.domain.deciding import Ground
from requests_portal.domain.rights import Right
from requests_portal.texts.deciding import EXPLAINED
from requests_portal.texts.rulings import RESTRICTED
from tests.browser.conftest import NewContext
from tests.browser.pages import rule
from tests.browser.stack import Stack
from tests.browser.test_without_javascript import reload_until
from tests.browser.walking import approve, look, proposal, read_letter, search, send, walk

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
    with walk(stack, new_context, _MALGORZATA, "restriction") as (person, desk, reference):
        expect(desk.locator(_HELD)).to_have_count(0)
        search(desk, reference)
        rule(desk, reference, "granted", words)
        send(desk, reference)
        expect(desk.locator(_HELD)).to_have_count(1)
        read_letter(stack, person, _MALGORZATA, reference, number=2, words=(words, _RESTRICTED))

        desk.locator(f"form[action='/desk/cases/{reference}/restriction/end/'] button").click()
        send(desk, reference)
        _await_lifting(desk)
        read_letter(stack, person, _MALGORZATA, reference, number=3, words=(_ENDS,))


def test_an_objection_is_heeded_while_two_people_weigh_and_refuse_it(
    stack: Stack, new_context: NewContext
) -> None:
    words = "Kaalusime: õäöü šž."
    with walk(stack, new_context, _KRISTJAN, "objection") as (person, desk, reference):
        expect(desk.locator(_HELD)).to_have_count(1)
        search(desk, reference)
        rule(desk, reference, "refused", words, "compelling", "legal_claim")
        desk.wait_for_selector("#proposal")
        expect(desk.locator(proposal(reference))).to_have_count(0)
        look(desk)

        approve(new_context(java_script_enabled=False).new_page(), stack, reference)
        read_letter(stack, person, _KRISTJAN, reference, number=2, words=(words, _COMPELLING))
        _await_lifting(desk)


def test_a_consent_is_withdrawn_at_once_and_stays_so(stack: Stack, new_context: NewContext) -> None:
    words = "Atsaukts: āčēģīķļņšūž."
    with walk(stack, new_context, _ILZE, "withdrawal") as (person, desk, reference):
        expect(desk.locator(_HELD)).to_have_count(1)
        search(desk, reference)
        rule(desk, reference, "granted", words)
        send(desk, reference)
        expect(desk.locator(_HELD)).to_have_count(2)
        read_letter(stack, person, _ILZE, reference, number=2, words=(words, _WITHDRAWN))


def test_a_complaint_names_the_authority_and_is_answered(
    stack: Stack, new_context: NewContext
) -> None:
    words = "You are right. We have stopped calling in the evening."
    page = new_context().new_page()
    page.goto("/en/rights/complaint/")
    for contact in ("info@aki.ee", "info@dvi.gov.lv", "kancelaria@uodo.gov.pl"):
        expect(page.locator(f"a[href='mailto:{contact}']")).to_be_visible()
    look(page)
    about = "You called me at night."
    with walk(stack, new_context, _OLIVER, "complaint", about) as (person, desk, reference):
        search(desk, reference)
        rule(desk, reference, "granted", words)
        send(desk, reference)
        read_letter(stack, person, _OLIVER, reference, number=2, words=(words, "info@aki.ee"))


def _await_lifting(desk: Page) -> None:
    """The restriction is lifted by itself, once its notice has left the house."""
    reload_until(desk, f"section[aria-labelledby=restricted]:not(:has({_BADGE}))", _LIFTED_MS)
    look(desk)
