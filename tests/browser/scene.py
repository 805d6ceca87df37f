"""Three cases in three states and the sessions of those who see them, made once for all tests.

The product lets one address file ten requests an hour: five are the walks', three are these.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, StorageState

from demo.personas import PERSONAS
from tests.browser.pages import (
    STEPS,
    Answers,
    answer,
    decide,
    file_request,
    open_case,
    open_link,
    search,
    sign_in,
    submit,
)
from tests.browser.stack import Stack

_NAMESAKE, _CONTACT = PERSONAS[6], PERSONAS[4]
STRANGER = Answers("en", "Ann Example", "ann@example.org", about="What do you know about me?")


@dataclass(frozen=True)
class Scene:
    """References of the cases, addresses of pages that hold an id, sessions by who they are of."""

    received: str
    found: str
    answered: str
    table: str
    token: str  # of a link that nobody has used
    sessions: dict[str, StorageState]


def set_scene(stack: Stack, new_context: Callable[..., BrowserContext]) -> Scene:
    """File three requests; search for two of them; answer one."""
    asked = {
        "received": STRANGER,
        "found": Answers.of(_CONTACT),
        "answered": Answers.of(_NAMESAKE),
    }
    references: dict[str, str] = {}
    sessions: dict[str, StorageState] = {}
    for state, answers in asked.items():
        with new_context() as context:
            references[state] = file_request(context.new_page(), answers)
            sessions[f"filed {state}"] = context.storage_state()
    for state, answers in asked.items():
        with new_context() as context:
            mail = stack.mailbox.wait_for(references[state], to=answers.email)
            open_link(context.new_page(), mail)
            sessions[state] = context.storage_state()
    sessions["drafting"] = _half_way(new_context)
    with new_context() as context:
        page = context.new_page()
        sign_in(page, stack, "security@demo.example", to="/staff/people/")
        sessions["security"] = context.storage_state()
    with new_context() as context:
        page = context.new_page()
        sign_in(page, stack, "handler@demo.example")
        sessions["handler"] = context.storage_state()
        for state in ("found", "answered"):
            open_case(page, references[state])
            submit(page, references[state], "assign")
            search(page, references[state])
        table = page.locator(".resource a[href*='/data/']").first.get_attribute("href")
        decide(page, references["answered"], "granted", "This is for you.")
    assert table is not None
    mail = stack.mailbox.wait_for(references["answered"], to=_NAMESAKE.person.email, number=2)
    token = mail.link.rstrip("/").rpartition("/")[2]
    return Scene(**references, table=table, token=token, sessions=sessions)


def _half_way(new_context: Callable[..., BrowserContext]) -> StorageState:
    """The session of somebody who has answered every question but not sent the request."""
    with new_context() as context:
        page = context.new_page()
        page.goto("/en/request/access/name/")
        for step in STEPS:
            page.wait_for_url(f"**/{step}/")
            answer(page, step, STRANGER.to(step))
        page.wait_for_url("**/review/")
        return context.storage_state()
