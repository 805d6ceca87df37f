"""Partitions of PostgreSQL: dropped whole where that is proven, else looked at row by row."""

import threading
from collections.abc import Iterator
from datetime import date

import pytest

from datamap.connectors import SourceError, connector_for
from datamap.connectors import sql_transactions as transactions
from datamap.domain.erasing import Exclusion, Part, PartKind, Permit, Scope, Treatment
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Resource
from tests.datamap.conftest import Source
from tests.datamap.contract import until
from tests.datamap.maps import shop, table

_TABLE = """
    find: [{key: email, column: email}]
    retention: {anchor: at}
    primary_key: [id, at]
    columns:
      id: technical
      email: {class: personal, identifier: email}
      at: {class: personal, type: datetime}
"""
#: A year ends at midnight in Tallinn; rows of 2018 and before are due.
_SQL = """
DROP TABLE IF EXISTS links, calls, calls_2017, calls_2018, calls_2019;
CREATE TABLE calls (id int, email text, at timestamptz, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at);
CREATE TABLE calls_2017 PARTITION OF calls
    FOR VALUES FROM ('2017-01-01 00:00+02') TO ('2018-01-01 00:00+02');
CREATE TABLE calls_2018 PARTITION OF calls
    FOR VALUES FROM ('2018-01-01 00:00+02') TO ('2019-01-01 00:00+02');
CREATE TABLE calls_2019 PARTITION OF calls
    FOR VALUES FROM ('2019-01-01 00:00+02') TO ('2020-01-01 00:00+02');
INSERT INTO calls SELECT n, 'p' || n %% 3 || '@example.com',
    timestamptz '2017-02-01 12:00+02' + n %% 3 * interval '1 year' FROM generate_series(1, 30) n;
"""
DUE = until("2019-01-01")
ONE = SubjectKeys(emails=("p1@example.com",))  # all calls of 2018


@pytest.fixture
def calls(postgres: Source) -> Iterator[Source]:
    postgres.run(_SQL)
    yield postgres
    postgres.run("DROP TABLE IF EXISTS links, calls, calls_2017, calls_2018, calls_2019, calls_0")


@pytest.fixture
def resource() -> Resource:
    return shop(table("calls", _TABLE))


def scope(treatment: Treatment = DUE, *exclusions: Exclusion) -> Scope:
    return Scope(None, {"calls": treatment}, exclusions)


def parts(resource: Resource, of: Scope) -> list[tuple[PartKind, str]]:
    found = connector_for(resource).parts(resource.table("calls"), of, at_most=4)
    return [(part.kind, part.leaf.removeprefix("public.")) for part in found]


def purge(resource: Resource, of: Scope, *, planned: Scope | None = None) -> None:
    """Purge by the parts that were planned when, it may be, less was held."""
    connector, here = connector_for(resource), resource.table("calls")
    for part in connector.parts(here, planned or of, at_most=4):
        purge_part(resource, of, part)


def purge_part(resource: Resource, of: Scope, part: Part) -> None:
    connector, here = connector_for(resource), resource.table("calls")
    permit = Permit(resource.id, of)
    with connector.purging(here, part) as purging:
        if part.kind is PartKind.PARTITION:
            purging.erase(permit, None)
            return
        stretch = purging.stretch(None, size=64)
        while stretch is not None:
            purging.erase(permit, stretch)
            stretch = purging.stretch(stretch, size=64)


def years(source: Source) -> dict[int, int]:
    """Return how many calls there are of each year."""
    query = "SELECT extract(year FROM at)::int AS year, count(*) AS rows FROM calls GROUP BY 1"
    with source.engine.connect() as connection:
        return {row.year: row.rows for row in connection.exec_driver_sql(query)}


def leaves(source: Source) -> set[str]:
    query = "SELECT relname FROM pg_class WHERE relname ~ '^calls_[0-9]*$' AND relkind = 'r'"
    with source.engine.connect() as connection:
        return {name for (name,) in connection.exec_driver_sql(query)}


def going(resource: Resource, of: Scope) -> int:
    return connector_for(resource).survey(resource.table("calls"), of).going.rows


def test_what_is_due_whole_is_dropped_and_what_is_not_is_never_opened(
    calls: Source, resource: Resource
) -> None:
    assert parts(resource, scope()) == [
        (PartKind.PARTITION, "calls_2017"),
        (PartKind.PARTITION, "calls_2018"),
    ]
    assert going(resource, scope()) == 20
    purge(resource, scope())
    assert (leaves(calls), years(calls)) == ({"calls_2019"}, {2019: 10})
    assert going(resource, scope()) == 0


def test_a_partition_that_ends_an_hour_later_goes_row_by_row(
    calls: Source, resource: Resource
) -> None:
    """Its bounds are midnight of UTC: its last two hours are of another year in Tallinn."""
    calls.run(
        "ALTER TABLE calls DETACH PARTITION calls_2019",
        "ALTER TABLE calls DETACH PARTITION calls_2018",
        "ALTER TABLE calls ATTACH PARTITION calls_2018 "
        "FOR VALUES FROM ('2018-01-01 00:00+02') TO ('2019-01-01 00:00+00')",
        "INSERT INTO calls VALUES (99, 'x', '2018-12-31 22:30+00')",
    )
    assert parts(resource, scope())[1:] == [(PartKind.BLOCKS, "calls_2018")]
    purge(resource, scope())
    with calls.engine.connect() as connection:
        assert list(connection.exec_driver_sql("SELECT id FROM calls")) == [(99,)]


