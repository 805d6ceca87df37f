"""The mails to staff about what a person wrote: the reference, no name and none of the words."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.domain.roles import CASE_WORKERS, Role
from accounts.models import User
from accounts.queries import active_with_role
from accounts.services.links import absolute
from accounts.services.mails import StaffMail
from outbox.services import queue_mail
from requests_portal.models import Case


def tell_staff(*, case: Case, at: datetime) -> None:
    """Announce a new message to the handler of the case; without one to all who could be."""
    for to, language, name in _recipients(case):
        with translation.override(language):
            mail = _written(case, name=name)
            context = {"mail": mail, "language": language, "site": settings.PUBLIC_URL}
            queue_mail(
                to=to,
                subject=mail.subject,
                text=render_to_string("accounts/mail/message.txt", context),
                html=render_to_string("accounts/mail/message.html", context),
                language=language,
                reference=f"thread:{case.id}",
                at=at,
            )


def _recipients(case: Case) -> Iterator[tuple[str, str, str]]:
    """Yield address, language and name of each who is told."""
    assignee = case.assignee
    if assignee is not None and assignee.has_role(*CASE_WORKERS):
        yield assignee.email, assignee.language, assignee.name
        return
    holds_a_role = Q()
    for role in CASE_WORKERS:
        holds_a_role |= Q(roles__contains=[role.value])
    for user in User.objects.filter(holds_a_role, is_active=True).order_by("pk"):
        yield user.email, user.language, user.name
    if not active_with_role(Role.DPO).exists():
        yield settings.DPO_EMAIL, settings.LANGUAGE_CODE, ""


def _written(case: Case, *, name: str) -> StaffMail:
    values = {"reference": case.reference, "name": name}
    return StaffMail(
        subject=_("%(reference)s: a new message") % values,
        greeting=_("Hello %(name)s,") % values if name else _("Hello,"),
        paragraphs=(_("There is a new message about the request %(reference)s.") % values,),
        action=(
            _("Read the message"),
            absolute(reverse("desk:case-detail", args=[case.reference]) + "#thread"),
        ),
        after=(_("It can be read after signing in."),),
    )
