"""The record of processing: the page and the files, each beside its denial."""

import re
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from pypdf import PdfReader

from accounts.domain.roles import Role
from accounts.models import User
from audit.models import Event
from datamap.domain.vocabulary import Category
from datamap.queries import current_version
from datamap.services.loading import read_map
from retention.texts import GAPS, RETENTION
from tests.accounts.factories import make_user
from tests.datamap.maps import example_files
from tests.datamap.test_confirming import MAP, load

pytestmark = pytest.mark.django_db
PAGE = reverse("records:record-page")
FILE = reverse("records:record-file")
LANGUAGES = ("en", "pl", "et", "lv")
TABLES = [table for resource in read_map(MAP).resources for table in resource.tables]
SECURITY = (
    "Passwords are kept only as salted hashes, and never logged.\n"
    "Every sign-in attempt is logged; the entries are kept for 60 days.\n"
    "Staff get access on request, for a reason and a time, after the security team’s approval.\n"
    "A backup is made every day."
)
ALLOWED = (Role.DPO, Role.AUDITOR, Role.HANDLER)


def signed_in(*roles: Role, language: str = "en") -> tuple[Client, User]:
    user = make_user(roles=[role.value for role in roles], language=language)
    client = Client()
    client.force_login(user)
    return client, user


def page(client: Client, address: str = PAGE) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return unescape(response.content.decode())


def download(kind: str, language: str = "en") -> bytes:
    client, _ = signed_in(Role.DPO)
    response = client.get(FILE, {"kind": kind, "language": language})
    assert response.status_code == 200
    return response.content


def workbook(language: str = "en") -> Workbook:
    return load_workbook(BytesIO(download("xlsx", language)))


def written(book: Workbook) -> str:
    cells = (cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row)
    return "\n".join(str(cell.value) for cell in cells if cell.value is not None)


def words(text: str) -> str:
    """Return text as it reads, without the breaks and hyphens of a line."""
    return re.sub(r"[\s\u00ad\u2010-]+", "", text)


def reader(language: str = "en") -> PdfReader:
    return PdfReader(BytesIO(download("pdf", language)))


