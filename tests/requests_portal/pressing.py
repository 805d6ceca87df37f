"""Cases whose day comes near, and the mails that staff get about them."""

from accounts.models import User
from audit.domain.actor import Actor
from lib.units import Status
from outbox.models import Message
from requests_portal.models import Case, CollectionUnit
from requests_portal.services.cases import assign, receive_case
from tests.requests_portal.conftest import NOW, intake


def received(**changes: object) -> Case:
    return receive_case(intake=intake(**changes), by=Actor.person(), at=NOW)


def taken(by: User, **changes: object) -> Case:
    return assign(case=received(**changes), to=by, by=Actor.system("test"), at=NOW)


def fail_search(case: Case) -> None:
    CollectionUnit.objects.filter(case=case).update(
        status=Status.FAILED, error_code="x", error_text="x"
    )


def mails() -> list[Message]:
    """Return the mails to staff that were queued since the last call."""
    found = list(Message.objects.exclude(reference__startswith="case:").order_by("pk"))
    seen = [one.pk for one in found]
    Message.objects.filter(pk__in=seen).update(reference="case:seen")
    return found
