"""The page of a package, read back as a browser would: whole, offline, and no markup let in."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.vocabulary import ColumnType
from requests_portal.domain.rights import Outcome
from requests_portal.models import Case, Decision
from requests_portal.services.cases import receive_case
from requests_portal.services.collection import collect_next, start_collection
from requests_portal.services.decisions import decide
from requests_portal.services.package_content import content_of
from requests_portal.services.package_page import Heading, render_readable
from tests.requests_portal.conftest import NOW, intake, run_sql

LATER = NOW + timedelta(hours=1)
TALLINN = ZoneInfo("Europe/Tallinn")
NOTES = (
    "INSERT INTO notes SELECT n, 'ana@example.com', $body$BODY$body$, NULL, '2025-02-10 08:00+02'"
    " FROM generate_series(100, LAST) n"
)
VOID = {"meta", "br", "hr", "img", "input", "link"}
NOT_BEGUN = " Some records have no end date yet, because the period has not begun."
PAST = "Some of your records are past their end date and due for erasure; "
CELLS = {"td", "th", "caption"}


@dataclass
class Table:
    caption: str = ""
    headings: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """What a browser would find; fails where tags are not nested as they should be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.levels: list[int] = []
        self.tables: list[Table] = []
        self.classes: list[str] = []
        self.tags: list[str] = []
        self.lang = ""
        self._cell = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        assert len(given) == len(attrs), f"an attribute twice in <{tag}>"
        self.tags.append(tag)
        self.classes += given.get("class", "").split()
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        self.sources += [given[name] for name in ("src", "srcset", "action") if name in given]
        if tag in {"h1", "h2", "h3", "h4"}:
            self.levels.append(int(tag[1]))
        if tag == "html":
            self.lang = given["lang"]
        if tag == "table":
            self.tables.append(Table())
        if tag == "th":
            assert given["scope"] == "col"
        if tag == "tr" and any(name == "tbody" for name, _ in self.open):
            self.tables[-1].rows.append({})
        if tag in CELLS:
            self._cell = ""
        if tag not in VOID:
            self.open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        opened, given = self.open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"
        text = self._cell.strip()
        if tag == "caption":
            self.tables[-1].caption = " ".join(text.split())
        elif tag == "th":
            self.tables[-1].headings.append(text)
        elif tag == "td":
            self.tables[-1].rows[-1][given["data-label"]] = text

    def handle_data(self, data: str) -> None:
        if not any(tag in {"style", "title"} for tag, _ in self.open):
            self.text.append(data)
        self._cell += data

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def page_of(case: Case, handler: User, *, outcome: Outcome = Outcome.GRANTED) -> Page:
    start_collection(case=case, by=Actor.staff(handler.pk), at=LATER)
    assert collect_next(clock=lambda: LATER)
    case.refresh_from_db()
    decide(case=case, outcome=outcome, message="", identity_checked=True, by=handler, at=LATER)
    with translation.override(case.language):
        decision = Decision.objects.get(case=case)
        return Page(render_readable(content_of(case, decision=decision, at=LATER)))


def more_notes(company: str, count: int, body: str = "again") -> None:
    run_sql(company, NOTES.replace("BODY", body).replace("LAST", str(99 + count)))


def test_page_shows_every_heading_and_value(case: Case, handler: User) -> None:
    clients, invoices, notes = page_of(case, handler).tables

    assert clients.headings == ["id", "number", "Name", "email", "phone", "Kept until"]
    assert clients.rows == [
        {
            "id": "1",
            "number": "AP-1",
            "Name": "Ana Kask",
            "email": "Ana@Example.com",
            "phone": "+372 5123 4567",
            "Kept until": "no date yet",
        }
    ]
    assert [(row["issued_on"], row["Kept until"]) for row in invoices.rows] == [
        ("10 January 2020", "1 January 2028"),
        ("10 January 2021", "no date yet"),
    ]
    assert [row["contract_ended_on"] for row in invoices.rows] == ["1 May 2020", "–"]
    assert [(row["body"], row["at"]) for row in notes.rows] == [
        ("=1+1 said Ana", "10 February 2025, 08:00")
    ]
    assert [table.caption for table in (clients, invoices, notes)] == [
        "1 record",
        "2 records",
        "1 record",
    ]


def test_page_says_beside_the_data_what_article_15_asks(case: Case, handler: User) -> None:
    words = page_of(case, handler).words

    assert "Purpose Test" in words
    assert "Legal basis A legal obligation, Article 6(1)(c) GDPR" in words
    assert "Kind of data Who you are" in words
    assert "Source Test" in words
    assert "Recipients Cloud Ltd (FI): hosting" in words
    assert "Recipients Nobody outside our company" in words
    assert "Kept While you are a client." in words
    assert "Your records are kept until 1 March 2027." in words
    assert "Stored in Tallinn (EE)" in words
    assert "North AS , privacy@north.example : Answers" in words
    assert "Andmekaitse Inspektsioon Tatari 39, 10134 Tallinn +372 627 4135" in words
    assert "You can ask us to correct your data (Article 16)" in words
    assert "No decision about you is taken by a machine alone (Article 22)." in words
    assert settings.DPO_EMAIL in words


def test_page_takes_no_markup_from_values(case: Case, handler: User, company: str) -> None:
    attack = "</td></table><script>alert(1)</script><img src=x onerror=alert(1)>"
    more_notes(company, 1, body=attack)

    page = page_of(case, handler)

    assert page.tables[-1].rows[-1]["body"] == attack
    assert {"script", "img"} & set(page.tags) == set()


