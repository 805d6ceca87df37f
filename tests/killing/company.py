"""A company with one table for every way of finding a row, and a person with 100,000 of them."""

from pathlib import Path

from sqlalchemy import create_engine, text

_WORD = "{en: Test, pl: Próba, et: Katse, lv: Tests}"
_HEAD = f"""
x-word: &word {_WORD}
resource:
  id: big
  title: *word
  connector: {{kind: sql, url_env: SOURCE_BIG_URL}}
  entity: EE
  time_zone: Europe/Tallinn
  location: {{place: Tallinn, country: EE}}
  owner: {{name: Register, email: register@example.org}}
tables:
"""
_TABLE = """
  {name}:
    title: *word
    description: *word
    category: {category}
    data: content
    role: controller
    purpose: *word
    legal_basis: contract
    source: *word
    primary_key: [id]
    retention: {{anchor: at}}
    erasure: {erasure}
    find: [{find}]
    identifies: {identifies}
    columns:
      id: technical
      at: {{class: technical, type: datetime}}
      {columns}
"""
_BY_EMAIL = "{key: email, column: email}"
_THROUGH = "{{through: {parent}, on: {{{parent}_id: id}}}}"
#: name, category, erasure, find, columns; 100,000 rows of a person in all, and 1,000 kept.
_TABLES = (
    (
        "people",
        "communications",
        "delete",
        _BY_EMAIL,
        "email: {class: personal, identifier: email}",
    ),
    (
        "orders",
        "communications",
        "delete",
        _THROUGH.format(parent="people"),
        "people_id: technical",
    ),
    ("parts", "uploaded", "delete", _THROUGH.format(parent="orders"), "orders_id: technical"),
    (
        "notes",
        "communications",
        "anonymise",
        _BY_EMAIL,
        "email: {class: personal, erase: hash}\n      body: {class: personal, erase: {text: gone}}",
    ),
    ("calls", "traffic", "keep", _BY_EMAIL, "email: personal"),
)
ROWS = {"people": 1, "orders": 29_999, "parts": 40_000, "notes": 30_000}
KEPT = 1_000


def write_map(directory: Path) -> Path:
    """Write the map of the company and return its directory."""
    tables = (
        _TABLE.format(
            name=name,
            category=category,
            erasure=erasure,
            find=find,
            columns=columns,
            identifies=str(name == "people").lower(),
        )
        for name, category, erasure, find, columns in _TABLES
    )
    (directory / "big.yaml").write_text(_HEAD + "".join(tables), encoding="utf-8")
    return directory


_SCHEMA = """
CREATE TABLE people (id int PRIMARY KEY, at timestamptz NOT NULL, email text);
CREATE TABLE orders (id int PRIMARY KEY, at timestamptz NOT NULL,
                     people_id int NOT NULL REFERENCES people);
CREATE TABLE parts (id int PRIMARY KEY, at timestamptz NOT NULL,
                    orders_id int NOT NULL REFERENCES orders);
CREATE TABLE notes (id int PRIMARY KEY, at timestamptz NOT NULL, email text, body text);
CREATE TABLE calls (id int PRIMARY KEY, at timestamptz NOT NULL, email text);
CREATE INDEX ON people (lower(trim(email)));
CREATE INDEX ON orders (people_id);
CREATE INDEX ON parts (orders_id);
CREATE INDEX ON notes (lower(trim(email)));
CREATE INDEX ON calls (lower(trim(email)));
"""
_PERSON = """
INSERT INTO people VALUES (:n, now(), :email);
INSERT INTO orders SELECT :n * 1000000 + i, now(), :n FROM generate_series(1, :orders) i;
INSERT INTO parts SELECT :n * 1000000 + i, now(), :n * 1000000 + 1 + i % :orders
    FROM generate_series(1, :parts) i;
INSERT INTO notes SELECT :n * 1000000 + i, now(), :email, 'note ' || i
    FROM generate_series(1, :notes) i;
INSERT INTO calls SELECT :n * 1000000 + i, now(), :email FROM generate_series(1, :kept) i;
"""
_TABLE_DIGEST = """
SELECT count(*), md5(coalesce(string_agg(row::text, '|' ORDER BY row.id), ''))
FROM {table} row WHERE id {condition}
"""


class Company:
    """The source database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_engine(url)
        self._run(_SCHEMA)

    def add_person(self, number: int, *, share: int = 1) -> str:
        """Add a person, with every row or one in `share` of them; return the e-mail address."""
        email = f"person{number}@example.com"
        rows = {name: max(rows // share, 1) for name, rows in ROWS.items()}
        values = {"n": number, "email": email, "kept": KEPT // share, **rows}
        self._run(_PERSON, values)
        self._run("ANALYZE")
        return email

    def state(self, numbers: range) -> dict[str, tuple[int, str]]:
        """Return count and digest of all rows of these people, by table."""
        low, high = numbers.start, numbers.stop
        found = {}
        with self._engine.connect() as connection:
            for name, *_rest in _TABLES:
                factor = 1 if name == "people" else 1_000_000
                condition = f">= {low * factor} AND id < {high * factor}"
                query = _TABLE_DIGEST.format(table=name, condition=condition)
                rows, digest = connection.execute(text(query)).one()
                found[name] = (int(rows), str(digest))
        return found

    def anonymised_notes(self, number: int) -> tuple[int, int]:
        """Return how many notes of a person are anonymised, and under how many pseudonyms."""
        query = (
            "SELECT count(*), count(DISTINCT email) FROM notes"
            " WHERE id / 1000000 = :n AND body = 'gone' AND email LIKE 'erased:%'"
        )
        with self._engine.connect() as connection:
            rows, pseudonyms = connection.execute(text(query), {"n": number}).one()
        return int(rows), int(pseudonyms)

    def _run(self, statements: str, values: dict[str, object] | None = None) -> None:
        with self._engine.begin() as connection:
            for statement in statements.split(";"):
                if statement.strip():
                    used = {k: v for k, v in (values or {}).items() if f":{k}" in statement}
                    connection.execute(text(statement), used)

    def close(self) -> None:
        self._engine.dispose()
