"""What the SQL of a purge takes is what the pure rule says, over random rows, rules and zones.

The rows lie close around the instants that decide: ends of months and years, the nights in which
the clock changes. The moment of the purge is one at which some row becomes due, or a microsecond
before or after it.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pytest_django import Settings
from sqlalchemy import Engine, create_engine, text

from datamap.connectors import connector_for
from datamap.domain.assembly import assemble
from datamap.domain.erasing import Part, PartKind, Permit, Scope
from datamap.domain.schema import DataMap
from lib.entities import entity
from retention.domain.expiry import expires_at, is_due
from retention.domain.purging import EARLIEST_ANCHOR, purge_treatments
from tests.retention.test_purge_vectors import map_text

KINDS = ("date", "timestamptz", "timestamp")
ENTITIES = ("EE", "LV", "PL")
CATEGORIES = ("identity_billing", "traffic", "communications", "uploaded", "logs")
ZONES = ("UTC", "Europe/Tallinn", "Europe/Warsaw", "America/New_York", "Pacific/Auckland")
_MICROSECOND = timedelta(microseconds=1)

Anchor = date | datetime
#: Nights in which the clocks of the group's countries change, and ends of months and years.
edges = st.sampled_from(
    [
        date(2018, 12, 31),
        date(2019, 1, 1),
        date(2024, 2, 29),
        date(2024, 3, 30),
        date(2024, 3, 31),
        date(2024, 10, 26),
        date(2024, 10, 27),
        date(2024, 10, 31),
        date(1989, 12, 31),
        EARLIEST_ANCHOR,
    ]
)
days = st.one_of(edges, st.dates(date(1989, 1, 1), date(2027, 12, 31)))
times = st.one_of(
    st.sampled_from([time(), time(23, 59, 59, 999_999), time(21), time(22), time(21, 59), time(3)]),
    st.times(),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, str, str, str, list[Anchor | None], datetime]:
    """Draw the column's type, entity, category, zone, anchors and the moment of a purge."""
    kind, home, category, zone = (
        draw(st.sampled_from(of)) for of in (KINDS, ENTITIES, CATEGORIES, ZONES)
    )
    anchor: st.SearchStrategy[Anchor] = days
    if kind != "date":
        anchor = st.builds(datetime.combine, days, times)
    anchors = draw(st.lists(st.one_of(st.none(), anchor), min_size=1, max_size=12))
    known = [one for one in anchors if one is not None]
    decisive = draw(st.sampled_from(known)) if known else draw(days)
    due = expires_at(
        category=category,
        anchor=local_day(decisive, kind, zone, home),
        entity=entity(home),
    )
    assert due is not None
    beside = draw(st.sampled_from([-_MICROSECOND, timedelta(), _MICROSECOND, timedelta(days=400)]))
    return kind, home, category, zone, anchors, due.astimezone(UTC) + beside


def local_day(anchor: Anchor, kind: str, zone: str, home: str) -> date:
    """Return the anchor's day where the entity is. A `timestamptz` is drawn as of UTC."""
    if not isinstance(anchor, datetime):
        return anchor
    shown = ZoneInfo("UTC" if kind == "timestamptz" else zone)
    return anchor.replace(tzinfo=shown).astimezone(entity(home).tz).date()


def mapped(home: str, category: str, zone: str) -> DataMap:
    vector = {"entity": home, "category": category, "anchor": "2024-01-01"}
    written = map_text(vector).replace("time_zone: UTC", f"time_zone: {zone}")
    return assemble({"shop.yaml": written})


@pytest.fixture(scope="module")
def shop(make_session_database: Callable[[], str]) -> Iterator[tuple[str, Engine]]:
    url = make_session_database()
    engine = create_engine(url)
    yield url, engine
    engine.dispose()


def fill(engine: Engine, kind: str, anchors: list[Anchor | None]) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET TIME ZONE 'UTC'"))
        connection.execute(text("DROP TABLE IF EXISTS things"))
        connection.execute(text(f"CREATE TABLE things (id int PRIMARY KEY, email text, at {kind})"))
        rows = [{"id": n, "at": one} for n, one in enumerate(anchors)]
        connection.execute(text("INSERT INTO things VALUES (:id, 'a', :at)"), rows)


def left_in(engine: Engine) -> set[int]:
    with engine.connect() as connection:
        return set(connection.scalars(text("SELECT id FROM things")))


@pytest.fixture(autouse=True)
def _address(shop: tuple[str, Engine], settings: Settings) -> None:
    settings.SOURCE_URLS = {"SOURCE_SHOP_URL": shop[0]}


@hypothesis.settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(case=cases())
def test_sql_takes_what_the_rule_says(
    shop: tuple[str, Engine],
    case: tuple[str, str, str, str, list[Anchor | None], datetime],
) -> None:
    kind, home, category, zone, anchors, now = case
    engine = shop[1]
    data_map = mapped(home, category, zone)
    resource = data_map.resource("shop")
    fill(engine, kind, anchors)

    def stays(anchor: Anchor | None) -> bool:
        if anchor is None:
            return True
        day = local_day(anchor, kind, zone, home)
        until = expires_at(category=category, anchor=day, entity=entity(home))
        return day < EARLIEST_ANCHOR or not is_due(now, until)

    expected = {number for number, anchor in enumerate(anchors) if stays(anchor)}
    scope = Scope(None, purge_treatments(resource, data_map=data_map, now=now))
    table = resource.table("things")
    survey = connector_for(resource).survey(table, scope)
    assert survey.going.rows == len(anchors) - len(expected)

    with connector_for(resource).purging(table, Part(PartKind.KEYS)) as purge:
        stretch = purge.stretch(None, size=5)
        gone = 0
        while stretch is not None:
            gone += purge.erase(Permit(resource.id, scope), stretch)
            stretch = purge.stretch(stretch, size=5)
    assert gone == len(anchors) - len(expected)
    assert left_in(engine) == expected
