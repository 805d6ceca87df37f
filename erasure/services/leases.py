"""How long a worker may hold work on an erasure, and whose clock it reads."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

Clock = Callable[[], datetime]
Beat = Callable[[], None]
#: Longer than one statement on a source may take; each step extends it.
LEASE = timedelta(seconds=settings.SOURCE_STATEMENT_TIMEOUT) + timedelta(minutes=1)
