"""What retention counts from, through any joins."""

import pytest

from datamap.connectors import connector_for
from datamap.connectors.sql_anchors import anchored
from datamap.connectors.sql_matching import table_clause
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource
from tests.datamap.conftest import Source
from tests.datamap.maps import TEXT, shop, table

ANNA = SubjectKeys(emails=("anna@example.pl",))
PEOPLE = """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: ANCHOR
    columns: {id: technical, plan: technical, email: personal}
"""
ORDERS = table(
    "orders",
    """
    primary_key: [id]
    find: [{through: people, on: {person: id}}]
    retention: {anchor: {through: terms, on: {term: id}}}
    columns: {id: technical, person: technical, term: technical}
""",
)
TERMS = table(
    "terms",
    """
    primary_key: [id]
    find: [{key: badge, column: badge}]
    time_zone: Europe/Warsaw
    retention: {anchor: over_at}
    columns: {id: technical, badge: personal, over_at: {class: personal, type: datetime}}
""",
)
PLANS = "plain_tables:\n  plans: {reason: Prices., columns: [id, over_at]}\n"


@pytest.fixture(scope="module")
def filled(source: Source) -> Source:
    # Without a zone; a TIMESTAMP of MariaDB has one, and is an instant.
    local = "DATETIME" if source.backend == "mariadb" else "TIMESTAMP"
    source.run(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, plan INTEGER, email VARCHAR(80))",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER, term INTEGER)",
        f"CREATE TABLE terms (id INTEGER PRIMARY KEY, badge VARCHAR(9), over_at {local})",
        f"CREATE TABLE plans (id INTEGER PRIMARY KEY, over_at {local})",
        "INSERT INTO people VALUES (1, 5, 'anna@example.pl'), (2, 6, 'anna@example.pl')",
        "INSERT INTO terms VALUES (1, 'b', '2024-01-31 12:00:00'), (2, 'b', '2024-07-31 12:00:00')",
        "INSERT INTO terms VALUES (3, 'b', NULL)",
        "INSERT INTO orders VALUES (1, 1, 1), (2, 1, 2), (3, 2, 2), (4, 2, 3), (5, 2, NULL)",
        "INSERT INTO plans VALUES (5, '2025-01-31 12:00:00')",
    )
    return source


def anchors(resource: Resource, name: str) -> list[str | None]:
    with connector_for(resource).extract(resource.table(name), ANNA) as rows:
        return [row.anchor for row in rows]


def people(retention: str) -> Resource:
    return shop(table("people", PEOPLE.replace("ANCHOR", retention)), ORDERS, TERMS, tail=PLANS)


def test_an_anchor_of_the_row_it_joins(filled: Source) -> None:
    assert anchors(people(f"{{none: {TEXT}}}"), "orders") == [
        "2024-01-31T12:00:00+01:00",  # the joined table's own zone
        "2024-07-31T12:00:00+02:00",
        "2024-07-31T12:00:00+02:00",
        None,
        None,
    ]


def test_the_latest_of_many_counts_and_none_while_one_is_open(filled: Source) -> None:
    resource = people("{anchor: {through: orders, on: {id: person}}}")
    assert anchors(resource, "people") == ["2024-07-31T12:00:00+02:00", None]


def test_an_anchor_in_a_table_without_personal_data(filled: Source) -> None:
    resource = people("{anchor: {through: plans, on: {plan: id}, column: over_at}}")
    got = anchors(resource, "people")
    # The map has no type for it, so SQLite's text stays text.
    is_text = filled.backend == "sqlite"
    first = "2025-01-31 12:00:00" if is_text else "2025-01-31T12:00:00+02:00"
    assert got == [first, None]


def test_a_table_may_have_no_anchor(filled: Source) -> None:
    assert anchors(people(f"{{none: {TEXT}}}"), "people") == [None, None]


def test_a_map_that_was_not_checked_is_refused() -> None:
    resource = people(f"{{none: {TEXT}}}")
    terms = resource.table("terms")
    bare = terms.model_copy(update={"retention": resource.table("people").retention})
    broken = resource.model_copy(update={"tables": (resource.table("orders"), bare)})
    orders = broken.table("orders")
    with pytest.raises(LookupError, match="terms has no anchor of its own"):
        anchored(broken, orders, table_clause(orders))
