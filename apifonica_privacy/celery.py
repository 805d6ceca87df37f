"""The Celery application: an engine that is woken up; the rows in the database are the work."""

import logging
import os
from typing import Any

from celery import Celery, Task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apifonica_privacy.settings")

logger = logging.getLogger(__name__)


class GuardedTask(Task):  # type: ignore[type-arg] # takes none when it runs
    """A task that does nothing while erasures have to be done again after a restore.

    Nothing is lost by that: a sweep finds the work once the system is open.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (whatever the task takes)
        # Read here: the apps are not loaded yet when this module is.
        from ledger.services.booking import LedgerRefused, require_in_step  # noqa: PLC0415

        try:
            require_in_step()
        except LedgerRefused as refused:
            logger.warning("%s is not run: %s", self.name, refused)
            return None
        return super().__call__(*args, **kwargs)


app = Celery("apifonica_privacy", task_cls=GuardedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
