"""Waking a worker: a hint, never the work itself.

The rows in the database are the queue. A wake-up only saves the wait for the next sweep, so a
broker that is down costs seconds of delay and nothing else: it is logged, never raised.
"""

import logging
from functools import partial
from typing import Any

from celery import Task, current_app
from django.db import transaction
from kombu.exceptions import KombuError
from kombu.pools import producers
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

#: A person waits behind this: one try, and a broker that does not answer is given up quickly.
_IMPATIENT = {"max_retries": 0, "socket_connect_timeout": 1, "socket_timeout": 2}
_POOL_SECONDS = 2


def wake(task: "Task[Any, Any] | str", *args: object) -> None:
    """Send `task` (or the task of that name) to a worker once the open transaction is committed.

    A service names the task by its full name, since tasks lie above services. Nothing is sent if
    the transaction rolls back; without a transaction it is sent at once.
    """
    name = task if isinstance(task, str) else task.name
    transaction.on_commit(partial(_send, name, args))


def _send(name: str, args: tuple[object, ...]) -> None:
    broker = current_app.connection_for_write(transport_options=_IMPATIENT)
    try:
        with producers[broker].acquire(block=True, timeout=_POOL_SECONDS) as producer:
            current_app.send_task(
                name, args=args, producer=producer, retry=False, ignore_result=True
            )
    except (KombuError, RedisError, OSError) as error:
        # The error's own text may hold the broker's address and password.
        logger.warning("No wake-up for %s: %s", name, type(error).__name__)
