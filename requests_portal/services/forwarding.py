"""Passing a request on to the controllers whose data we only process (Art. 28(3)(e)).

Safety: nothing is passed on without a member of staff, and nothing is lost: where a part of a
request is our own, the case stays open for it, and the other part becomes a case of its own.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import Controller, DataMap
from datamap.models import MapVersion
from datamap.queries import current_map, map_of
from lib.units import Status
from lib.wakeups import wake
from requests_portal.domain.letters import LetterDraft
from requests_portal.domain.lifecycle import Event, State
from requests_portal.domain.outside import Telling
from requests_portal.domain.references import reference_from
from requests_portal.models import Case, CollectionUnit, Handover, HandoverFile
from requests_portal.queries import found_rows, units_of
from requests_portal.services.decisions import SearchIncomplete
from requests_portal.services.handover_letters import Held, forwarding_letter, handover_letter
from requests_portal.services.identification import keys_from
from requests_portal.services.letters import send_letter
from requests_portal.services.moves import CaseMovedOn, locked_case, move
from requests_portal.services.outside import renew_link, send_outside
from requests_portal.services.representing import copy_representation
from requests_portal.services.trail import record_on_case

BUILD = "requests_portal.tasks.build_handover_files"
#: States in which what was found still stands, so that a part of it can be passed on.
HANDING = frozenset(
    {
        State.IN_PROGRESS,
        State.AWAITING_IDENTITY,
        State.AWAITING_CLARIFICATION,
        State.DECIDED,
        State.FULFILLING,
        State.ANSWERED,
        State.CLOSED,
    }
)
_COPIED = (
    *("right", "channel", "language", "entity_code", "choice", "only_proven", "assignee_id"),
    *("name", "email", "postal_address", "phone", "customer_number", "about", "confirmed_at"),
    *("email_hash", "phone_hash", "number_hash"),
    *("received_at", "received_on", "safe_on", "due_on", "sla_on", "statutory_on"),
    *("extended_on", "suspended_days"),
)


class NothingEntrusted(Exception):
    """Nothing was found that we hold for this controller."""


@dataclass(frozen=True, kw_only=True)
class EntrustedPart:
    """What was found of one controller's data, by the map it was searched with."""

    controller: Controller
    map_version: MapVersion
    held: Held

    @property
    def rows(self) -> int:
        return sum(rows for _resource, _table, rows in self.held)

    @property
    def data_map(self) -> DataMap:
        return map_of(self.map_version.hash)


def entrusted_parts(case: Case) -> list[EntrustedPart]:
    """Return what was found so far of other controllers' data, one part each."""
    held: dict[str, list[tuple[str, str, int]]] = {}
    versions: dict[str, MapVersion] = {}
    for unit in units_of(case):
        for table in unit.tables.all():
            for controller_id, rows in table.controllers.items():
                versions[controller_id] = unit.map_version
                held.setdefault(controller_id, []).append(
                    (unit.resource_id, table.table_name, rows)
                )
    return [
        EntrustedPart(
            controller=map_of(versions[controller_id].hash).controller(controller_id),
            map_version=versions[controller_id],
            held=places,
        )
        for controller_id, places in held.items()
    ]


def note_entrusted(*, unit: CollectionUnit, at: datetime) -> None:
    """Note for staff whose data a search has found. Call it when the unit is finished."""
    data_map = map_of(unit.map_version.hash)
    ids = {name for table in unit.tables.all() for name in table.controllers}
    Handover.objects.bulk_create(
        (
            Handover(
                case_id=unit.case_id,
                controller_id=controller_id,
                controller_name=data_map.controller(controller_id).name,
                map_version=unit.map_version,
                created_at=at,
            )
            for controller_id in sorted(ids)
        ),
        ignore_conflicts=True,
    )


def forget_waiting(case: Case) -> None:
    """Drop what a search that is begun anew had noted; what was sent stays."""
    case.handovers.filter(state=Telling.TO_SEND.value).delete()


def letter_for(case: Case, part: EntrustedPart, *, language: str) -> LetterDraft:
    """Compose the letter to a controller."""
    return handover_letter(
        case=case,
        controller=part.controller,
        held=part.held,
        data_map=part.data_map,
        language=language,
    )


def part_of(case: Case, controller_id: str) -> EntrustedPart:
    """Return what was found of one controller's data; NothingEntrusted where nothing was."""
    for part in entrusted_parts(case):
        if part.controller.id == controller_id:
            return part
    raise NothingEntrusted


