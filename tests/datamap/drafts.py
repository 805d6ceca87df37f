"""A schema with everything that databases allow, and the decisions a draft leaves to a person."""

import re

from datamap.domain.assembly import assemble
from datamap.domain.schema import DataMap
from tests.datamap.conftest import Source

TEXTS = "{en: en, pl: pl, et: et, lv: lv}"
#: In PostgreSQL the invoices are in a schema of their own.
_SQL = (
    """CREATE TABLE addresses (id INTEGER PRIMARY KEY, street VARCHAR(80), city VARCHAR(80))""",
    """CREATE TABLE employees (id INTEGER PRIMARY KEY, full_name VARCHAR(80),
       work_email VARCHAR(80) UNIQUE, password_hash VARCHAR(80))""",
    """CREATE TABLE customers (id INTEGER PRIMARY KEY, customer_no VARCHAR(20) UNIQUE,
       name VARCHAR(80), email VARCHAR(80), tel VARCHAR(40), address_id INTEGER,
       contact_id INTEGER, created_at TIMESTAMP NULL, FOREIGN KEY (address_id)
       REFERENCES addresses (id))""",
    """CREATE TABLE <Osoby Kontaktowe> (id INTEGER PRIMARY KEY, customer_id INTEGER,
       <Imię i nazwisko> VARCHAR(80), <nr tel.> VARCHAR(40), <on> VARCHAR(9),
       FOREIGN KEY (customer_id) REFERENCES customers (id))""",
    """CREATE TABLE töötajad (ik VARCHAR(11) PRIMARY KEY, eesnimi VARCHAR(80), epost VARCHAR(80),
       salasõna VARCHAR(80), ülemus VARCHAR(11))""",
    """CREATE TABLE orders (customer_id INTEGER, number INTEGER, ordered_on DATE,
       handled_by INTEGER, remarks VARCHAR(200), PRIMARY KEY (customer_id, number),
       FOREIGN KEY (customer_id) REFERENCES customers (id),
       FOREIGN KEY (handled_by) REFERENCES employees (id))""",
    """CREATE TABLE order_lines (customer_id INTEGER, number INTEGER, line INTEGER,
       item VARCHAR(80), PRIMARY KEY (customer_id, number, line),
       FOREIGN KEY (customer_id, number) REFERENCES orders (customer_id, number))""",
    """CREATE TABLE <billing.invoices> (id INTEGER PRIMARY KEY, customer_id INTEGER,
       issued_on DATE, iban VARCHAR(40), FOREIGN KEY (customer_id) REFERENCES customers (id))""",
    """CREATE TABLE call_log (called_at TIMESTAMP NULL, caller_number VARCHAR(40),
       callee_number VARCHAR(40), free_text VARCHAR(200))""",
    """CREATE TABLE guestbook (id INTEGER PRIMARY KEY, surname VARCHAR(80))""",
    """CREATE TABLE sms_settings (id INTEGER PRIMARY KEY, employee_id INTEGER, nick VARCHAR(80))""",
    """CREATE TABLE tariffs (id INTEGER PRIMARY KEY, name VARCHAR(80), price NUMERIC(8, 2),
       updated_by INTEGER, FOREIGN KEY (updated_by) REFERENCES employees (id))""",
    "CREATE VIEW customer_names AS SELECT name FROM customers",
)
_OPENING = {"postgresql": ('"', '"'), "mariadb": ("`", "`"), "sqlite": ('"', '"')}


def make_everything(source: Source) -> None:
    """Create the schema, with rows of which no value may be told."""
    left, right = _OPENING[source.backend]
    if source.is_postgres:
        source.run("CREATE SCHEMA billing")
    for statement in _SQL:
        invoices = "billing.invoices" if source.is_postgres else "invoices"
        plain = statement.replace("<billing.invoices>", invoices)
        source.run(re.sub("[<>]", lambda sign: left if sign[0] == "<" else right, plain))
    if source.is_postgres:
        source.run(
            "CREATE MATERIALIZED VIEW copied AS SELECT email FROM customers",
            "ALTER TABLE employees ADD boss_id integer REFERENCES employees (id)",
            'ALTER TABLE customers ADD FOREIGN KEY (contact_id) REFERENCES "Osoby Kontaktowe" (id)',
            'CREATE TABLE "dotted.name" (id integer PRIMARY KEY)',
        )
    rows = ", ".join(
        f"('2026-01-0{day} 10:00:00', '+4860212345{day}', '60112345{day}', "
        f"'call jan{day}@secret.example back')"
        for day in range(1, 5)
    )
    source.run(f"INSERT INTO call_log VALUES {rows}")  # noqa: S608 (our own values)


def decided(text: str) -> str:
    """Return a draft with every decision taken, as a person would: line by line."""
    return "\n".join(map(_decided_line, text.split("\n")))


def open_lines(text: str) -> list[int]:
    """Return the numbers of the lines on which something is left open."""
    lines = enumerate(text.split("\n"), 1)
    return [number for number, line in lines if _decided_line(line) != line]


def map_of_draft(text: str) -> DataMap:
    """Return the map that a draft makes once the decisions are taken."""
    return assemble({"draft.yaml": decided(text)})


_CHOSEN = {
    "entity": "EE",
    "time_zone": "Europe/Tallinn",
    "category": "communications",
    "data": "other",
    "legal_basis": "contract",
}


def _decided_line(line: str) -> str:
    value, marked, note = line.partition("# decide: ")
    if not marked:
        return line
    for key, choice in _CHOSEN.items():
        value = value.replace(f" {key}: decide ", f" {key}: {choice} ")
    value = re.sub(r"(description|purpose|source):  $", rf"\1: {TEXTS}  ", value)
    value = value.replace(", pl: , et: , lv: }", ", pl: pl, et: et, lv: lv}")
    value = value.replace("{place: , country: }", "{place: Hamina, country: FI}")
    value = value.replace("{name: , email: }", "{name: Shop team, email: shop@apifonica.com}")
    value = re.sub(r"retention:  $", f"retention: {{none: {TEXTS}}}  ", value)
    value = value.replace("find: []", "find: [{key: reference, column: surname}]")
    value = value.replace("primary_key: []", "primary_key: [called_at]")
    return value + marked + note
