"""When a row is due, in local time, whatever the type of the column its retention counts from."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from datamap.connectors import connector_for
from datamap.connectors.sql_days import sqlite_day
from datamap.domain.erasing import Scope, Survey, Treatment
from datamap.domain.schema import Resource
from datamap.domain.vocabulary import Erasing
from tests.datamap.conftest import Source
from tests.datamap.maps import TEXT, shop, table

# Rows 1 and 2 lie a second before and at midnight in Tallinn, in winter and (3 and 4) in summer.
INSTANTS = (
    "2024-01-31 21:59:59",
    "2024-01-31 22:00:00",
    "2024-07-31 20:59:59",
    "2024-07-31 21:00:00",
)
IN_WARSAW = (
    "2024-01-31 22:59:59",
    "2024-01-31 23:00:00",
    "2024-07-31 22:59:59",
    "2024-07-31 23:00:00",
)
IN_TALLINN = (
    "2024-01-31 23:59:59",
    "2024-02-01 00:00:00",
    "2024-07-31 23:59:59",
    "2024-08-01 00:00:00",
)
DAYS = ("2024-01-31", "2024-02-01", "2024-07-31", "2024-08-01")
COLUMNS = {"on_day": DAYS, "in_utc": INSTANTS, "in_warsaw": IN_WARSAW, "in_tallinn": IN_TALLINN}
ZONES = {"in_utc": "UTC", "in_warsaw": "Europe/Warsaw", "in_tallinn": "Europe/Tallinn"}


def marks(retention: str, zone: str = "UTC") -> Resource:
    own = f"""
    primary_key: [id]
    find: [{{key: email, column: email}}]
    time_zone: {zone}
    retention: {retention}
    columns:
      id: technical
      email: personal
      on_day: personal
      in_utc: personal
      in_warsaw: personal
      in_tallinn: personal
      instant: personal
"""
    return shop(table("marks", own))


@pytest.fixture(scope="module")
def filled(source: Source) -> Source:
    instant, clock = {
        "postgresql": ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP"),
        "mariadb": ("TIMESTAMP NULL", "DATETIME"),
        "sqlite": ("TEXT", "TIMESTAMP"),
    }[source.backend]
    zone = {
        "postgresql": "SET TIME ZONE 'UTC'",
        "mariadb": "SET SESSION time_zone = '+00:00'",
        "sqlite": "SELECT 1",
    }[source.backend]
    source.run(
        f"""CREATE TABLE marks (id INTEGER PRIMARY KEY, email VARCHAR(20), on_day DATE,
            in_utc {clock}, in_warsaw {clock}, in_tallinn {clock}, instant {instant})""",
        zone,
        *(
            f"INSERT INTO marks VALUES ({number}, 'x', '{day}', '{utc}', '{warsaw}', '{tallinn}', "  # noqa: S608
            f"'{utc}{'+00:00' if source.backend == 'sqlite' else ''}')"
            for number, (day, utc, warsaw, tallinn) in enumerate(
                zip(DAYS, INSTANTS, IN_WARSAW, IN_TALLINN, strict=True), 1
            )
        ),
        "INSERT INTO marks (id) VALUES (5)",
    )
    return source


def survey(resource: Resource, due_before: date | None) -> Survey:
    action = Erasing.KEEP if due_before is None else Erasing.DELETE
    scope = Scope(None, {"marks": Treatment(action, due_before)})
    return connector_for(resource).survey(resource.table("marks"), scope)


@pytest.mark.parametrize("column", [*COLUMNS, "instant"])
def test_rows_are_due_from_local_midnight(filled: Source, column: str) -> None:
    resource = marks(f"{{anchor: {column}}}", ZONES.get(column, "America/New_York"))
    going = {
        day: survey(resource, date.fromisoformat(day)).going.rows
        for day in ("2024-01-31", "2024-02-01", "2024-02-02", "2024-08-01", "2024-08-02")
    }
    assert going == {
        "2024-01-31": 0,
        "2024-02-01": 1,
        "2024-02-02": 2,
        "2024-08-01": 3,
        "2024-08-02": 4,
    }


@pytest.mark.parametrize("column", [*COLUMNS, "instant"])
def test_rows_are_kept_by_local_day(filled: Source, column: str) -> None:
    resource = marks(f"{{anchor: {column}}}", ZONES.get(column, "America/New_York"))
    kept: dict[date | None, int] = {date.fromisoformat(day): 1 for day in DAYS}
    assert survey(resource, None).kept == kept | {None: 1}


def test_without_an_anchor_nothing_is_ever_due(filled: Source) -> None:
    resource = marks(f"{{none: {TEXT}}}")
    assert survey(resource, date(2100, 1, 1)).kept == {None: 5}


def test_a_text_that_is_no_date_is_no_anchor() -> None:
    zone = "Europe/Tallinn"
    assert sqlite_day("soon", zone, zone) is None
    assert sqlite_day(1706738400, zone, zone) is None
    assert sqlite_day(None, zone, zone) is None
    assert sqlite_day("2024-01-31T23:30:00Z", zone, ZoneInfo(zone).key) == "2024-02-01"
