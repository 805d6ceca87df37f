"""What Prometheus reads: whether what was promised happens. Counts and ages, no personal data."""

import hmac
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from outbox.queries import undelivered
from requests_portal.domain.lifecycle import OPEN_STATES
from requests_portal.models import Case
from retention.domain.purge_stages import RunState
from retention.models import PurgeRun
from retention.queries import latest_samples
from retention.services.purge_runs import stop_in_force

_TABLE = ("resource", "table")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the text format of Prometheus, to the bearer of METRICS_TOKEN alone."""
    expected = f"Bearer {settings.METRICS_TOKEN}".encode()
    given = request.headers.get("Authorization", "").encode()
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given, expected):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Desk())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Desk(Collector):
    """Reads our own rows; no source is asked."""

    def collect(self) -> Iterable[Metric]:
        yield from _purges()
        yield from _overdue()
        yield from _mail()
        yield from _requests()


def _purges() -> Iterator[Metric]:
    last = PurgeRun.objects.filter(state=RunState.DONE, resource_id="").first()
    at = last.finished_at.timestamp() if last and last.finished_at else 0
    yield _gauge(
        "purge_last_success_timestamp_seconds",
        "When the last whole run ended with nothing due left; 0: none did.",
        at,
    )
    latest = PurgeRun.objects.first()
    asking = [one for one in latest.tables.all() if one.asks] if latest else []
    alive = latest is not None and latest.finished_at is None
    yield _gauge(
        "purge_tables_asking",
        "Tables of the run under way that wait for a person.",
        len(asking) if alive else 0,
    )
    yield _gauge(
        "purge_stopped", "1 while all purges are stopped.", int(stop_in_force() is not None)
    )
    runs = GaugeMetricFamily("privacy_purge_runs", "Runs by their state.", labels=["state"])
    found = dict(PurgeRun.objects.order_by().values_list("state").annotate(Count("pk")))
    for state in RunState:
        runs.add_metric([state.value], found.get(state.value, 0))
    yield runs


def _overdue() -> Iterator[Metric]:
    seconds, rows, looked, failed = (
        GaugeMetricFamily(f"privacy_overdue_{name}", text, labels=_TABLE)
        for name, text in (
            ("seconds", "For how long the oldest record of a table is past its date."),
            ("rows", "Records of a table that are past their date."),
            ("sample_timestamp_seconds", "When a table was looked at last."),
            ("sample_failed", "1 where the last look at a table failed."),
        )
    )
    for one in latest_samples():
        place = [one.resource_id, one.table_name]
        looked.add_metric(place, one.at.timestamp())
        failed.add_metric(place, int(bool(one.error_code)))
        if one.due is not None and one.seconds is not None:
            seconds.add_metric(place, one.seconds)
            rows.add_metric(place, one.due)
    yield from (seconds, rows, looked, failed)


def _mail() -> Iterator[Metric]:
    found = undelivered(at=timezone.now())
    yield _gauge("mail_overdue", "Messages that should be out and are not.", found.overdue)
    yield _gauge("mail_failed", "Messages that were given up.", found.failed)


def _requests() -> Iterator[Metric]:
    open_ones = Case.objects.filter(state__in=OPEN_STATES)
    late = open_ones.filter(due_on__lt=timezone.now().date())
    yield _gauge("requests_open", "Requests that are not answered yet.", open_ones.count())
    yield _gauge("requests_late", "Open requests past their last day.", late.count())


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"privacy_{name}", text, value=value)
