"""Telling staff that a package waits to be handed over. Whose it is stands behind the sign-in."""

from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.services.links import absolute
from accounts.services.mails import StaffMail
from outbox.models import Message
from outbox.services import queue_mail
from requests_portal.models import Case


def send_package_waits(*, case: Case, at: datetime) -> Message:
    """Tell the data protection officer; the clock runs until the package is handed over."""
    with translation.override(settings.LANGUAGE_CODE):
        mail = StaffMail(
            subject=_("%(reference)s: data waits to be handed over")
            % {"reference": case.reference},
            greeting=_("Hello,"),
            paragraphs=(
                _(
                    "The package of request %(reference)s is built. The person wants another "
                    "company to have it: look at where it goes, and approve or release it."
                )
                % {"reference": case.reference},
                _("The request is not answered before, and the clock runs."),
            ),
            action=(
                _("See the case"),
                absolute(reverse("desk:case-detail", args=[case.reference])),
            ),
        )
        context = {"mail": mail, "language": settings.LANGUAGE_CODE, "site": settings.PUBLIC_URL}
        return queue_mail(
            to=settings.DPO_EMAIL,
            subject=mail.subject,
            text=render_to_string("accounts/mail/message.txt", context),
            html=render_to_string("accounts/mail/message.html", context),
            language=settings.LANGUAGE_CODE,
            reference=f"porting:{case.id}:waits",
            at=at,
        )
