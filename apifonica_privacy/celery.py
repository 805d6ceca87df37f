"""The Celery application: an engine that is woken up; the rows in the database are the work."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apifonica_privacy.settings")

app = Celery("apifonica_privacy")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
