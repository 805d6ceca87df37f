"""Waking a worker: a hint, never the work itself.

The rows in the database are the queue. A wake-up only saves the wait for the next sweep, so a
broker that is down costs seconds of delay and nothing else: it is logged, never raised.
"""

import logging
from functools import partial
from typing import Any

from celery import Task, current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def wake(task: "Task[Any, Any] | str", *args: object) -> None:
    """Send `task` (or the task of that name) to a worker once the open transaction is committed.

    A service names the task by its full name, since tasks lie above services. Nothing is sent if
    the transaction rolls back; without a transaction it is sent at once.
    """
    name = task if isinstance(task, str) else task.name
    transaction.on_commit(partial(_send, name, args))


def _send(name: str, args: tuple[object, ...]) -> None:
    try:
        current_app.send_task(name, args=args, retry=False, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        # The error's own text may hold the broker's address and password.
        logger.warning("No wake-up for %s: %s", name, type(error).__name__)
