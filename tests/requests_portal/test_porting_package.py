"""The package of a portability request: a part of the access package, and its letter."""

import csv
import io
import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from django.utils import timezone, translation

from accounts.models import User
from audit.domain.actor import Actor
from datamap.services import load_map
from lib.blobs import open_blob
from lib.units import Status
from outbox.queries import messages_for
from requests_portal.domain.letters import LetterKind, missing_parts
from requests_portal.domain.lifecycle import State
from requests_portal.domain.porting import Target, Wish
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case, Decision, Package, PortingWish
from requests_portal.queries import answer_of, letter_of
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decisions import (
    NothingToPort,
    OutcomeContradictsFindings,
    decide,
)
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.package_content import content_of
from requests_portal.services.package_files import SCHEMA
from requests_portal.services.packages import (
    PACKAGE_LIFETIME,
    build_next,
    remove_expired_packages,
)
from requests_portal.services.porting import note_wish, rows_to_hand_over
from requests_portal.services.porting_letter import porting_letter
from tests.requests_portal.conftest import MAP, NOW, intake

LATER = NOW + timedelta(hours=1)
NORTH = Wish(target=Target.URL, company="Nordic Telecom", url="https://in.example.com/x?k=s3cret")


def clock() -> datetime:
    return LATER


def searched(right: Right = Right.PORTABILITY, **changes: object) -> Case:
    """A case whose sources have all been searched."""
    case = receive_case(intake=intake(right=right, **changes), by=Actor.person(), at=NOW)
    start_collection(case=case, by=Actor.system("test"), at=LATER)
    while collect_next(clock=clock):
        pass
    case.refresh_from_db()
    return case


def decided(case: Case, by: User, outcome: Outcome = Outcome.GRANTED, message: str = "") -> Case:
    decide(case=case, outcome=outcome, message=message, identity_checked=True, by=by, at=LATER)
    assert build_next(clock=clock)
    case.refresh_from_db()
    return case


def archive_of(case: Case) -> zipfile.ZipFile:
    blob = Package.objects.get(case=case).blob
    assert blob is not None
    return zipfile.ZipFile(io.BytesIO(b"".join(open_blob(blob))))


def tables_in(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for resource in data["resources"] for one in resource["tables"]}


def test_the_package_holds_what_the_person_provided_and_nothing_else(
    company: str, handler: User
) -> None:
    archive = archive_of(decided(searched(), handler))
    assert sorted(archive.namelist()) == [
        "data.json",
        "data.schema.json",
        "index.html",
        "letter.pdf",
        "tables/company-clients.csv",
        "tables/company-notes.csv",
    ]
    data = json.loads(archive.read("data.json"))
    jsonschema.validate(
        data, json.loads(SCHEMA.read_bytes()), format_checker=jsonschema.FormatChecker()
    )
    assert (data["format"], data["request"]["right"], data["request"]["article"]) == (
        "apifonica-privacy/portability/1",
        "portability",
        "20",
    )
    tables = tables_in(data)
    assert set(tables) == {"clients", "notes"}
    assert tables["clients"]["columns"] == {
        "id": "id",
        "name": "Name",
        "email": "email",
        "phone": "phone",
    }
    (client,) = tables["clients"]["rows"]
    assert client["values"] == {
        "id": 1,
        "name": "Ana Kask",
        "email": "Ana@Example.com",
        "phone": "+372 5123 4567",
    }
    (note,) = tables["notes"]["rows"]
    assert note["values"]["other_phone"] != "+37255555555"  # masked: Art. 20(4)
    assert data["entrusted"] == []
    page = archive.read("index.html").decode()
    assert ">AP-1<" not in page
    assert "Article 20(4) GDPR" in page
    assert "North AS" not in page
    header, row = csv.reader(
        io.StringIO(archive.read("tables/company-clients.csv").decode("utf-8-sig"))
    )
    assert header == ["id", "Name", "email", "phone", "kept_until"]
    assert "AP-1" not in row


def test_it_is_a_part_of_what_access_gives(company: str, handler: User) -> None:
    part, whole = (
        json.loads(archive_of(decided(searched(right), handler)).read("data.json"))
        for right in (Right.PORTABILITY, Right.ACCESS)
    )
    all_tables = tables_in(whole)
    for name, table in tables_in(part).items():
        assert table["columns"].items() <= all_tables[name]["columns"].items()
        given = [row["values"].items() for row in table["rows"]]
        everything = [row["values"].items() for row in all_tables[name]["rows"]]
        assert len(given) == len(everything)
        assert all(one <= other for one, other in zip(given, everything, strict=True))
    assert set(tables_in(part)) < set(all_tables)


def test_progress_counts_the_rows_that_go(company: str, handler: User) -> None:
    case = searched()
    assert rows_to_hand_over(case) == 2
    decided(case, handler)
    package = Package.objects.get(case=case)
    assert package.rows_done == package.rows_total == 4


def test_the_person_is_answered_with_letter_and_mail(company: str, handler: User) -> None:
    case = decided(searched(), handler)
    assert case.state == State.ANSWERED
    assert messages_for(f"case:{case.id}:answer").count() == 1
    letter = letter_of(case)
    assert letter is not None
    assert letter.kind == LetterKind.ANSWER
    package = answer_of(case, at=LATER)
    assert package is not None
    assert package.expires_at == LATER + PACKAGE_LIFETIME