def test_page_shows_the_first_rows_and_says_how_many_there_are(
    case: Case, handler: User, company: str
) -> None:
    more_notes(company, 1249)

    page = page_of(case, handler)

    notes = page.tables[-1]
    assert len(notes.rows) == 200
    assert notes.caption == "The first 200 of 1,250 records. The CSV file has them all."
    assert "Show the first 200 of 1,250 records" in page.words
    assert "Open all 1,250 records as a spreadsheet (CSV)" in page.words
    assert "fold" in page.classes
    assert "tables/company-notes.csv" in page.links


def test_page_folds_many_records_and_lays_few_out_as_sheets(
    case: Case, handler: User, company: str
) -> None:
    more_notes(company, 20)

    page = page_of(case, handler)

    assert page.classes.count("records") == 3
    assert page.classes.count("records--sheet") == 2
    assert page.classes.count("fold") == 1
    assert len(page.tables[-1].rows) == 21
    assert "Show 21 records" in page.words


def test_page_needs_no_network(case: Case, handler: User) -> None:
    page = page_of(case, handler)

    inside = [f"#{anchor}" for anchor in page.ids]
    files = ["letter.pdf", "data.json", "data.schema.json"]
    files += [f"tables/company-{name}.csv" for name in ("clients", "invoices", "notes")]
    outside = {link for link in page.links if link not in inside and link not in files}
    assert outside == {
        f"mailto:{settings.DPO_EMAIL}",
        "mailto:info@aki.ee",
        "https://www.aki.ee",
        "mailto:privacy@north.example",
    }
    assert page.sources == []
    assert {"script", "link", "iframe", "img", "base"} & set(page.tags) == set()


def test_page_style_loads_nothing() -> None:
    style = render_to_string("requests_portal/package/package.css")

    assert [word for word in ("url(", "@import", "@font-face", "http") if word in style] == []


def test_page_is_in_order_for_who_hears_it(case: Case, handler: User) -> None:
    page = page_of(case, handler)

    assert page.lang == "en"
    assert page.levels[0] == 1
    assert page.levels.count(1) == 1
    assert all(
        after - before <= 1 for before, after in zip(page.levels, page.levels[1:], strict=False)
    )
    assert len(page.ids) == len(set(page.ids))
    assert all(table.caption for table in page.tables)


@pytest.mark.parametrize(
    ("language", "kept", "at"),
    [
        ("en", "1 January 2028", "10 February 2025, 07:00"),
        ("pl", "1 stycznia 2028", "10 lutego 2025, 07:00"),
        ("et", "1. jaanuar 2028", "10. veebruar 2025, 7:00"),
        ("lv", "2028. gada 1. janvāris", "2025. gada 10. februāris, 07:00"),
    ],
)
def test_page_is_in_the_language_and_zone_of_the_person(
    company: str, handler: User, language: str, kept: str, at: str
) -> None:
    case = receive_case(
        intake=intake(language=language, entity_code="PL"), by=Actor.person(), at=NOW
    )

    page = page_of(case, handler)

    assert page.lang == language
    _clients, invoices, notes = page.tables
    # The period ends at midnight in Tallinn, where it is still the day before in Warsaw.
    assert next(iter(reversed(invoices.rows[0].values()))) == kept
    assert notes.rows[0]["at"] == at
    assert "Europe/Warsaw" in page.words


def test_page_of_nothing_held_names_where_was_searched(company: str, handler: User) -> None:
    stranger = receive_case(intake=intake(email="nobody@example.com"), by=Actor.person(), at=NOW)

    page = page_of(stranger, handler, outcome=Outcome.NOTHING_HELD)

    assert page.tables == []
    assert "no data about you of our own" in page.words
    assert "Searched, nothing found: Clients, Invoices, Notes, Answers." in page.words


@pytest.mark.parametrize(
    ("first", "last", "open_ended", "sentence"),
    [
        (None, None, False, ""),
        (None, None, True, "There is no end date yet, because the period has not begun."),
        ("2027-01-01", "2027-01-01", False, "Your records are kept until 1 January 2027."),
        (
            "2027-01-01",
            "2028-01-01",
            True,
            "The first of your records is kept until 1 January 2027, the last until 1 January 2028."
            + NOT_BEGUN,
        ),
        (
            "2025-01-01",
            "2028-01-01",
            False,
            PAST + "the last is kept until 1 January 2028.",
        ),
        (
            "2024-01-01",
            "2025-01-01",
            False,
            "The time of your records ended on 1 January 2025; they are due for erasure.",
        ),
    ],
)
def test_end_of_keeping_is_said_as_it_is(
    first: str | None, last: str | None, *, open_ended: bool, sentence: str
) -> None:
    table = SimpleNamespace(
        kept_from=first and datetime.fromisoformat(first).replace(tzinfo=TALLINN),
        kept_until=last and datetime.fromisoformat(last).replace(tzinfo=TALLINN),
        kept_open_ended=open_ended,
    )
    context = {"table": table, "content": SimpleNamespace(created_at=LATER)}

    shown = render_to_string("requests_portal/package/_kept.html", context)

    assert " ".join(shown.split()) == sentence


@pytest.mark.parametrize(
    ("column_type", "quiet", "number", "date"),
    [
        (ColumnType.DECIMAL, False, True, False),
        (ColumnType.INTEGER, True, False, False),
        (ColumnType.DATETIME, False, False, True),
        (None, False, False, False),
    ],
)
def test_heading_knows_how_its_values_are_set(
    column_type: ColumnType | None, *, quiet: bool, number: bool, date: bool
) -> None:
    heading = Heading(name="n", title="N", type=column_type, is_quiet=quiet)

    assert (heading.is_number, heading.is_date) == (number, date)
