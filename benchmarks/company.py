"""A company whose people all have the same number of rows in five tables, one beside the other."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg2

MAP: Final = Path(__file__).resolve().parent / "map"
_TABLES: Final = """
CREATE TABLE clients (
    id int PRIMARY KEY, number text, name text, email text, created_at timestamptz NOT NULL
);
CREATE TABLE calls (
    id bigint PRIMARY KEY, client_id int NOT NULL REFERENCES clients,
    started_at timestamptz NOT NULL, caller text, callee text, direction text, seconds int,
    cost numeric(10, 4)
);
CREATE TABLE messages (
    id bigint PRIMARY KEY, client_id int NOT NULL REFERENCES clients, sent_at timestamp NOT NULL,
    sender text, body text, delivered boolean
);
CREATE TABLE uploads (
    id uuid PRIMARY KEY, client_id int NOT NULL REFERENCES clients,
    uploaded_at timestamptz NOT NULL, file_name text, size bigint, details jsonb
);
CREATE TABLE visits (
    id bigint PRIMARY KEY, client_id int NOT NULL REFERENCES clients,
    visited_at timestamptz NOT NULL, address inet, page text, agent text
);
"""
_CLIENTS: Final = """
INSERT INTO clients SELECT g, 'C-' || g, 'Person ' || g, 'person' || g || '@bench.example',
    timestamptz '2024-01-01 00:00+00' + g * interval '1 hour'
FROM generate_series(1, %(people)s) g
"""
#: One row after the other belongs to another person, so that each page of a table holds all.
_ROWS: Final[Mapping[str, str]] = {
    "calls": """
INSERT INTO calls SELECT g, 1 + mod(g, %(people)s),
    timestamptz '2024-01-01 00:00+00' + g * interval '7.25 seconds',
    '+372512' || lpad(mod(g, 97)::text, 5, '0'),
    '+' || 48600000000 + mod(g * 7919, 99999989), CASE mod(g, 3) WHEN 0 THEN 'in' ELSE 'out' END,
    mod(g, 3600), mod(g, 10000) / 100.0
FROM generate_series(1, %(people)s::bigint * %(rows)s) g""",
    "messages": """
INSERT INTO messages SELECT g, 1 + mod(g, %(people)s),
    timestamp '2024-01-01' + g * interval '11 seconds', 'support@bench.example',
    'Message ' || g || ' said "yes".'
        || CASE mod(g / %(people)s, 4) WHEN 0 THEN E'\\nAnd no.' ELSE '' END,
    mod(g, 7) > 0
FROM generate_series(1, %(people)s::bigint * %(rows)s) g""",
    "uploads": """
INSERT INTO uploads SELECT uuidv7(), 1 + mod(g, %(people)s),
    timestamptz '2024-01-01 00:00+00' + g * interval '17 seconds', 'call-' || g || '.wav', g * 4096,
    jsonb_build_object('codec', 'pcm', 'seconds', mod(g, 900), 'tags', '["a", "b"]'::jsonb)
FROM generate_series(1, %(people)s::bigint * %(rows)s) g""",
    "visits": """
INSERT INTO visits SELECT g, 1 + mod(g, %(people)s),
    timestamptz '2024-01-01 00:00+00' + g * interval '3 seconds',
    ('10.' || mod(g / 65536, 256) || '.' || mod(g / 256, 256) || '.' || mod(g, 256))::inet,
    '/page/' || mod(g, 500), 'Mozilla/5.0 (X11; Linux x86_64) Firefox/' || 100 + mod(g, 30)
FROM generate_series(1, %(people)s::bigint * %(rows)s) g""",
}
#: Of a hundred rows of a person; the client's own is one more.
_SHARES: Final = {"calls": 40, "messages": 30, "uploads": 10, "visits": 20}
COLUMNS: Final = {
    "clients": "id, number, name, email, created_at",
    "calls": "id, client_id, started_at, caller, callee, direction, seconds, cost",
    "messages": "id, client_id, sent_at, sender, body, delivered",
    "uploads": "id, client_id, uploaded_at, file_name, size, details",
    "visits": "id, client_id, visited_at, address, page, agent",
}


def email_of(person: int) -> str:
    """Return the address of a person, counted from 1."""
    return f"person{person}@bench.example"


def found_company(address: str, *, rows: int, people: int) -> None:
    """Make the tables anew, `rows` (at least 10) of each person in all of them together."""
    with closing(psycopg2.connect(address)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {', '.join(COLUMNS)} CASCADE")
            cursor.execute(_TABLES)
            cursor.execute(_CLIENTS, {"people": people})
            for table, statement in _ROWS.items():
                each = rows * _SHARES[table] // 100 - (table == "calls")
                cursor.execute(statement, {"people": people, "rows": each})
                cursor.execute(f"CREATE INDEX ON {table} (client_id)")
            cursor.execute("CREATE INDEX ON clients (lower(trim(email)))")
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
