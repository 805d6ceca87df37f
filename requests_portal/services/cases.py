"""Cases: how they begin and the one door through which their state changes."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from audit.domain.actor import Actor
from requests_portal.domain.intake import Intake
from requests_portal.domain.lifecycle import Event, State
from requests_portal.domain.porting import Wish
from requests_portal.domain.references import reference_from
from requests_portal.domain.rights import Channel, Right
from requests_portal.models import Case, IntakeDraft
from requests_portal.queries import known_by
from requests_portal.services.acknowledging import acknowledge
from requests_portal.services.clock import dates_for
from requests_portal.services.evidence import keep_evidence
from requests_portal.services.moves import move
from requests_portal.services.porting import keep_wish
from requests_portal.services.representing import note_representation
from requests_portal.services.restricting import take_effect
from requests_portal.services.trail import record_on_case

_AFTER_TELLING = timedelta(days=14)


class AlreadyFiled(Exception):
    """This draft became a case already; nothing was done twice."""


def receive_case(
    *, intake: Intake, by: Actor, at: datetime, draft: IntakeDraft | None = None
) -> Case:
    """Open a case and acknowledge it by mail. The clock starts at `intake.received_at`.

    Raises AlreadyFiled when the draft was sent before, as by a second tap on the button.
    """
    with transaction.atomic():
        if draft is not None and not IntakeDraft.objects.filter(id=draft.id).delete()[0]:
            raise AlreadyFiled
        case = _create(intake)
        record_on_case(
            "case.received",
            by=by,
            at=at,
            case_id=case.id,
            data={
                "right": case.right,
                "channel": case.channel,
                "entity": case.entity_code,
                "safe_on": case.safe_on.isoformat(),
                "statutory_on": case.statutory_on.isoformat(),
            },
        )
        if intake.representation is not None:
            note_representation(case=case, representation=intake.representation)
        keep_evidence(case, by=by, at=at)
        if intake.right is Right.PORTABILITY:
            keep_wish(case=case, wish=intake.porting or Wish())
        acknowledge(case=case, at=at)
        if intake.channel is not Channel.PORTAL:  # staff know whom they heard
            take_effect(case=case, by=by, at=at)
    return case


def _create(intake: Intake) -> Case:
    deadlines = dates_for(received_at=intake.received_at, entity_code=intake.entity_code)
    while True:
        try:
            with transaction.atomic():
                return Case.objects.create(
                    reference=reference_from(secrets.randbits(64)),
                    right=intake.right.value,
                    state=_first_state(intake.channel).value,
                    channel=intake.channel.value,
                    language=intake.language,
                    entity_code=intake.entity_code,
                    **_who(intake),
                    about=intake.about,
                    choice=intake.choice,
                    tell_when_gone=intake.tell_when_gone,
                    received_at=intake.received_at,
                    received_on=deadlines.received_on,
                    safe_on=deadlines.safe_on,
                    due_on=deadlines.safe_on,
                    sla_on=deadlines.sla_on,
                    statutory_on=deadlines.statutory_on,
                    extended_on=deadlines.extended_on,
                )
        except IntegrityError as error:
            if "reference" not in str(error):
                raise


def _who(intake: Intake) -> dict[str, Any]:
    given = {
        "name": intake.name,
        "email": intake.email,
        "postal_address": intake.postal_address,
        "phone": intake.phone,
        "customer_number": intake.customer_number,
    }
    return {**given, **known_by(**given)}


def _first_state(channel: Channel) -> State:
    """At the portal anybody can type an address; what staff enter has reached them."""
    return State.CONFIRMING if channel is Channel.PORTAL else State.RECEIVED


def assign(*, case: Case, to: User, by: Actor, at: datetime) -> Case:
    """Make `to` the handler of the case."""
    with transaction.atomic():
        Case.objects.filter(id=case.id).update(assignee=to)
        case.assignee = to
        record_on_case(
            "case.assigned",
            by=by,
            at=at,
            case_id=case.id,
            data={"to": to.pk},
        )
    return case


def close_told(*, at: datetime) -> int:
    """Close what was answered by a letter 14 days ago; return how many.

    A copy of data closes with its package, see `packages`.
    """
    told = Case.objects.filter(
        state=State.ANSWERED.value, answered_at__lte=at - _AFTER_TELLING, package__isnull=True
    )
    closed = 0
    for case in told:
        with transaction.atomic():
            move(case=case, event=Event.CLOSE, by=Actor.system("tidy"), at=at)
        closed += 1
    return closed


def close_answered(*, case: Case, by: Actor, at: datetime) -> Case:
    """Close an answered case."""
    with transaction.atomic():
        return move(case=case, event=Event.CLOSE, by=by, at=at)
