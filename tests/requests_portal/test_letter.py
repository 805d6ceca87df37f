"""The letter, read back from the PDF: nothing that the law asks for may be missing."""

from collections import Counter
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext
from pypdf import PdfReader

from accounts.models import User
from audit.domain.actor import Actor
from requests_portal.domain.rights import Outcome
from requests_portal.models import Case, Decision
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decisions import decide
from requests_portal.services.letters import answer_letter
from requests_portal.services.package_content import content_of
from requests_portal.templatetags.display import authority_address, home_address
from requests_portal.texts.rights import RIGHTS_REMINDER
from tests.requests_portal.conftest import NOW, intake

#: Half past eleven at night in Warsaw, when it is the next day already in Tallinn.
LATE = datetime(2026, 3, 12, 22, 30, tzinfo=UTC)
CASES = [("en", "EE"), ("pl", "PL"), ("et", "EE"), ("lv", "LV")]


def received(language: str = "en", entity_code: str = "EE", **changes: object) -> Case:
    return receive_case(
        intake=intake(language=language, entity_code=entity_code, **changes),
        by=Actor.person(),
        at=NOW,
    )


def letter_to(
    case: Case, handler: User, *, outcome: Outcome = Outcome.GRANTED, message: str = ""
) -> PdfReader:
    start_collection(case=case, by=Actor.staff(handler.pk), at=NOW)
    assert collect_next(clock=lambda: NOW)
    case.refresh_from_db()
    decide(case=case, outcome=outcome, message=message, identity_checked=True, by=handler, at=LATE)
    with translation.override(case.language):
        decision = Decision.objects.get(case=case)
        content = content_of(case, decision=decision, at=LATE)
        return PdfReader(BytesIO(answer_letter(content, at=LATE)))


def words(reader: PdfReader) -> str:
    return flat(" ".join(page.extract_text() for page in reader.pages))


def flat(text: str) -> str:
    return " ".join(text.split())


def tags(reader: PdfReader) -> Counter[str]:
    """Count the structure elements of the document by their type."""
    found: Counter[str] = Counter()

    def walk(element: Any) -> None:
        element = element.get_object()
        if isinstance(element, list):
            for kid in element:
                walk(kid)
        elif isinstance(element, dict) and "/K" in element:
            found[str(element.get("/S", "/Root")).removeprefix("/")] += 1
            walk(element["/K"])

    root: Any = reader.trailer["/Root"]
    walk(root["/StructTreeRoot"])
    return found


@pytest.mark.parametrize(("language", "entity_code"), CASES)
def test_letter_has_every_mandatory_part(
    company: str, handler: User, language: str, entity_code: str
) -> None:
    case = received(language, entity_code)

    text = words(letter_to(case, handler))

    with translation.override(language):
        authority = case.entity.authority
        decided_on = date_format(LATE.astimezone(case.entity.tz).date())
        for part in (
            case.name,
            case.email,
            case.reference,
            case.entity.legal_name,
            home_address(case.entity),
            settings.DPO_EMAIL,
            gettext("Access to your personal data, Article 15 GDPR"),
            gettext("We grant your request in full (Article 15(1) and (3) GDPR)."),
            gettext(
                "This was decided by %(who)s on %(day)s. No part of the decision was taken by a "
                "machine."
            )
            % {"who": "Hanna", "day": decided_on},
            date_format(case.received_on),
            date_format(case.sla_on),
            date_format(case.statutory_on),
            gettext(
                "You can complain to the supervisory authority (Article 77): %(name)s, "
                "%(address)s, %(phone)s, %(email)s, %(url)s."
            )
            % {
                **vars(authority),
                "name": authority.name_local,
                "address": authority_address(case.entity),
            },
            authority.name_local,
            authority.phone,
            authority.email,
            gettext(
                "You can also bring the matter before the courts of the country where you live or "
                "where we are established (Article 79)."
            ),
            *map(str, RIGHTS_REMINDER),
            "North AS",
            "privacy@north.example",
        ):
            assert flat(part) in text


def test_letter_says_of_each_table_what_article_15_asks(case: Case, handler: User) -> None:
    text = words(letter_to(case, handler))

    assert "Company register Stored in: Tallinn (EE)" in text
    assert (
        "Invoices 2 records Purpose: Test Legal basis: A legal obligation, Article 6(1)(c) GDPR "
        "Kind of data: Invoices Source: Test Recipients: Cloud Ltd (FI), hosting "
        "Kept: Seven years after the end of the financial year in which the contract ended. "
        "Your records are kept until 1 January 2028. Some records have no end date yet, because "
        "the period has not begun."
    ) in text
    assert "Notes 1 record" in text
    assert "Recipients: Nobody outside our company Kept: Two years" in text


def test_letter_dates_a_late_decision_by_the_day_of_the_entity(company: str, handler: User) -> None:
    in_warsaw = words(letter_to(received(entity_code="PL"), handler))
    in_tallinn = words(letter_to(received(), handler))

    assert "decided by Hanna on 12 March 2026" in in_warsaw
    assert "decided by Hanna on 13 March 2026" in in_tallinn
    assert "kept until 1 January 2028" in in_warsaw


def test_letter_of_nothing_held_names_where_was_searched(company: str, handler: User) -> None:
    stranger = received(email="nobody@example.com")

    text = words(letter_to(stranger, handler, outcome=Outcome.NOTHING_HELD))

    assert "We hold no data about you of our own (Article 15(1) GDPR)." in text
    assert "Searched, nothing found: Clients, Invoices, Notes, Answers." in text
    assert "We grant" not in text
    assert "Data we hold for other companies" not in text
    assert "(Article 77)" in text


def test_letter_carries_the_handlers_words_as_written(case: Case, handler: User) -> None:
    text = words(letter_to(case, handler, message="First line <b>\nSecond & last"))

    assert "First line <b> Second & last" in text


@pytest.mark.parametrize(("language", "entity_code"), CASES)
def test_letter_can_be_heard_and_is_short(
    company: str, handler: User, language: str, entity_code: str
) -> None:
    reader = letter_to(received(language, entity_code), handler)

    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 (a BooleanObject)
    found = tags(reader)
    assert (found["H1"], found["H3"], found["H4"]) == (1, 1, 3)
    assert (found["Table"], found["TH"]) == (1, 4)
    assert found["L"] >= 6
    assert len(reader.pages) == 2
    assert f"{len(reader.pages)} / 2" in words(reader)
