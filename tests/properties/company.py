"""Drawn companies: tables that refer to each other, a map over them, rows of several people.

`Company` draws and writes; `expected` says, in plain loops over the rows and without any of the
product's code, what an erasure of Anna has to do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hypothesis import strategies as st
from sqlalchemy import column, table

from tests.datamap.conftest import Source

ANNA = "anna@example.com"
_EMAILS = (ANNA, "Anna@Example.COM", f" {ANNA} ", "ben@example.com", "anna@example.com.pl", None)
#: Around what is due on 5 March 2026 in Tallinn, by year, by month and by day.
_DAYS = (
    None,
    date(2010, 1, 1),
    date(2018, 12, 31),
    date(2019, 1, 1),
    date(2024, 2, 29),
    date(2024, 3, 1),
    date(2024, 3, 4),
    date(2024, 3, 5),
    date(2026, 3, 5),
)
TODAY = date(2026, 3, 5)
#: Long after everything with a day is due.
MUCH_LATER = date(2040, 6, 1)
_BODIES = ("a letter", "O'Hara\n\u017b\u00f3\u0142w % :x", "", None)
_WORD = "{en: x, pl: x, et: x, lv: x}"
Row = Mapping[str, object]
Rows = Mapping[str, Mapping[int, Row]]


@dataclass(frozen=True)
class Drawn:
    """One table. `parents` are the tables its rows may refer to, in columns named after them."""

    name: str
    parents: tuple[str, ...]
    by_email: bool
    category: str
    erasure: str
    counts_from: str  # "" its own day, else the parent whose day counts

    @property
    def columns(self) -> tuple[str, ...]:
        return ("id", "email", "body", "made_on", *(f"{one}_id" for one in self.parents))

    @property
    def keeps(self) -> bool:
        """Tell whether rows stay until their day, by the rule or by the map."""
        return self.category == "traffic" or self.erasure == "keep"

    @property
    def action(self) -> str:
        return "anonymise" if self.erasure == "anonymise" else "delete"


@dataclass(frozen=True)
class Company:
    """Tables, parents first, and their rows by id."""

    tables: tuple[Drawn, ...]
    rows: Rows

    def table(self, name: str) -> Drawn:
        return next(one for one in self.tables if one.name == name)

    def build(self, source: Source) -> None:
        """Make the tables anew and fill them."""
        held = [f"DROP TABLE IF EXISTS t{number}" for number in (3, 2, 1, 0)]
        source.run(*held, *(self._create(one) for one in self.tables))
        with source.engine.begin() as connection:
            for one in self.tables:
                clause = table(one.name, *(column(name) for name in one.columns))
                if rows := list(self.rows[one.name].values()):
                    connection.execute(clause.insert(), [dict(row) for row in rows])

    def _create(self, one: Drawn) -> str:
        parts = ["id INT PRIMARY KEY, email VARCHAR(80), body VARCHAR(80), made_on DATE"]
        parts += [f"{parent}_id INT" for parent in one.parents]
        parts += [
            f"FOREIGN KEY ({parent}_id) REFERENCES {parent} (id)"
            for parent in one.parents
            if one.action == self.table(parent).action  # see "What stays" in docs/datamap.md
        ]
        return f"CREATE TABLE {one.name} ({', '.join(parts)})"

    def write_map(self, directory: Path) -> Path:
        head = f"""
resource:
  id: drawn
  title: {_WORD}
  connector: {{kind: sql, url_env: SOURCE_TEST_URL}}
  entity: EE
  time_zone: Europe/Tallinn
  location: {{place: Tallinn, country: EE}}
  owner: {{name: Owner, email: owner@example.org}}
tables:
"""
        text = head + "".join(self._mapped(one) for one in self.tables)
        (directory / "drawn.yaml").write_text(text, encoding="utf-8")
        return directory

    def _mapped(self, one: Drawn) -> str:
        find = [f"{{through: {each}, on: {{{each}_id: id}}}}" for each in one.parents]
        if one.by_email:
            find.insert(0, "{key: email, column: email}")
        anchor = "made_on"
        if one.counts_from:
            anchor = f"{{through: {one.counts_from}, on: {{{one.counts_from}_id: id}}}}"
        changed = one.action == "anonymise"
        erase = {"email": ", erase: hash", "body": ", erase: {text: gone}"} if changed else {}
        refers = "".join(f"\n      {each}_id: technical" for each in one.parents)
        return f"""
  {one.name}:
    title: {_WORD}
    description: {_WORD}
    category: {one.category}
    data: content
    role: controller
    purpose: {_WORD}
    legal_basis: contract
    source: {_WORD}
    primary_key: [id]
    identifies: {str(one.name == "t0").lower()}
    find: [{", ".join(find)}]
    retention: {{anchor: {anchor}}}
    erasure: {one.erasure}
    columns:
      id: technical
      email: {{class: personal, identifier: email{erase.get("email", "")}}}
      body: {{class: personal{erase.get("body", "")}}}
      made_on: {{class: technical, type: date}}{refers}
