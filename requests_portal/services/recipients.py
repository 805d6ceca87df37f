"""Recipients are told what was done with data they received (Art. 19).

What a recipient has to be told is noted in the transaction that answers the case, or that restricts
the data; a member of staff then sends the letter, or notes how else it was told, or why it is
impossible.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.erasing import Tally
from datamap.domain.particulars import recipients_of
from datamap.domain.schema import Recipient, Table
from datamap.domain.vocabulary import ColumnClass
from datamap.models import MapVersion
from datamap.queries import NoMap, current_map, map_of
from erasure.models import Plan
from lib.refusals import Refusal
from lib.units import Status
from requests_portal.domain.letters import LetterDraft
from requests_portal.domain.outside import UNSETTLED, Occasion, Telling
from requests_portal.models import Case, RecipientNotice
from requests_portal.queries import case_by_id, units_of
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.outside import renew_link, send_outside
from requests_portal.services.trail import record_on_case
from retention.models import Restriction

_CASE = "case:"
#: Columns touched, by resource id and table name.
Touched = Mapping[tuple[str, str], Iterable[str]]
#: The same as JSON: [resource id, table, columns].
Places = list[list[Any]]


class NoContact(Exception):
    """The data map names no address of this recipient: tell it otherwise, and note that."""


class ToldInFuture(Refusal):
    """A recipient cannot have been told on a day that has not come."""


def note_corrections(*, case: Case, at: datetime) -> None:
    """Note who has to be told of the corrections that were applied."""
    applied = case.corrections.filter(status=Status.DONE, has_conflict=False)
    touched: dict[tuple[str, str], set[str]] = {}
    version: MapVersion | None = None
    for one in applied.select_related("map_version"):
        touched.setdefault((one.resource_id, one.table_name), set()).add(one.column)
        version = one.map_version
    if version is not None:
        _note(case, version, touched, occasion=Occasion.RECTIFICATION, at=at)


def note_erasure(*, case: Case, plan: Plan, at: datetime) -> None:
    """Note who has to be told of the rows that an erasure removed."""
    data_map = map_of(plan.map_version.hash)
    touched = {
        (one.resource_id, one.table_name): _personal(
            data_map.resource(one.resource_id).table(one.table_name)
        )
        for one in plan.tables.all()
        if Tally.parse(one.executed).rows and not one.is_entrusted
    }
    _note(case, plan.map_version, touched, occasion=Occasion.ERASURE, at=at)


def note_restriction(*, restriction: Restriction, at: datetime, **_signal: object) -> None:
    """Note who has to be told of a restriction (signal `restriction_set`).

    Only of tables in which the person was found: nobody learns of a person through such a notice.
    Before the search has ended nobody is told; the decision restricts once more, and tells then.
    """
    case = _case_of(restriction)
    if case is None:
        return
    for unit in units_of(case):
        if unit.status != Status.DONE:
            continue
        resource = map_of(unit.map_version.hash).resource(unit.resource_id)
        found = [one for one in unit.tables.all() if one.is_ours and one.row_count]
        tables = [resource.table(one.table_name) for one in found]
        touched = {
            (resource.id, table.name): _personal(table)
            for table in tables
            if restriction.covers(resource.id, table.name, table.category.value)
        }
        _note(case, unit.map_version, touched, occasion=Occasion.RESTRICTION, at=at)


def _case_of(restriction: Restriction) -> Case | None:
    if not restriction.reference.startswith(_CASE):
        return None
    return case_by_id(UUID(restriction.reference.removeprefix(_CASE)))


def _personal(table: Table) -> list[str]:
    """Return the columns about the person, in the map's order."""
    return [one.name for one in table.columns if one.column_class is ColumnClass.PERSONAL]


def _note(
    case: Case, version: MapVersion, touched: Touched, *, occasion: Occasion, at: datetime
) -> None:
    """Note each recipient once; what waits already is told of all of it together."""
    with transaction.atomic():
        for recipient, places in _by_recipient(version, touched):
            notice, is_new = RecipientNotice.objects.get_or_create(
                case=case,
                recipient_id=recipient.id,
                defaults={
                    "recipient_name": recipient.name,
                    "map_version": version,
                    "occasion": occasion.value,
                    "touched": places,
                    "created_at": at,
                },
            )
            if is_new:
                record_on_case(
                    "notice.due",
                    by=Actor.system("recipients"),
                    at=at,
                    case_id=case.id,
                    data={"recipient": recipient.id, "occasion": occasion.value},
                )
            elif notice.state == Telling.TO_SEND:
                notice.touched = _united(notice.touched, places)
                notice.save(update_fields=["touched"])


