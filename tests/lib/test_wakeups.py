"""Against the real broker, one that is down, and one that never answers."""

import json
import logging
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from celery import current_app
from django.db import transaction
from redis import Redis

from lib.wakeups import wake
from outbox.tasks import deliver_due

QUEUE = "test-wakeups"


@pytest.fixture
def broker() -> Iterator[Callable[[str], None]]:
    """Point the wake-ups at another broker; put everything back afterwards."""
    conf = current_app.conf
    before = {name: conf[name] for name in ("broker_write_url", "task_default_queue")}
    conf.update(task_default_queue=QUEUE)

    def point_at(url: str) -> None:
        conf.update(broker_write_url=url)

    yield point_at
    conf.update(before)


@pytest.fixture
def queue(broker: Callable[[str], None]) -> Iterator[Redis]:
    client = Redis.from_url(current_app.conf.broker_write_url)
    client.delete(QUEUE)
    yield client
    client.delete(QUEUE)
    client.close()


def waiting(queue: Redis) -> list[tuple[str, str]]:
    messages = [json.loads(raw) for raw in queue.lrange(QUEUE, 0, -1)]
    return [(m["headers"]["task"], m["headers"]["argsrepr"]) for m in messages]


@pytest.mark.django_db(transaction=True)
def test_wake_sends_the_task_after_the_commit(queue: Redis) -> None:
    with transaction.atomic():
        wake(deliver_due)
        wake("some.other.task", "unit", 7)
        assert waiting(queue) == []

    assert sorted(waiting(queue)) == [
        ("outbox.tasks.deliver_due", "()"),
        ("some.other.task", "('unit', 7)"),
    ]


@pytest.mark.django_db(transaction=True)
def test_wake_in_a_transaction_that_rolls_back_sends_nothing(queue: Redis) -> None:
    with transaction.atomic():
        wake(deliver_due)
        transaction.set_rollback(True)

    assert waiting(queue) == []


@pytest.mark.django_db(transaction=True)
def test_wake_with_the_broker_down_is_logged_and_quick(
    broker: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    broker(f"redis://:secret@127.0.0.1:{port}/0")

    started = time.monotonic()
    with caplog.at_level(logging.WARNING, "lib.wakeups"):
        wake(deliver_due)

    assert time.monotonic() - started < 2
    assert [record.getMessage() for record in caplog.records] == [
        "No wake-up for outbox.tasks.deliver_due: OperationalError"
    ]


@pytest.mark.django_db(transaction=True)
def test_wake_with_a_broker_that_never_answers_gives_up(
    broker: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        broker(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")

        started = time.monotonic()
        with caplog.at_level(logging.WARNING, "lib.wakeups"):
            wake(deliver_due)

    assert time.monotonic() - started < 6
    assert len(caplog.records) == 1