def printed(language: str = "en") -> str:
    return words("".join(one.extract_text() for one in reader(language).pages))


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A map that says less than the law asks for, and sends data to India."""
    for each in MAP.glob("*.yaml"):
        text = each.read_text("utf-8")
        text = re.sub(r"  security:\n(?:    .*\n|      .*\n)+", "", text)
        text = text.replace("    subjects: [*contacts]\n", "    subjects: []\n")
        text = text.replace("speech for voicebots", "=1+1").replace("country: PL", "country: IN")
        (tmp_path / each.name).write_text(text, "utf-8")
    load(tmp_path)
    return tmp_path


@pytest.mark.parametrize("address", [PAGE, f"{FILE}?kind=xlsx&language=en"])
def test_who_may_read_it(address: str) -> None:
    load(MAP)
    assert Client().get(address).status_code == 302
    for role in Role:
        client, _ = signed_in(role)
        assert client.get(address).status_code == (200 if role in ALLOWED else 403)


def test_nobody_writes_to_it() -> None:
    load(MAP)
    client, _ = signed_in(Role.DPO)
    assert client.post(PAGE).status_code == client.post(FILE).status_code == 405


def test_without_a_map_the_page_says_how_to_load_one() -> None:
    client, _ = signed_in(Role.DPO)
    assert "manage.py datamap load" in page(client)
    assert client.get(FILE, {"kind": "pdf", "language": "en"}).status_code == 404
    assert not Event.objects.filter(verb="processing_record.downloaded").exists()


@pytest.mark.parametrize("asked", [{}, {"kind": "doc", "language": "en"}, {"kind": "pdf"}])
def test_no_other_file_is_made(asked: dict[str, str]) -> None:
    load(MAP)
    client, _ = signed_in(Role.DPO)
    assert client.get(FILE, asked).status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_every_table_in_the_readers_language(language: str) -> None:
    load(MAP)
    client, _ = signed_in(Role.HANDLER, language=language)
    text = page(client)
    missing = [one.name for one in TABLES if one.title.in_language(language) not in text]
    assert missing == []
    assert current_version().hash in text
    assert "Apifonica Latvia" not in text


def test_the_page_shows_one_role_alone() -> None:
    load(MAP)
    client, _ = signed_in(Role.AUDITOR)
    own, entrusted = "To issue and book invoices", "To record calls on the customer"
    assert own in page(client)
    assert entrusted in page(client)
    controller = page(client, f"{PAGE}?role=controller")
    assert own in controller
    assert entrusted not in controller
    processor = page(client, f"{PAGE}?role=processor")
    assert own not in processor
    assert entrusted in processor
    assert "rodo@kwiatypolne.example" in processor
    assert own in page(client, f"{PAGE}?role=nonsense")


def test_those_who_read_it_find_it_in_the_navigation() -> None:
    client, _ = signed_in(Role.HANDLER)
    assert f'href="{PAGE}" aria-current="true"' in page(client)
    client, _ = signed_in(Role.ENGINEER)
    assert PAGE not in page(client, reverse("datamap:map-overview"))


def test_what_is_missing_is_said_with_its_place(bare: Path) -> None:
    client, _ = signed_in(Role.DPO)
    text = page(client)
    for place in ("platform.security", "platform.contacts.subjects", "recipients.elevenlabs"):
        assert place in text
    assert "no adequacy decision and no safeguard stated" in text
    assert "recipients.elevenlabs.safeguard" in written(workbook())
    assert "recipients.elevenlabs.safeguard" in printed()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_is_tagged_and_names_every_table(language: str) -> None:
    load(MAP)
    made = reader(language)
    text = words("".join(one.extract_text() for one in made.pages))
    catalog = made.root_object
    assert str(catalog["/Lang"]) == language
    assert "/StructTreeRoot" in catalog
    assert [one.name for one in TABLES if words(one.title.in_language(language)) not in text] == []
    assert current_version().hash in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workbook_names_every_table(language: str) -> None:
    load(MAP)
    text = written(workbook(language))
    assert [one.name for one in TABLES if one.title.in_language(language) not in text] == []
    assert current_version().hash in text


def test_the_sheets_of_the_workbook() -> None:
    load(MAP)
    book = workbook()
    assert book.sheetnames == ["Art. 30(1)", "Art. 30(2)", "Facts"]
    assert [sheet.freeze_panes for sheet in book.worksheets] == ["A2", "A2", "A2"]
    own, entrusted, facts = book.worksheets
    assert [cell.value for cell in own[1]] == [
        "Controller",
        "Data protection officer",
        "Purpose",
        "Legal basis",
        "Data subjects",
        "Personal data",
        "Recipients",
        "Transfers to third countries",
        "Time limits for erasure",
        "Security measures",
        "Where",
    ]
    invoices = next(row for row in own.iter_rows(values_only=True) if "invoices" in str(row[2]))
    assert invoices == (
        "SmartTel Plus OÜ\nMaakri 19/1-7K, 10145 Tallinn, Estonia",
        "dpo@apifonica.com",
        "To issue and book invoices, as accounting and tax law require.",
        "Legal obligation, Article 6(1)(c) GDPR",
        "Customers and those who pay for them",
        "Billing data\nPayment data",
        "Google Cloud Platform (IE), servers on which the platform runs",
        "None: all data stays in the European Economic Area",
        f"Customer identity, invoices, payments: {RETENTION[Category.IDENTITY_BILLING]}",
        SECURITY,
        "Telephony platform, Google Cloud europe-north1, Hamina (FI): Invoices, Payments",
    )
    assert own.max_row == 1 + 8
    assert entrusted.max_row == 1 + 3 * 6
    last = [cell.value for cell in entrusted[entrusted.max_row]]
    assert last[3] == "Liepājas Enerģija SIA"
    assert last[8] == "12 months after the agreement ends"
    assert last[-2:] == ["dati@liepajasenergija.example", "the agreement ended on 31 March 2026"]
    assert facts["B2"].value == current_version().hash
    assert facts["B5"].value == "8"
    assert facts["B6"].value == "18"


def test_a_map_without_entrusted_data_says_so(tmp_path: Path) -> None:
    for name, text in example_files().items():
        (tmp_path / name).write_text(text, "utf-8")
    load(tmp_path)
    sheet = workbook()["Art. 30(2)"]
    none = "The map describes no data entrusted by another controller."
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [[none]]
    client, _ = signed_in(Role.DPO)
    assert none in page(client)


def test_a_map_without_own_data_says_so(tmp_path: Path) -> None:
    for name in ("organisation.yaml", "voice.yaml"):
        (tmp_path / name).write_text((MAP / name).read_text("utf-8"), "utf-8")
    load(tmp_path)
    assert workbook()["Art. 30(1)"]["A1"].value == "The map describes no data of our own."
    assert words("The map describes no data of our own.") in printed()


def test_no_cell_is_a_formula(bare: Path) -> None:
    text = (bare / "platform_use.yaml").read_text("utf-8")
    changed = text.replace("To send news about our services.", "=HYPERLINK(A1)")
    (bare / "platform_use.yaml").write_text(changed, "utf-8")
    load(bare)
    cells = [cell for sheet in workbook() for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    (suspect,) = [cell for cell in cells if cell.value == "=HYPERLINK(A1)"]
    assert suspect.quotePrefix


def test_each_company_of_the_group_is_named(tmp_path: Path) -> None:
    for each in MAP.glob("*.yaml"):
        text = each.read_text("utf-8")
        if each.name == "voice.yaml":
            text = text.replace("entity: EE", "entity: LV")
        (tmp_path / each.name).write_text(text, "utf-8")
    load(tmp_path)
    client, _ = signed_in(Role.DPO)
    text = page(client)
    assert text.count("Apifonica Latvia") == 1 + 2  # the company, and its two activities
    assert "Datu valsts inspekcija" in text
    assert printed().count(words("Our company Apifonica Latvia")) == 2


def test_a_download_is_on_record() -> None:
    load(MAP)
    client, user = signed_in(Role.AUDITOR)
    response = client.get(FILE, {"kind": "xlsx", "language": "lv"})
    version = current_version().hash
    name = response["Content-Disposition"]
    assert re.fullmatch(
        rf'attachment; filename="records-of-processing-\d{{4}}-\d\d-\d\d-{version[:12]}-lv.xlsx"',
        name,
    )
    event = Event.objects.get(verb="processing_record.downloaded")
    assert (event.actor_ref, event.object_kind, event.object_id) == (
        str(user.pk),
        "map_version",
        version,
    )
    assert event.data == {"kind": "xlsx", "language": "lv"}


def test_every_gap_has_words_with_its_place() -> None:
    assert all("%(place)s" in str(one) for one in GAPS.values())
