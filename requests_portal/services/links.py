"""One-time links that lead a person back to their request."""

import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from audit.domain.actor import Actor
from lib.keyed_hash import keyed_hash
from requests_portal.domain.lifecycle import Event, State
from requests_portal.models import AccessLink, Case
from requests_portal.services.moves import CaseMovedOn, move
from requests_portal.services.restricting import take_effect
from requests_portal.services.trail import record_on_case

LINK_LIFETIME = timedelta(days=30)


class LinkNotUsable(Exception):
    """The link is unknown, used or expired. The message is for the log, not for the person."""


def _token_hash(token: str) -> bytes:
    return keyed_hash(token, purpose="access-link")


def issue_link(*, case: Case, at: datetime) -> str:
    """Make a new one-time link for the case's own address; return its absolute URL.

    Only a keyed hash of the token is stored; the URL itself lives in the mail alone.
    """
    token = secrets.token_urlsafe(24)
    AccessLink.objects.create(
        case=case, token_hash=_token_hash(token), created_at=at, expires_at=at + LINK_LIFETIME
    )
    with translation.override(case.language):
        return f"{settings.PUBLIC_URL}{reverse('portal:link-open', args=[token])}"


def redeem_link(*, token: str, at: datetime) -> Case:
    """Use the link once. The person has now shown that the address is theirs, so it is confirmed.

    Raises LinkNotUsable when the token is unknown, used or expired.
    """
    with transaction.atomic():
        used = AccessLink.objects.filter(
            token_hash=_token_hash(token), used_at__isnull=True, expires_at__gt=at
        ).update(used_at=at)
        if not used:
            raise LinkNotUsable
        case = Case.objects.select_for_update(no_key=True, of=("self",)).get(
            access_links__token_hash=_token_hash(token)
        )
        record_on_case("case.link_used", by=Actor.person(), at=at, case_id=case.id)
        if Case.objects.filter(id=case.id, confirmed_at__isnull=True).update(confirmed_at=at):
            case.confirmed_at = at
            record_on_case(
                "case.confirmed",
                by=Actor.person(),
                at=at,
                case_id=case.id,
            )
            if case.is_open:  # what was refused meanwhile binds us no more
                take_effect(case=case, by=Actor.person(), at=at)
        _take_up(case, at=at)
        return case


def _take_up(case: Case, *, at: datetime) -> None:
    """Count the request among those to be worked on, now that its address is confirmed."""
    if State(case.state) is not State.CONFIRMING:
        return
    with suppress(CaseMovedOn):  # staff began already
        move(case=case, event=Event.CONFIRM, by=Actor.person(), at=at)


def link_is_usable(*, token: str, at: datetime) -> bool:
    """Say whether the button behind the link would work. Reading this changes nothing."""
    return AccessLink.objects.filter(
        token_hash=_token_hash(token), used_at__isnull=True, expires_at__gt=at
    ).exists()
