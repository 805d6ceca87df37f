"""What Prometheus reads, and who may."""

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from retention.services.overdue import sample_overdue
from retention.services.purge_steering import stop_purges
from tests.retention.conftest import NOW, Sources
from tests.retention.test_purge_runs import BY, filled, run_of

TOKEN = "a token of this test"


@pytest.fixture
def token(settings: Settings) -> str:
    settings.METRICS_TOKEN = TOKEN
    return TOKEN


def read(token: str) -> dict[tuple[str, ...], float]:
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (one.name, *one.labels.values()): one.value for family in families for one in family.samples
    }


def test_a_run_and_what_is_overdue_are_told(sources: Sources, token: str) -> None:
    filled(sources, rows=600)
    sample_overdue(clock=lambda: NOW)
    before = read(token)
    assert before["privacy_purge_last_success_timestamp_seconds",] == 0
    assert before["privacy_overdue_rows", "crm", "notes"] > 0
    assert before["privacy_overdue_seconds", "crm", "notes"] > 0
    assert before["privacy_overdue_sample_timestamp_seconds", "crm", "notes"] == NOW.timestamp()

    run = run_of()
    after = read(token)
    assert run.finished_at is not None
    assert after["privacy_purge_last_success_timestamp_seconds",] == run.finished_at.timestamp()
    assert after["privacy_purge_runs", "done"] == 1
    assert after["privacy_purge_stopped",] == 0

    stop_purges(reason="an audit", by=BY, at=NOW)
    assert read(token)["privacy_purge_stopped",] == 1


def test_a_table_that_could_not_be_read_has_no_number(sources: Sources, token: str) -> None:
    filled(sources, rows=600)
    sources.run("crm", "ALTER TABLE notes RENAME TO elsewhere")
    sample_overdue(clock=lambda: NOW)
    told = read(token)
    assert told["privacy_overdue_sample_failed", "crm", "notes"] == 1
    assert ("privacy_overdue_rows", "crm", "notes") not in told


@pytest.mark.django_db
@pytest.mark.usefixtures("token")
def test_nobody_reads_without_the_token(settings: Settings) -> None:
    for header in ("", "Bearer", "Bearer other", f"Basic {TOKEN}", f"bearer {TOKEN}", "Bearer ü"):
        assert Client().get("/metrics", headers={"Authorization": header}).status_code == 404
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