def _by_recipient(version: MapVersion, touched: Touched) -> Iterator[tuple[Recipient, Places]]:
    data_map = map_of(version.hash)
    places: dict[str, Places] = {}
    for (resource_id, table_name), columns in touched.items():
        resource = data_map.resource(resource_id)
        for recipient in recipients_of(data_map, resource, resource.table(table_name)):
            place = [resource_id, table_name, list(columns)]
            places.setdefault(recipient.id, []).append(place)
    for recipient_id, held in places.items():
        yield data_map.recipient(recipient_id), held


def _united(before: Places, after: Places) -> Places:
    merged = {(resource, table): list(columns) for resource, table, columns in before}
    for resource, table, columns in after:
        known = merged.setdefault((resource, table), [])
        known += [one for one in columns if one not in known]
    return [[*place, columns] for place, columns in merged.items()]


def contact_of(notice: RecipientNotice) -> str:
    """Return the address that the map in force names for a recipient; empty where there is none."""
    try:
        known = {one.id: one for one in current_map().recipients}
    except NoMap:
        return ""
    recipient = known.get(notice.recipient_id)
    return str(recipient.contact_email or "") if recipient else ""


def send_notice(*, notice: RecipientNotice, draft: LetterDraft, by: User, at: datetime) -> None:
    """Send the letter to a recipient. Raises NoContact, PartsMissing, and CaseMovedOn where it
    was sent or settled already.
    """
    to_email = contact_of(notice)
    if not to_email:
        raise NoContact
    with transaction.atomic():
        locked = _locked(notice)
        if Telling(locked.state) is not Telling.TO_SEND:
            raise CaseMovedOn
        locked.link = send_outside(case=locked.case, draft=draft, to_email=to_email, by=by, at=at)
        locked.state, locked.sent_at, locked.sent_by = Telling.SENT.value, at, by
        locked.save()
        _record("notice.sent", locked, by=by, at=at)


def send_notice_again(*, notice: RecipientNotice, by: User, at: datetime) -> None:
    """Mail the recipient a new link. Raises CaseMovedOn while a mail is on its way."""
    link = notice.link
    to_email = contact_of(notice) or (link.to_email if link else "")
    renew_link(told=notice, to_email=to_email, by=by, at=at)


def note_told(*, notice: RecipientNotice, told_on: date, how: str, by: User, at: datetime) -> None:
    """Note that a recipient was told by other means. Raises ToldInFuture, CaseMovedOn."""
    with transaction.atomic():
        locked = _locked(notice)
        if told_on > at.astimezone(locked.case.entity.tz).date():
            raise ToldInFuture("The recipient cannot have been told after today.")
        locked.told_on = told_on
        _settle(locked, Telling.TOLD_OTHERWISE, reason=how, by=by, at=at)


def note_impossible(*, notice: RecipientNotice, reason: str, by: User, at: datetime) -> None:
    """Note that telling a recipient is impossible or a disproportionate effort. CaseMovedOn."""
    with transaction.atomic():
        _settle(_locked(notice), Telling.IMPOSSIBLE, reason=reason, by=by, at=at)


def _locked(notice: RecipientNotice) -> RecipientNotice:
    locked = RecipientNotice.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("case").get(pk=notice.pk)


def _settle(
    notice: RecipientNotice, state: Telling, *, reason: str, by: User, at: datetime
) -> None:
    if Telling(notice.state) not in UNSETTLED:
        raise CaseMovedOn
    notice.state, notice.reason = state.value, reason
    notice.settled_by, notice.settled_at = by, at
    notice.save()
    _record(f"notice.{state.value}", notice, by=by, at=at)


def _record(verb: str, notice: RecipientNotice, *, by: User, at: datetime) -> None:
    record_on_case(
        verb,
        by=Actor.staff(by.pk),
        at=at,
        case_id=notice.case_id,
        data={"recipient": notice.recipient_id},
    )
