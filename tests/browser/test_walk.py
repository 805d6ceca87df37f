"""The whole way of an access request, in each language, on the running product."""

import io
import json
import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.formats import date_format
from jsonschema import Draft202012Validator
from playwright.sync_api import BrowserContext, Page, expect
from pypdf import PdfReader

from datamap.services import read_map
from demo.loading import MAP_DIR
from demo.personas import NAMESAKE, PERSONAS, Persona
from lib.entities import ENTITIES
from tests.browser.conftest import NewContext
from tests.browser.mailbox import Letter
from tests.browser.pages import (
    STEPS,
    Answers,
    answer,
    decide,
    expect_language,
    open_case,
    open_link,
    press,
    received_reference,
    search,
    sign_in,
    submit,
)
from tests.browser.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]
_LOCALES = {"en": "en-GB", "pl": "pl-PL", "et": "et-EE", "lv": "lv-LV"}
_WALKERS = {persona.person.language: persona for persona in reversed(PERSONAS[:4])}
_SPELLINGS = {"en": "+372 5345 6789", "pl": "601 234 567", "et": "5123 4567", "lv": "29 123 456"}
_WORDS = {
    "en": "Here is your copy.",
    "pl": "Oto Pani kopia: zażółć gęślą jaźń.",
    "et": "Siin on Teie koopia: õäöü šž.",
    "lv": "Šeit ir Jūsu kopija: āčēģīķļņšūž.",
}


@pytest.mark.parametrize("language", list(_LOCALES))
def test_a_person_asks_for_a_copy_and_receives_it(
    language: str, stack: Stack, new_context: NewContext, tmp_path: Path
) -> None:
    persona = _WALKERS[language]
    email = persona.person.email
    home = new_context(locale=_LOCALES[language])
    reference = _ask(home.new_page(), persona)

    receipt = stack.mailbox.wait_for(reference, to=email)
    _look_at_mail(receipt, language)
    desk = new_context().new_page()
    sign_in(desk, stack, "handler@demo.example")
    open_case(desk, reference)
    scanner = new_context()
    _follow_link_twice(scanner, receipt)
    desk.reload()
    expect(desk.locator("header .badge--success")).to_have_count(0)
    _confirm(home.new_page(), receipt, reference, language)
    _link_is_used_up(scanner.new_page(), receipt)
    desk.reload()
    expect(desk.locator("header .badge--success")).to_have_count(1)

    _handle(desk, reference, persona)
    ready = stack.mailbox.wait_for(reference, to=email, number=2)
    _look_at_mail(ready, language)
    package, letter = _receive(new_context(), ready, tmp_path)
    answered_on = _look_at_package(package, persona, reference, letter)
    _look_at_letter(letter, language, reference, answered_on)

    desk.goto(f"/desk/cases/{reference}/")
    expect(desk.locator("form[action$='/close/']")).to_have_count(0)
    desk.goto("/desk/?show=closed")
    expect(desk.get_by_role("link", name=reference)).to_have_count(1)
    verified = stack.manage("audit_verify")
    assert verified.returncode == 0, verified.stderr


def _ask(page: Page, persona: Persona) -> str:
    """From the address alone to the page of receipt; the reference."""
    language = persona.person.language
    answers = Answers.of(persona, about=_WORDS[language])
    page.goto("/")
    page.wait_for_url(f"**/{language}/")
    expect_language(page, language)
    page.locator(f"main a[href='/{language}/rights/access/']").click()
    page.wait_for_url(f"**/{language}/rights/access/")
    page.locator(f"main a[href='/{language}/request/access/for-whom/']").click()
    page.wait_for_url(f"**/{language}/request/access/for-whom/")
    press(page)
    for step in STEPS:
        page.wait_for_url(f"**/{language}/request/access/{step}/")
        if step == "email":
            _answer_wrongly(page)
        text = _SPELLINGS[language] if step == "phone" else answers.to(step)
        answer(page, step, text)
    page.wait_for_url(f"**/{language}/request/access/review/")
    for shown in (answers.name, answers.email, persona.person.phone, answers.customer_number):
        assert page.get_by_text(shown, exact=True).is_visible()
    press(page)
    reference = received_reference(page)
    expect_language(page, language)
    return reference