"""


def contents(source: Source, company: Company) -> dict[str, dict[int, Row]]:
    """Return every row of every table, as the database has it now."""
    found: dict[str, dict[int, Row]] = {}
    with source.engine.connect() as connection:
        for one in company.tables:
            query = table(one.name, *(column(name) for name in one.columns)).select()
            rows = [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001 (SQLAlchemy's public name)
            found[one.name] = {row["id"]: row | {"made_on": _day(row["made_on"])} for row in rows}
    return found


def _day(value: object) -> object:
    return date.fromisoformat(value) if isinstance(value, str) else value  # SQLite has no days


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Draw two to four tables and at most five rows in each."""
    names = [f"t{number}" for number in range(draw(st.integers(2, 4)))]
    tables: list[Drawn] = []
    for number, name in enumerate(names):
        above = st.sets(st.sampled_from(names[:number]), max_size=2) if number else st.just(set())
        parents = tuple(sorted(draw(above)))
        counted = st.sampled_from(("", *parents)) if parents else st.just("")
        tables.append(
            Drawn(
                name=name,
                parents=parents,
                by_email=not parents or draw(st.booleans()),
                category=draw(st.sampled_from(("traffic", "communications", "uploaded"))),
                erasure=draw(st.sampled_from(("delete", "delete", "anonymise", "keep"))),
                counts_from=draw(counted),
            )
        )
    rows: dict[str, dict[int, Row]] = {}
    for one in tables:
        ids = range(1, draw(st.integers(0, 5)) + 1)
        rows[one.name] = {number: _row(draw, number, one, rows) for number in ids}
    return Company(tuple(tables), rows)


def _row(draw: st.DrawFn, number: int, one: Drawn, rows: Rows) -> Row:
    row: dict[str, object] = {
        "id": number,
        "email": draw(st.sampled_from(_EMAILS)),
        "body": draw(st.sampled_from(_BODIES)),
        "made_on": draw(st.sampled_from(_DAYS)),
    }
    for parent in one.parents:
        row[f"{parent}_id"] = draw(st.sampled_from([None, *rows[parent]]))
    return row


@dataclass(frozen=True)
class Expected:
    """What an erasure does to Anna's rows, as (table, id)."""

    found: frozenset[tuple[str, int]]
    going: frozenset[tuple[str, int]]

    def of(self, name: str) -> tuple[set[int], set[int]]:
        """Return the ids found and those that go, of one table."""
        return (
            {number for where, number in self.found if where == name},
            {number for where, number in self.going if where == name},
        )


def expected(company: Company, rows: Rows, *, on: date) -> Expected:
    """Say what is Anna's among `rows`, and what of it goes on that day."""
    found: set[tuple[str, int]] = set()
    for one in company.tables:
        for number, row in rows[one.name].items():
            own = str(row["email"]).strip().lower() == ANNA if one.by_email else False
            joined = any((each, row[f"{each}_id"]) in found for each in one.parents)
            if own or joined:
                found.add((one.name, number))
    going: set[tuple[str, int]] = set()
    for one in reversed(company.tables):
        for number, row in rows[one.name].items():
            if (one.name, number) in found and _goes(company, rows, one, row, going, on):
                going.add((one.name, number))
    return Expected(frozenset(found), frozenset(going))


def _goes(
    company: Company,
    rows: Rows,
    one: Drawn,
    row: Row,
    going: set[tuple[str, int]],
    on: date,
) -> bool:
    if one.action == "anonymise" and not _is_left(row, one):
        return False
    if one.keeps and not _is_due(one.category, _anchor(company, rows, one, row), on):
        return False
    for child in company.tables:
        if one.name in child.parents:
            for number, below in rows[child.name].items():
                hangs = below[f"{one.name}_id"] == row["id"]
                is_nobodys = child.action == "anonymise" and not _is_left(below, child)
                if hangs and (child.name, number) not in going and not is_nobodys:
                    return False
    return True


def _is_left(row: Row, one: Drawn) -> bool:
    """Tell whether there is something to overwrite in a row that is anonymised."""
    email = row["email"] is not None and not str(row["email"]).startswith("erased:")
    return email or row["body"] not in (None, "gone")


def _anchor(company: Company, rows: Rows, one: Drawn, row: Row) -> object:
    if not one.counts_from:
        return row["made_on"]
    above = rows[one.counts_from].get(row[f"{one.counts_from}_id"] or 0)  # type: ignore[call-overload] # an id
    parent = company.table(one.counts_from)
    return _anchor(company, rows, parent, above) if above is not None else None


def _is_due(category: str, day: object, on: date) -> bool:
    """Tell whether a row of that day is due: seven years after the year, two after month or day."""
    if not isinstance(day, date):
        return False
    if category == "traffic":
        return on >= date(day.year + 8, 1, 1)
    if category == "communications":
        years, month = divmod(day.month, 12)
        return on >= date(day.year + 2 + years, month + 1, 1)
    last = date(day.year + 2, 2, 28) if (day.month, day.day) == (2, 29) else None
    return on > (last or day.replace(year=day.year + 2))


def after(company: Company, rows: Rows, gone: Sequence[tuple[str, int]]) -> Rows:
    """Return the rows as they have to be afterwards; the pseudonym of an e-mail is `erased:`."""
    left: dict[str, dict[int, Row]] = {}
    for one in company.tables:
        left[one.name] = {}
        for number, row in rows[one.name].items():
            if (one.name, number) not in gone:
                left[one.name][number] = row
            elif one.action == "anonymise":
                changed = {name: row[name] and text for name, text in _CHANGED.items()}
                changed["body"] = None if row["body"] is None else "gone"
                left[one.name][number] = {**row, **changed}
    return left


_CHANGED = {"email": "erased:"}