def test_what_is_held_keeps_its_partition_and_goes_on_row_by_row(
    calls: Source, resource: Resource
) -> None:
    calls.run("INSERT INTO calls VALUES (99, 'other', '2018-05-01')")
    held = scope(DUE, Exclusion("hold", keys=ONE))
    assert (PartKind.BLOCKS, "calls_2018") in parts(resource, held)
    purge(resource, held)
    assert (leaves(calls), years(calls)) == ({"calls_2018", "calls_2019"}, {2018: 10, 2019: 10})


def test_a_hold_of_days_keeps_the_partitions_in_which_they_lie(
    calls: Source, resource: Resource
) -> None:
    day = date(2018, 2, 1)
    hold = Exclusion("hold", anchored_from=day, anchored_until=day)
    assert parts(resource, scope(DUE, hold)) == [
        (PartKind.PARTITION, "calls_2017"),
        (PartKind.BLOCKS, "calls_2018"),
    ]
    purge(resource, scope(DUE, hold), planned=scope())
    assert years(calls) == {2018: 10, 2019: 10}


def test_a_hold_set_since_the_plan_keeps_the_partition(calls: Source, resource: Resource) -> None:
    purge(resource, scope(DUE, Exclusion("hold", keys=ONE)), planned=scope())
    assert years(calls) == {2018: 10, 2019: 10}


def test_a_partition_with_dates_that_are_none_is_not_dropped(
    calls: Source, resource: Resource
) -> None:
    treatment = Treatment(DUE.action, DUE.due_before, due_from=DUE.due_before.replace(year=2018))  # type: ignore[union-attr]
    assert parts(resource, scope(treatment)) == [
        (PartKind.PARTITION, "calls_2018"),
        (PartKind.BLOCKS, "calls_2017"),
    ]
    purge(resource, scope(treatment))
    assert years(calls) == {2017: 10, 2019: 10}


def test_what_other_tables_refer_to_is_not_dropped(calls: Source, resource: Resource) -> None:
    calls.run("CREATE TABLE links (id int, at timestamptz, FOREIGN KEY (id, at) REFERENCES calls)")
    assert {kind for kind, _ in parts(resource, scope())} == {PartKind.BLOCKS}
    purge(resource, scope())
    assert years(calls) == {2019: 10}
    assert "calls_2018" in leaves(calls)


def test_beside_a_default_partition_it_is_dropped_at_once(
    calls: Source, resource: Resource
) -> None:
    calls.run(
        "CREATE TABLE calls_0 PARTITION OF calls DEFAULT",
        "INSERT INTO calls VALUES (97, 'x', '2001-01-01'), (98, 'x', '2025-01-01')",
    )
    assert (PartKind.BLOCKS, "calls_0") in parts(resource, scope())
    purge(resource, scope())
    assert leaves(calls) == {"calls_0", "calls_2019"}
    assert years(calls) == {2019: 10, 2025: 1}


def interrupted(calls: Source, resource: Resource, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin to detach calls_2018 while somebody reads the table, until the wait is given up."""
    monkeypatch.setattr(transactions, "LOCK_TIMEOUT", 1)
    with calls.engine.connect() as reader:
        reader.exec_driver_sql("SELECT 1 FROM calls")
        with pytest.raises(SourceError):
            purge_part(resource, scope(), Part(PartKind.PARTITION, "public.calls_2018"))


def test_an_interrupted_detach_is_counted_as_due_and_finished_by_the_next_run(
    calls: Source, resource: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(calls, resource, monkeypatch)
    assert years(calls) == {2017: 10, 2019: 10}  # readers do not see it any more
    assert going(resource, scope()) == 20
    purge(resource, scope())
    assert (leaves(calls), going(resource, scope())) == ({"calls_2019"}, 0)


def test_an_interrupted_detach_is_put_back_where_a_hold_was_set_meanwhile(
    calls: Source, resource: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(calls, resource, monkeypatch)
    held = scope(DUE, Exclusion("hold", keys=ONE))
    purge(resource, held)
    assert years(calls) == {2018: 10, 2019: 10}
    purge(resource, scope())
    assert leaves(calls) == {"calls_2019"}


def test_readers_and_writers_go_on_while_a_partition_goes(
    calls: Source, resource: Resource
) -> None:
    """A reader that began before is waited for, and others are not kept waiting meanwhile."""
    done = threading.Event()

    def work() -> None:
        purge_part(resource, scope(), Part(PartKind.PARTITION, "public.calls_2018"))
        done.set()

    with calls.engine.connect() as reader:
        reader.exec_driver_sql("SELECT 1 FROM calls")
        worker = threading.Thread(target=work)
        worker.start()
        assert not done.wait(0.5)
        calls.run("INSERT INTO calls VALUES (500, 'new', '2019-05-01')")  # does not block
    worker.join(10)
    assert done.is_set()
    assert years(calls) == {2017: 10, 2019: 11}


def test_a_partition_that_is_gone_since_the_plan_is_no_fault(
    calls: Source, resource: Resource
) -> None:
    calls.run("DROP TABLE calls_2018")
    purge_part(resource, scope(), Part(PartKind.PARTITION, "public.calls_2018"))
    assert years(calls) == {2017: 10, 2019: 10}
