"""The panels of the case page: each gathers what its part of the page shows.

A panel takes the case, who looks at it, and the forms that were refused; it returns context under
names of its own. Its template is included by `desk/case.html`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.forms import Form

from accounts.models import User
from requests_portal.models import Case
from requests_portal.views.desk.entering_shown import entering_panel
from requests_portal.views.desk.extending_shown import extending_panel
from requests_portal.views.desk.handovers_shown import handovers_panel
from requests_portal.views.desk.identity_shown import identity_panel
from requests_portal.views.desk.letters_shown import letters_panel
from requests_portal.views.desk.porting_shown import porting_panel
from requests_portal.views.desk.posting_shown import posting_panel
from requests_portal.views.desk.questions_shown import questions_panel
from requests_portal.views.desk.recipients_shown import recipients_panel
from requests_portal.views.desk.reopening_shown import reopening_panel
from requests_portal.views.desk.restrictions_shown import restrictions_panel
from requests_portal.views.desk.rulings_shown import ruling_panel
from requests_portal.views.desk.thread_shown import thread_panel

Panel = Callable[[Case, User, Mapping[str, Form]], dict[str, Any]]

PANELS: tuple[Panel, ...] = (
    questions_panel,
    identity_panel,
    letters_panel,
    posting_panel,
    ruling_panel,
    restrictions_panel,
    extending_panel,
    thread_panel,
    reopening_panel,
    entering_panel,
    porting_panel,
    handovers_panel,
    recipients_panel,
)