def _answer_wrongly(page: Page) -> None:
    """An answer that cannot be: the page says so, keeps it, and takes the mended one."""
    answer(page, "email", "not an address")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("[name=email]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[name=email]")).to_have_value("not an address")


def _look_at_mail(mail: Letter, language: str) -> None:
    assert mail.language == language
    assert f"/{language}/link/" in mail.link
    assert f'lang="{language}"' in mail.html
    assert mail.message["Auto-Submitted"] == "auto-generated"


def _follow_link_twice(scanner: BrowserContext, mail: Letter) -> None:
    """As a mail scanner does; nothing is changed by that."""
    page = scanner.new_page()
    for _ in range(2):
        response = page.goto(mail.link)
        assert response is not None
        assert response.status == 200
    page.goto("/en/my/")
    page.wait_for_url("**/link/new/")


def _confirm(page: Page, mail: Letter, reference: str, language: str) -> None:
    """Press the button behind the link; the page of status tells how it stands."""
    open_link(page, mail)
    expect_language(page, language)
    assert reference in page.locator("h1").inner_text()
    expect(page.locator("[aria-current=step]")).to_have_count(1)
    expect(page.locator("a[href$='/my/package/']")).to_have_count(0)


def _link_is_used_up(page: Page, mail: Letter) -> None:
    response = page.goto(mail.link)
    assert response is not None
    assert response.status == 410


def _handle(page: Page, reference: str, persona: Persona) -> None:
    """Take the case, search, look at what was found, decide; wait for the answer to be sent."""
    submit(page, reference, "assign")
    search(page, reference)
    resources = page.locator(".resource")
    expect(resources).to_have_count(len(read_map(MAP_DIR).resources))
    expect(page.locator(".resource .badge--success")).to_have_count(resources.count())
    assert page.locator(".resource tbody tr:not(:has(a)) .num .muted").count() > 0
    page.locator(".resource a[href*='/data/']").first.click()
    page.wait_for_url("**/data/*/")
    assert page.locator("tbody tr").count() > 0
    expect(page.get_by_text(persona.customer_number, exact=True).first).to_be_visible()
    page.go_back()
    decide(page, reference, "granted", _WORDS[persona.person.language])
    expect(page.locator("form[action$='/close/']")).to_have_count(1)


def _receive(context: BrowserContext, mail: Letter, folder: Path) -> tuple[bytes, bytes]:
    """Download package and letter from the page of status."""
    page = context.new_page()
    open_link(page, mail)
    with page.expect_download() as started:
        page.locator("a[href$='/my/package/']").click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    letter = context.request.get(page.url + "letter/")
    assert letter.headers["content-type"] == "application/pdf"
    return path.read_bytes(), letter.body()


def _look_at_package(package: bytes, persona: Persona, reference: str, letter: bytes) -> date:
    """Look into the ZIP file; the day on which it says it was made."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    assert files.pop("letter.pdf") == letter
    data = json.loads(files["data.json"])
    schema = json.loads(files["data.schema.json"])
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(data)
    assert data["request"]["reference"] == reference
    assert data["request"]["language"] == persona.person.language
    assert f'lang="{persona.person.language}"' in files["index.html"].decode()
    assert persona.customer_number in files["data.json"].decode()
    assert any(name.endswith(".csv") for name in files)
    for name, content in files.items():
        assert _namesake_in(content.decode()) == [], name
    created_at = datetime.fromisoformat(data["request"]["created_at"])
    return created_at.astimezone(ENTITIES[persona.entity].tz).date()


def _namesake_in(text: str) -> list[str]:
    """The identifiers of another person with her name that stand in the text."""
    number = next(persona.customer_number for persona in PERSONAS if persona.person is NAMESAKE)
    lower, plain = text.lower(), re.sub(r"[\s().\-/]", "", text)
    found = [one for one in (NAMESAKE.email, NAMESAKE.second_email, number) if one.lower() in lower]
    return found + [one for one in (NAMESAKE.phone.removeprefix("+48"),) if one in plain]


def _look_at_letter(letter: bytes, language: str, reference: str, answered_on: date) -> None:
    reader = PdfReader(io.BytesIO(letter))
    assert str(reader.root_object["/Lang"]) == language
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert reference in text
    assert _WORDS[language] in text
    with translation.override(language):
        assert date_format(answered_on) in text
