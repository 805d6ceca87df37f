"""Proposing corrections of a person's data, and ordering them (GDPR Art. 16).

A handler changes fields of a row that was found, looks at old and new side by side, and orders
what was proposed. `rectification` applies it.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.correcting import correctable_columns
from datamap.domain.keys import SubjectKeys
from datamap.domain.schema import ByKey, Column, Resource, Table
from datamap.domain.vocabulary import ColumnClass, KeyKind
from datamap.queries import map_of
from lib.identifiers import (
    InvalidEmail,
    InvalidPhone,
    normalise_customer_number,
    normalise_email,
    normalise_phone,
)
from lib.keyed_hash import keyed_hash
from lib.units import Status, requeue
from lib.wakeups import wake
from requests_portal.domain.field_values import FieldKind, kind_of
from requests_portal.domain.lifecycle import State
from requests_portal.domain.rights import Right
from requests_portal.models import Case, CollectedTable, Correction
from requests_portal.services.identification import keys_from
from requests_portal.services.representing import require_mandate
from requests_portal.services.trail import record_on_case

_APPLY = "requests_portal.tasks.apply_corrections"
_WORKED_ON = frozenset({State.IN_PROGRESS, State.DECIDED, State.FULFILLING})


class CorrectionRefused(Exception):
    """The step does not fit how things stand; nothing was changed."""


class NoCorrection(CorrectionRefused):
    """The case asks for something else, or is not being worked on."""


class NotCorrectableHere(CorrectionRefused):
    """The field or row cannot be corrected: entrusted, a key, not about the person, no key."""


class NothingToCorrect(CorrectionRefused):
    """No value is changed, or nothing is proposed."""


class BeingCorrected(CorrectionRefused):
    """The field's correction is ordered already."""


@dataclass(frozen=True, kw_only=True)
class CorrectableField:
    """A field that a form may change; `zone` is that of its instants without offset."""

    name: str
    column: Column
    kind: FieldKind
    present: Any
    zone: ZoneInfo


def may_correct(case: Case) -> bool:
    """Tell whether corrections can be proposed and ordered on the case now."""
    return case.right == Right.RECTIFICATION and State(case.state) in _WORKED_ON


def mapped_table(collected: CollectedTable) -> tuple[Resource, Table]:
    """Return the resource and table of the map by which it was collected."""
    resource = map_of(collected.unit.map_version.hash).resource(collected.unit.resource_id)
    return resource, resource.table(collected.table_name)


def correctable_fields(
    collected: CollectedTable, values: Mapping[str, Any]
) -> list[CorrectableField]:
    """Return the fields of a row that can be corrected, in the map's order.

    Those about the person, save keys, joins and what no form can hold. None of entrusted data:
    it is the controller's to correct.
    """
    resource, table = mapped_table(collected)
    if not collected.is_ours or not set(table.primary_key) <= values.keys():
        return []
    found = []
    for name in correctable_columns(resource, table):
        column = table.column(name)
        kind = kind_of(column.type, values.get(name))
        if column.column_class is ColumnClass.PERSONAL and name in values and kind is not None:
            zone = resource.zone(table, column)
            found.append(
                CorrectableField(
                    name=name, column=column, kind=kind, present=values[name], zone=zone
                )
            )
    return found


def row_hash(collected: CollectedTable, values: Mapping[str, Any]) -> bytes:
    """Return the keyed hash of a row's key (32 bytes); KeyError where the key is not shown."""
    _, table = mapped_table(collected)
    key = [collected.unit.resource_id, table.name, *(values[name] for name in table.primary_key)]
    return keyed_hash(json.dumps(key, ensure_ascii=False), purpose="correction-row")


def propose(
    *,
    case: Case,
    collected: CollectedTable,
    values: Mapping[str, Any],
    changes: Mapping[str, Any],
    by: User,
    at: datetime,
) -> list[Correction]:
    """Propose new values for fields of a row that was found; return the proposals.

    `values` is the row as collected, `changes` the new JSON-ready values by column. A proposal of
    the same field is replaced. Raises NoCorrection, NotCorrectableHere, NothingToCorrect,
    BeingCorrected.
    """
    with transaction.atomic():
        _locked(case)
        fields = {one.name: one for one in correctable_fields(collected, values)}
        if not changes.keys() <= fields.keys():
            raise NotCorrectableHere
        changed = {name: new for name, new in changes.items() if new != fields[name].present}
        if not changed:
            raise NothingToCorrect
        _, table = mapped_table(collected)
        return [
            _propose_one(
                Correction(
                    case=case,
                    map_version=collected.unit.map_version,
                    resource_id=collected.unit.resource_id,
                    table_name=table.name,
                    column=name,
                    row_key={part: values[part] for part in table.primary_key},
                    row_hash=row_hash(collected, values),
                    sealed_keys=keys_from(collected.unit.searched_with).as_json(),
                    old_value=fields[name].present,
                    new_value=new,
                ),
                by=by,
                at=at,
            )
            for name, new in changed.items()
        ]


