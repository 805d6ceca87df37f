"""Under what a person is known, over several databases, and what of it is surely theirs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from datamap.connectors import connector_for
from datamap.domain.assembly import assemble
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import DataMap
from requests_portal.models import Case
from requests_portal.services.identification import KnownAs, NeverSettles, identify, keys_from
from tests.datamap.conftest import Source
from tests.datamap.maps import HEAD, table

pytestmark = pytest.mark.django_db

PEOPLE = table(
    "people",
    """
    primary_key: [id]
    identifies: true
    find:
      - {key: email, column: email}
      - {key: phone, column: phone}
      - {key: ip, column: ip}
      - {key: badge, column: badge}
    retention: {anchor: at}
    columns:
      id: technical
      email: {class: personal, identifier: email}
      phone: {class: personal, identifier: phone}
      ip: {class: personal, identifier: ip}
      badge: {class: personal, identifier: badge}
      at: personal
""",
)
DEVICES = table(
    "devices",
    """
    primary_key: [id]
    find: [{resource: shop, through: people, on: {owner: id}}]
    retention: {anchor: at}
    columns: {id: technical, owner: technical, serial: technical, at: personal}
""",
)
EVENTS = table(
    "events",
    """
    primary_key: [id]
    find: [{resource: web, through: devices, on: {serial: serial}}]
    retention: {anchor: at}
    columns: {id: technical, serial: technical, at: personal}
