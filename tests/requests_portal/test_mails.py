"""The mails of a request: the part in text and the part in HTML say the same."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.utils import translation
from django.utils.formats import date_format

from audit.domain.actor import Actor
from outbox.models import Message
from outbox.queries import messages_for
from requests_portal.models import Case, Package
from requests_portal.services.cases import receive_case
from requests_portal.services.mails import send_answer_ready, send_new_link_if_known
from tests.requests_portal.conftest import NOW, intake

LANGUAGES = ("en", "pl", "et", "lv")


class Mail(HTMLParser):
    """The visible words and the links of a mail in HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.sources: list[str] = []
        self.words = ""
        self._hidden = False
        self.feed(html)
        self.close()
        self.words = flat(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in {"style", "title"}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.sources += [value or "" for name, value in attrs if name == "src"]

    def handle_endtag(self, tag: str) -> None:
        self._hidden = self._hidden and tag not in {"style", "title"}

    def handle_data(self, data: str) -> None:
        self.words += "" if self._hidden else f"{data} "


def flat(text: str) -> str:
    return " ".join(text.split())


def mails_in(language: str) -> tuple[Case, list[Message]]:
    case = receive_case(
        intake=intake(language=language, name="Ana <b> & Kask"), by=Actor.person(), at=NOW
    )
    package = Package(case=case, expires_at=NOW + timedelta(days=14))
    send_answer_ready(case=case, package=package, at=NOW)
    send_new_link_if_known(reference=case.reference, email=case.email, at=NOW)
    return case, list(messages_for(f"case:{case.id}:"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_parts_say_the_same(db: None, language: str) -> None:
    _case, messages = mails_in(language)

    assert len(messages) == 3
    for message in messages:
        words = Mail(message.html).words
        lines = [flat(line).removesuffix(":") for line in message.text.splitlines() if line.strip()]
        assert [line for line in lines if line not in words] == []
        assert f'lang="{language}"' in message.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_parts_hold_one_and_the_same_link(db: None, language: str) -> None:
    _case, messages = mails_in(language)

    for message in messages:
        links = re.findall(r"https?://\S+", message.text)
        assert len(links) == 1
        mail = Mail(message.html)
        assert mail.links == links
        assert links[0] in mail.words
        assert mail.sources == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_acknowledgement_holds_the_dates_of_the_clock(db: None, language: str) -> None:
    case, messages = mails_in(language)

    acknowledgement = messages[0]
    words = Mail(acknowledgement.html).words
    with translation.override(language):
        for day in (case.received_on, case.sla_on, case.statutory_on):
            assert date_format(day) in words
            assert date_format(day) in acknowledgement.text


def test_name_is_text_and_no_markup(db: None) -> None:
    _case, messages = mails_in("en")

    for message in messages:
        assert "Hello Ana <b> & Kask," in message.text
        assert "Hello Ana &lt;b&gt; &amp; Kask," in message.html