def propose_again(*, correction: Correction, by: User, at: datetime) -> Correction:
    """Propose the new value of a conflict once more, over the value that stands there now.

    Raises NoCorrection, BeingCorrected, and NotCorrectableHere without a conflict or a row.
    """
    with transaction.atomic():
        case = _locked(correction.case)
        if not correction.has_conflict or correction.row_is_gone:
            raise NotCorrectableHere
        again = Correction(
            case=case,
            map_version=correction.map_version,
            resource_id=correction.resource_id,
            table_name=correction.table_name,
            column=correction.column,
            row_key=correction.row_key,
            row_hash=bytes(correction.row_hash),
            sealed_keys=correction.sealed_keys,
            old_value=correction.present_value,
            new_value=correction.new_value,
        )
        return _propose_one(again, by=by, at=at)


def withdraw(*, correction: Correction, by: User, at: datetime) -> None:
    """Drop a proposal, or a correction that failed for good; BeingCorrected otherwise."""
    with transaction.atomic():
        locked = Correction.objects.select_for_update(no_key=True).get(pk=correction.pk)
        if not locked.is_proposal and locked.status != Status.FAILED:
            raise BeingCorrected
        locked.delete()
        _record("correction.withdrawn", correction, by=by, at=at)


def order_corrections(*, case: Case, chosen: Collection[int], by: User, at: datetime) -> int:
    """Order the proposals `chosen` (ids), which staff looked at; return how many fields that is.

    Raises NoCorrection, MandateNotChecked, and NothingToCorrect when none of them is a proposal
    any more.
    """
    with transaction.atomic():
        require_mandate(_locked(case))
        proposals = list(
            case.corrections.select_for_update(no_key=True, of=("self",))
            .filter(pk__in=chosen, ordered_at__isnull=True)
            .select_related("map_version")
        )
        if not proposals:
            raise NothingToCorrect
        # Whoever is found by an address that is corrected is found by the new one afterwards.
        coming = [pair for one in proposals for pair in _coming_keys(one)]
        for one in proposals:
            one.sealed_keys = SubjectKeys.of_pairs([*one.keys, *coming]).as_json()
            one.ordered_at, one.ordered_by, one.not_before = at, by, at
            one.save(update_fields=["sealed_keys", "ordered_at", "ordered_by", "not_before"])
            _record("correction.ordered", one, by=by, at=at)
        wake(_APPLY)
    return len(proposals)


def retry_correction(*, correction: Correction, by: User, at: datetime) -> None:
    """Order another try of a failed correction now; NotFailed if it has not failed."""
    with transaction.atomic():
        requeue(correction, at=at)
        _record("correction.requeued", correction, by=by, at=at)
        wake(_APPLY)


def _locked(case: Case) -> Case:
    locked = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    if not may_correct(locked):
        raise NoCorrection
    return locked


def _propose_one(proposal: Correction, *, by: User, at: datetime) -> Correction:
    same_field = Correction.objects.exclude(status=Status.DONE).filter(
        case=proposal.case,
        resource_id=proposal.resource_id,
        table_name=proposal.table_name,
        row_hash=proposal.row_hash,
        column=proposal.column,
    )
    if same_field.filter(ordered_at__isnull=False).exists():
        raise BeingCorrected
    same_field.delete()
    proposal.proposed_at, proposal.proposed_by = at, by
    proposal.save()
    _record("correction.proposed", proposal, by=by, at=at)
    return proposal


def _coming_keys(correction: Correction) -> list[tuple[str, str]]:
    """Return the identifier that a correction writes, where its column holds one."""
    resource = map_of(correction.map_version.hash).resource(correction.resource_id)
    table = resource.table(correction.table_name)
    column = table.column(correction.column)
    kinds = [one.key for one in table.find if isinstance(one, ByKey) and one.column == column.name]
    value = correction.new_value
    if not isinstance(value, str):
        return []
    normalised = ((kind, _normalised(kind, value, column)) for kind in dict.fromkeys(kinds))
    return [(kind, identifier) for kind, identifier in normalised if identifier]


def _normalised(kind: str, value: str, column: Column) -> str:
    try:
        if kind == KeyKind.EMAIL:
            return normalise_email(value)
        if kind == KeyKind.PHONE:
            return normalise_phone(value, region=column.region)
    except (InvalidEmail, InvalidPhone):
        return ""
    return normalise_customer_number(value) if kind == KeyKind.CUSTOMER_NUMBER else value


def _record(verb: str, correction: Correction, *, by: User, at: datetime) -> None:
    record_on_case(
        verb,
        by=Actor.staff(by.pk),
        at=at,
        case_id=correction.case_id,
        data={
            "resource": correction.resource_id,
            "table": correction.table_name,
            "column": correction.column,
        },
    )