""",
)


def data_map(*, people: str = PEOPLE) -> DataMap:
    head = HEAD[HEAD.index("resource:") :]
    return assemble(
        {
            "shop.yaml": HEAD + people,
            "web.yaml": head.replace("id: shop", "id: web").replace("_TEST_", "_WEB_") + DEVICES,
            "log.yaml": head.replace("id: shop", "id: log").replace("_TEST_", "_LOG_") + EVENTS,
        }
    )


@pytest.fixture
def shop(
    make_database: Callable[[], str],
    make_mariadb: Callable[[], str],
    tmp_path: Path,
    settings: Settings,
) -> Source:
    """People in PostgreSQL, their devices in MariaDB, what these sent in SQLite."""
    urls = {
        "SOURCE_TEST_URL": make_database(),
        "SOURCE_WEB_URL": make_mariadb(),
        "SOURCE_LOG_URL": f"sqlite:///{tmp_path / 'log.db'}",
    }
    settings.SOURCE_URLS = urls
    people, web, log = (Source.at(url) for url in urls.values())
    people.run(
        """CREATE TABLE people (id int PRIMARY KEY, email text, phone text, ip inet, badge text,
           at date)""",
        """INSERT INTO people VALUES
           (1, ' Ana@Example.com', '+372 5123 4567', '192.0.2.1', 'Red 1', NULL),
           (2, 'other@example.com', '+48 601 234 567', NULL, 'Red 2', NULL)""",
    )
    web.run(
        """CREATE TABLE devices (id INT PRIMARY KEY, owner INT, serial VARCHAR(20), at DATE)""",
        "INSERT INTO devices VALUES (1, 1, 'ä-1', NULL), (2, 1, 'b-1', NULL), (3, 2, 'A-1', NULL)",
    )
    log.run(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, serial TEXT, at TEXT)",
        "INSERT INTO events (serial) VALUES ('ä-1'), ('a-1'), ('b-1'), ('A-1'), ('b-1')",
    )
    return people


def case_of(**given: object) -> Case:
    return Case(**{"email": "ana@example.com", **given})


def known(datamap: DataMap, **given: object) -> list[KnownAs]:
    return identify(case_of(**given), datamap, beat=lambda: None)


def pairs(found: list[KnownAs]) -> dict[tuple[str, str], bool]:
    return {(one.kind, one.value): one.proven for one in found}


OF_ANA = {
    ("email", "ana@example.com"): True,
    ("phone", "+37251234567"): True,
    ("ip", "192.0.2.1"): True,
    ("badge", "Red 1"): True,
    ("@shop/people/id", "1"): True,
    ("@web/devices/serial", "b-1"): True,
    ("@web/devices/serial", "ä-1"): True,
}


def test_a_chain_of_three_databases_is_followed(shop: Source) -> None:
    found = known(data_map())
    assert pairs(found) == OF_ANA
    origins = {one.kind: one.origin for one in found}
    assert origins == {
        "email": None,
        "phone": ("shop", "people"),
        "ip": ("shop", "people"),
        "badge": ("shop", "people"),
        "@shop/people/id": ("shop", "people"),
        "@web/devices/serial": ("web", "devices"),
    }


def counted(datamap: DataMap, keys: SubjectKeys) -> dict[str, int]:
    return {
        one.name: connector_for(resource).count(one, keys)
        for resource in datamap.resources
        for one in resource.tables
    }


def test_what_was_noted_finds_the_rows_after_the_person_is_gone(shop: Source) -> None:
    datamap = data_map()
    noted = [one.as_json() for one in known(datamap)]
    assert counted(datamap, keys_from(noted)) == {"people": 1, "devices": 2, "events": 3}
    shop.run("DELETE FROM people")
    assert counted(datamap, keys_from(noted)) == {"people": 0, "devices": 2, "events": 3}
    assert pairs(known(datamap)) == {("email", "ana@example.com"): True}


@pytest.mark.parametrize(
    "further", ["'+37251234567', NULL, 'Red 3'", "'0037251234567', NULL, NULL", "NULL, '192.0.2.1'"]
)
def test_what_only_a_shared_number_leads_to_is_not_proven(shop: Source, further: str) -> None:
    values = (further + ", NULL, NULL").split(", ")[:3]
    shop.run(
        f"INSERT INTO people VALUES (3, 'eva@example.com', {', '.join(values)}, NULL)"  # noqa: S608
    )
    shared = "ip" if values[0] == "NULL" else "phone"
    found = pairs(known(data_map()))
    strangers = {("email", "eva@example.com"): False, ("@shop/people/id", "3"): False}
    if values[2] == "'Red 3'":
        strangers["badge", "Red 3"] = False
    assert found == {
        **{pair: proven and pair[0] != shared for pair, proven in OF_ANA.items()},
        **strangers,
    }
    # Searched with what is proven alone, the other's row is not found.
    alone = keys_from(one.as_json() for one in known(data_map(), only_proven=True))
    assert shared not in {kind for kind, _ in alone}
    assert counted(data_map(), alone)["people"] == 1


def test_a_second_record_under_the_same_address_is_the_persons(shop: Source) -> None:
    shop.run("INSERT INTO people VALUES (3, 'ANA@example.com', '+37251234567', NULL, NULL, NULL)")
    assert pairs(known(data_map())) == {**OF_ANA, ("@shop/people/id", "3"): True}


def test_a_number_that_leads_on_where_nobody_was_known_yet_is_proven(shop: Source) -> None:
    # The phone number is Ana's own; only it is known elsewhere.
    Source.at(shop.url).run(
        "CREATE TABLE cards (id int PRIMARY KEY, phone text, badge text, at date)"
    )
    shop.run("INSERT INTO cards VALUES (1, '+372 5123 4567', 'Blue', NULL)")
    cards = table(
        "cards",
        """
    primary_key: [id]
    identifies: true
    find: [{key: phone, column: phone}]
    retention: {anchor: at}
    columns:
      id: technical
      phone: personal
      badge: {class: personal, identifier: badge}
      at: personal
""",
    )
    assert pairs(known(data_map(people=PEOPLE + cards))) == {**OF_ANA, ("badge", "Blue"): True}


def test_what_is_no_address_of_a_machine_is_passed_over(shop: Source) -> None:
    shop.run(
        "ALTER TABLE people ALTER ip TYPE text",
        "UPDATE people SET ip = '2001:DB8:0::1/64', badge = ' ' WHERE id = 1",
    )
    found = pairs(known(data_map()))
    assert ("ip", "2001:db8::1") in found
    assert "badge" not in {kind for kind, _ in found}
    shop.run("UPDATE people SET ip = 'unknown' WHERE id = 1")
    assert "ip" not in {kind for kind, _ in pairs(known(data_map()))}


def test_a_map_that_joins_everybody_never_settles(shop: Source) -> None:
    chain = ", ".join(
        f"({n}, 'p{n}@example.com', NULL, NULL, 'b{n + 1}', NULL), "
        f"({n + 100}, 'p{n + 1}@example.com', NULL, NULL, 'b{n + 1}', NULL)"
        for n in range(10, 40)
    )
    shop.run(f"INSERT INTO people VALUES {chain}")  # noqa: S608 (the test's own)
    with pytest.raises(NeverSettles):
        known(data_map(), email="p10@example.com")