def hand_over(
    *, case: Case, controller_id: str, draft: LetterDraft, by: User, at: datetime
) -> Handover:
    """Pass a request on to one controller: the letter, its file, and a letter to the person.

    Where nothing else is left to do, the case itself is forwarded; otherwise a part of it becomes
    a forwarded case of its own. Raises SearchIncomplete, NothingEntrusted, PartsMissing, and
    CaseMovedOn where it was done already or the case has ended otherwise.
    """
    with transaction.atomic():
        locked = locked_case(case, HANDING)
        if locked.collection_units.exclude(status=Status.DONE).exists():
            raise SearchIncomplete
        part = part_of(locked, controller_id)
        handover = _waiting_handover(locked, part, at=at)
        keys = _keys_of(locked)
        forwarded = _forward(locked, handover, by=by, at=at)
        handover.link = send_outside(
            case=forwarded,
            draft=draft,
            to_email=part.controller.contact_email,
            by=by,
            at=at,
        )
        handover.forwarded_case, handover.map_version = forwarded, part.map_version
        handover.held = [list(place) for place in part.held]
        handover.state, handover.sent_at, handover.sent_by = Telling.SENT.value, at, by
        handover.save()
        _order_file(handover, keys=keys, at=at)
        told = forwarding_letter(
            case=forwarded,
            controller=part.controller,
            held=part.held,
            data_map=part.data_map,
            at=at,
        )
        send_letter(case=forwarded, draft=told, by=by, at=at)
        record_on_case(
            "handover.sent",
            by=Actor.staff(by.pk),
            at=at,
            case_id=locked.id,
            data={"controller": controller_id, "rows": part.rows},
        )
    return handover


def send_handover_again(*, handover: Handover, by: User, at: datetime) -> None:
    """Mail the controller a new link, and build its file anew where it was removed.

    Raises CaseMovedOn while a mail is on its way.
    """
    with transaction.atomic():
        renew_link(told=handover, to_email=_contact(handover), by=by, at=at)
        file = HandoverFile.objects.select_for_update(of=("self",)).get(handover=handover)
        if file.status == Status.DONE and file.blob_id is None:
            keys = SubjectKeys.from_json(file.sealed_keys)
            file.delete()
            _order_file(handover, keys=keys, at=at)


def _contact(handover: Handover) -> str:
    """Return the address the map in force names, which may have been put right since."""
    known = {one.id: one for one in current_map().controllers}
    if handover.controller_id in known:
        return known[handover.controller_id].contact_email
    return map_of(handover.map_version.hash).controller(handover.controller_id).contact_email


def _waiting_handover(case: Case, part: EntrustedPart, *, at: datetime) -> Handover:
    """Return the locked row that waits for being sent; a second click finds it sent."""
    Handover.objects.get_or_create(
        case=case,
        controller_id=part.controller.id,
        defaults={
            "controller_name": part.controller.name,
            "map_version": part.map_version,
            "created_at": at,
        },
    )
    handover = case.handovers.select_for_update(no_key=True).get(controller_id=part.controller.id)
    if Telling(handover.state) is not Telling.TO_SEND:
        raise CaseMovedOn
    return handover


def _keys_of(case: Case) -> SubjectKeys:
    """Return what was searched with; nothing once it was forgotten."""
    return SubjectKeys.of_pairs(
        pair for unit in case.collection_units.all() for pair in keys_from(unit.searched_with)
    )


def _forward(case: Case, handover: Handover, *, by: User, at: datetime) -> Case:
    """Forward the case, or a part of it, and return what is forwarded."""
    data = {"controller": handover.controller_id}
    author = Actor.staff(by.pk)
    if _is_wholly(case, handover):
        case.corrections.filter(ordered_at__isnull=True).delete()
        return move(case=case, event=Event.FORWARD, by=author, at=at, data=data)
    part = _new_part(case)
    record_on_case("case.split", by=author, at=at, case_id=part.id, data={"from": str(case.id)})
    return move(case=part, event=Event.FORWARD, by=author, at=at, data=data)


def _is_wholly(case: Case, handover: Handover) -> bool:
    """Tell whether nothing is left for us, and this is the last controller to be told."""
    if State(case.state) is not State.IN_PROGRESS:
        return False
    waiting = case.handovers.filter(state=Telling.TO_SEND.value).exclude(pk=handover.pk)
    return not found_rows(case) and not waiting.exists()


def _new_part(case: Case) -> Case:
    copied = {name: getattr(case, name) for name in _COPIED}
    while True:
        try:
            with transaction.atomic():
                part = Case.objects.create(
                    reference=reference_from(secrets.randbits(64)),
                    state=State.RECEIVED.value,
                    parent=case,
                    **copied,
                )
                copy_representation(case, into=part)
                return part
        except IntegrityError as error:
            if "reference" not in str(error):
                raise


def _order_file(handover: Handover, *, keys: SubjectKeys, at: datetime) -> None:
    HandoverFile.objects.create(handover=handover, sealed_keys=keys.as_json(), not_before=at)
    wake(BUILD)
