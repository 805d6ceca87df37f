"""What a person and a handler do on our pages, step by step.

Elements are found by name, role and address, never by text: the pages speak four languages.
"""

import re
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from demo.personas import Persona
from tests.browser.mailbox import Letter
from tests.browser.stack import Stack

REFERENCE = re.compile(r"AP-[0-9A-Z]{4}-[0-9A-Z]{4}")
STEPS = ("name", "email", "phone", "customer-number", "country", "about")
_OWN_STEPS = {
    "erasure": ("about", "later"),
    "restriction": ("why", "about"),
    "objection": ("which", "about"),
    "portability": ("about", "where", "company"),
}
_CHOICES = {
    "country": "country",
    "later": "tell_when_gone",
    "why": "restriction_choice",
    "which": "objection_choice",
    "where": "target",
}


@dataclass(frozen=True)
class Answers:
    """What somebody answers to the six questions, and in which language they are asked."""

    language: str
    name: str
    email: str
    phone: str = ""
    customer_number: str = ""
    country: str = "EE"
    about: str = ""
    later: str = "yes"
    why: str = "claim"
    which: str = "other_use"
    where: str = "code"
    company: str = "Nordic Telecom"

    @classmethod
    def of(cls, persona: Persona, *, about: str = "") -> "Answers":
        """The answers of one of the demonstration's people."""
        person = persona.person
        return cls(
            language=person.language,
            name=person.name,
            email=person.email,
            phone=person.phone,
            customer_number=persona.customer_number,
            country=persona.entity,
            about=about,
        )

    def to(self, step: str) -> str:
        answer: str = getattr(self, step.replace("-", "_"))
        return answer


def press(page: Page) -> None:
    """Press the button of the page's own form."""
    page.locator("main form button").click()


def answer(page: Page, step: str, text: str) -> None:
    """Answer the question on the page and go on."""
    if step in _CHOICES:
        page.check(f"[name={_CHOICES[step]}][value={text}]")
    else:
        page.fill(f"[name={step.replace('-', '_')}]", text)
    press(page)


def file_request(page: Page, answers: Answers, *, right: str = "access") -> str:
    """Answer all questions and send; the reference that the page of receipt shows."""
    base = f"/{answers.language}/request/{right}"
    page.goto(f"{base}/name/")
    for step in (*STEPS[:-1], *_OWN_STEPS.get(right, ("about",))):
        page.wait_for_url(f"**{base}/{step}/")
        answer(page, step, answers.to(step))
    page.wait_for_url(f"**{base}/review/")
    press(page)
    return received_reference(page)


def received_reference(page: Page) -> str:
    """Wait for the page of receipt; the reference on it."""
    page.wait_for_url("**/request/*/received/")
    shown = page.locator("main [role=status] .reference").inner_text()
    assert REFERENCE.fullmatch(shown)
    return shown


def open_link(page: Page, mail: Letter) -> None:
    """Follow the link of a mail and press its button."""
    page.goto(mail.link)
    press(page)
    page.wait_for_url("**/my/")


def sign_in(page: Page, stack: Stack, email: str, *, to: str = "/desk/") -> None:
    """Ask for a page of the staff's and sign in on the way to it."""
    page.goto(to)
    page.wait_for_url("**/staff/sign-in/**")
    page.fill("[name=login]", email)
    page.fill("[name=password]", stack.password)
    press(page)
    page.wait_for_url(f"**{to}")


def open_case(page: Page, reference: str) -> None:
    """Find a case in the queue of open ones and open it."""
    page.goto("/desk/")
    page.get_by_role("link", name=reference).click()
    page.wait_for_url(f"**/desk/cases/{reference}/")


def submit(page: Page, reference: str, step: str) -> None:
    """Press the button of one step on the page of a case: assign, start, decide, close."""
    page.locator(f"form[action='/desk/cases/{reference}/{step}/'] button").click()
    page.wait_for_url(f"**/desk/cases/{reference}/")


def search(page: Page, reference: str) -> None:
    """Start the search and wait, without reloading, until the page asks for a decision."""
    submit(page, reference, "start")
    page.wait_for_selector(f"form[action='/desk/cases/{reference}/decide/']")


def choose(page: Page, outcome: str, message: str = "") -> None:
    """Fill in the decision."""
    page.check(f"[name=outcome][value={outcome}]")
    page.fill("[name=message]", message)
    page.check("[name=identity_checked]")


def decide(page: Page, reference: str, outcome: str, message: str = "") -> None:
    """Decide, and wait without reloading until the answer is ready."""
    choose(page, outcome, message)
    submit(page, reference, "decide")
    page.wait_for_selector(f"a[href='/desk/cases/{reference}/letter/']")


def rule(page: Page, reference: str, outcome: str, reasons: str, *grounds: str) -> None:
    """Fill in a ruling and go on: to its letter, or to its proposal where it needs two."""
    page.check(f"[name=outcome][value={outcome}]")
    for ground in grounds:
        page.check(f"[name=grounds][value={ground}]")
    page.fill("[name=message]", reasons)
    if outcome in {"granted", "partly"}:
        page.check("[name=identity_checked]")
    page.locator(f"form[action='/desk/cases/{reference}/ruling/'] button").click()


def send_letter(page: Page, reference: str) -> None:
    """Send the letter that is shown."""
    page.locator("button[name=letter_step][value=send]").click()
    page.wait_for_url(f"**/desk/cases/{reference}/")


def expect_language(page: Page, language: str) -> None:
    expect(page.locator("html")).to_have_attribute("lang", language)