def test_the_letter_has_its_parts_and_says_what_is_left_out_and_why(
    company: str, handler: User
) -> None:
    case = decided(searched(), handler, message="Dear Ana")
    decision = Decision.objects.get(case=case)
    content = content_of(case, decision=decision, at=LATER)
    letter = porting_letter(content)
    assert missing_parts(letter) == ()
    assert letter.subject == "Portability, Article 20 GDPR"
    (left_out,) = [one.rows for one in letter.passages if one.heading.startswith("What is not")]
    basis = "We process it neither on your consent nor on a contract with you (Article 20(1)(a))."
    ours = "It does not come from you: we made it ourselves (Article 20(1))."
    others = "We process it for another company, which alone decides on it (Article 28)."
    assert left_out == (
        ("Clients", "number", ours),
        ("Invoices", "everything", basis),
        ("Answers", "everything", others),
    )
    (inside,) = [one.lines for one in letter.passages if one.heading == "What is in it"]
    assert inside == (
        "Clients (Company register): 1 record",
        "Notes (Company register): 1 record",
    )
    texts = [one.text for one in letter.passages]
    assert "Dear Ana" in texts
    assert any("decided by Hanna" in text for text in texts)


@pytest.mark.parametrize("language", ["pl", "et", "lv"])
def test_the_letter_is_whole_in_every_language(company: str, handler: User, language: str) -> None:
    case = decided(searched(language=language), handler)
    decision = Decision.objects.get(case=case)
    with translation.override(language), timezone.override(case.entity.tz):
        letter = porting_letter(content_of(case, decision=decision, at=LATER))
    assert missing_parts(letter) == ()
    assert archive_of(case).read("letter.pdf").startswith(b"%PDF")


def test_nothing_held_is_answered_and_never_sent_elsewhere(company: str, handler: User) -> None:
    case = searched(email="nobody@example.com", porting=NORTH)
    decided(case, handler, Outcome.NOTHING_HELD)
    assert case.state == State.ANSWERED
    data = json.loads(archive_of(case).read("data.json"))
    assert data["resources"][0]["searched_nothing_found"] == ["Clients", "Notes"]
    content = content_of(case, decision=Decision.objects.get(case=case), at=LATER)
    texts = " ".join(one.text for one in porting_letter(content).passages)
    assert "hold no data of ours about you" in texts
    assert "Nordic" not in texts


def test_what_cannot_be_taken_elsewhere_is_a_refusal_and_no_empty_package(
    company: str, handler: User, tmp_path: Path
) -> None:
    for path in MAP.glob("*.yaml"):
        text = path.read_text().replace("legal_basis: contract", "legal_basis: legal_obligation")
        (tmp_path / path.name).write_text(text)
    load_map(directory=tmp_path, by=Actor.system("test"), at=NOW)
    case = searched()
    for outcome in (Outcome.GRANTED, Outcome.NOTHING_HELD):
        with pytest.raises(NothingToPort):
            decided(case, handler, outcome)
        case.refresh_from_db()
    assert not Decision.objects.exists()
    assert case.state == State.IN_PROGRESS


def test_data_that_is_there_cannot_be_denied(company: str, handler: User) -> None:
    with pytest.raises(OutcomeContradictsFindings):
        decided(searched(), handler, Outcome.NOTHING_HELD)


def test_a_package_for_another_company_waits_and_holds_no_letter(
    company: str, handler: User
) -> None:
    case = decided(searched(porting=NORTH), handler)
    assert case.state == State.FULFILLING
    archive = archive_of(case)
    assert "letter.pdf" not in archive.namelist()
    assert 'href="letter.pdf"' not in archive.read("index.html").decode()
    assert not messages_for(f"case:{case.id}:answer").exists()
    assert answer_of(case, at=LATER) is None
    (told,) = messages_for(f"porting:{case.id}:waits")
    assert told.to == settings.DPO_EMAIL
    assert case.reference in told.text
    assert "Ana" not in told.text + told.subject
    assert remove_expired_packages(at=LATER + 2 * PACKAGE_LIFETIME) == 0  # it waits
    assert Package.objects.get(case=case).status == Status.DONE


def test_a_case_remembers_where_the_data_goes_sealed(company: str) -> None:
    case = receive_case(
        intake=intake(right=Right.PORTABILITY, porting=NORTH), by=Actor.person(), at=NOW
    )
    wish = PortingWish.objects.get(case=case)
    assert (wish.target, wish.company, wish.url) == ("url", NORTH.company, NORTH.url)
    other = receive_case(intake=intake(right=Right.PORTABILITY), by=Actor.person(), at=NOW)
    wish = PortingWish.objects.get(case=other)
    assert (wish.target, wish.company, wish.url) == ("me", None, None)


def test_staff_note_another_wish_until_it_is_decided(company: str, handler: User) -> None:
    case = searched(porting=NORTH)
    by_code = Wish(target=Target.CODE, company="South", url="https://ignored.example")
    note_wish(case=case, wish=by_code, by=handler, at=LATER)
    wish = PortingWish.objects.get(case=case)
    assert (wish.target, wish.company, wish.url) == ("code", "South", None)
    decided(case, handler)
    with pytest.raises(CaseMovedOn):
        note_wish(case=case, wish=NORTH, by=handler, at=LATER)
    access = searched(Right.ACCESS)
    with pytest.raises(CaseMovedOn):
        note_wish(case=access, wish=NORTH, by=handler, at=LATER)
