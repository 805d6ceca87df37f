"""The benchmarks work: a whole run for persons of 50 rows."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from benchmarks.measure import WrongCount, interleaved
from benchmarks.report import report
from benchmarks.run import measure
from benchmarks.worker import megabytes


@pytest.mark.django_db
def test_a_run_measures_every_work_and_reports_it(
    make_database: Callable[[], str], settings: Settings
) -> None:
    url = make_database().replace("+psycopg2", "")
    settings.SOURCE_URLS = {"SOURCE_BENCHMARK_URL": url}
    figures = measure(url, rows=50, rounds=1)
    assert set(figures.times) == {
        *("copy", "copy_csv", "copy_ordered", "extract", "collect", "package"),
        *("plain", "erase", "plan", "carry_out"),
    }
    assert all(taken > 0 for taken in figures.times.values())
    text = report([figures])
    ratio = figures.times["extract"] / figures.times["copy"]
    assert f"| extraction to JSON lines (aim: 2) | {ratio:.2f} |" in text
    assert "Memory" not in text


def test_each_round_begins_with_another_work_and_each_person_is_used_once() -> None:
    done: list[str] = []

    def work(name: str) -> Callable[[int], int]:
        def do(person: int) -> int:
            done.append(f"{name}{person}")
            return 7

        return do

    times = interleaved(
        {"a": work("a"), "b": work("b")},
        rounds=2,
        rows=7,
        persons=[1, 2, 3, 4],
        before={"b": lambda person: done.append(f"before {person}")},
    )
    assert done == ["a4", "before 3", "b3", "before 2", "b2", "a1"]
    assert set(times) == {"a", "b"}


def test_a_work_that_meets_other_rows_is_not_timed() -> None:
    with pytest.raises(WrongCount, match="a: 6 rows instead of 7"):
        interleaved({"a": lambda _person: 6}, rounds=1, rows=7)


def test_memory_is_read_from_the_kernel() -> None:
    assert 10 < megabytes("VmRSS") <= megabytes("VmHWM") < 10_000
    with pytest.raises(LookupError):
        megabytes("VmNothing")
