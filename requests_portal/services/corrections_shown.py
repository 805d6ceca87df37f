"""Corrections as pages show them: values for reading, codes in words."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from datamap.connectors.errors import ADVICE, SourceError
from datamap.domain.particulars import recipients_of
from datamap.domain.schema import Resource, Table
from datamap.queries import map_of
from lib.units import Status
from requests_portal.models import Case, Correction
from requests_portal.services.reading import read_value

Text = str | Promise
_NOT_CORRECTABLE: dict[str, Text] = {
    "not_correctable_value": _(
        "The value does not fit the type of this field in the source. Withdraw the correction and "
        "propose another value."
    ),
}
_FAULT = _("It stopped with a fault of our own. The server’s log names it.")
_FIELD_CLOSED = _(
    "This field cannot be corrected here: it is a key of the source. Withdraw the correction and "
    "ask the owner of the source."
)


@dataclass(frozen=True, kw_only=True)
class ShownCorrection:
    """One correction in words. `tone` is that of its badge."""

    correction: Correction
    table: str
    column: str
    old: str
    new: str
    present: str
    state: Text
    tone: str
    advice: Text
    #: Names of those who received the data and are told of the correction (Art. 19).
    recipients: tuple[str, ...]


def shown_corrections(case: Case) -> list[ShownCorrection]:
    """Return the corrections of a case, the oldest first."""
    corrections = case.corrections.select_related("map_version").order_by("pk")
    return [_shown(one) for one in corrections]


def applied_corrections(case: Case) -> list[ShownCorrection]:
    """Return the corrections that were written into a source."""
    return [one for one in shown_corrections(case) if _is_applied(one.correction)]


def recipients_to_tell(shown: list[ShownCorrection]) -> list[str]:
    """Return who has to be told of what was corrected (Art. 19), each once."""
    applied = [one for one in shown if _is_applied(one.correction)]
    return list(dict.fromkeys(name for one in applied for name in one.recipients))


def _is_applied(correction: Correction) -> bool:
    return correction.status == Status.DONE and not correction.has_conflict


def _shown(correction: Correction) -> ShownCorrection:
    language = get_language() or "en"
    data_map = map_of(correction.map_version.hash)
    resource = data_map.resource(correction.resource_id)
    table = resource.table(correction.table_name)
    column = table.column(correction.column)
    state, tone = _state(correction)
    return ShownCorrection(
        correction=correction,
        table=table.title.in_language(language),
        column=column.title.in_language(language) if column.title else column.name,
        old=_value(correction.old_value, resource, table, correction.column),
        new=_value(correction.new_value, resource, table, correction.column),
        present=_value(correction.present_value, resource, table, correction.column),
        state=state,
        tone=tone,
        advice=_advice(correction, resource),
        recipients=tuple(one.name for one in recipients_of(data_map, resource, table)),
    )


def _value(value: object, resource: Resource, table: Table, name: str) -> str:
    column = table.column(name)
    zone = resource.zone(table, column)
    return read_value(value, column_type=column.type, zone=zone)


def _state(correction: Correction) -> tuple[Text, str]:
    if correction.is_proposal:
        return _("proposed"), "info"
    if correction.has_conflict:
        return _("conflict, nothing was changed"), "warning"
    if correction.status == Status.DONE:
        return _("corrected"), "success"
    if correction.status == Status.FAILED:
        return _("failed"), "danger"
    if correction.error_code:
        return _("failed, will be tried again"), "warning"
    return _("being corrected"), "info"


def _advice(correction: Correction, resource: Resource) -> Text:
    code = correction.error_code
    if not code:
        return ""
    if code in ADVICE:
        title = resource.title.in_language(get_language() or "en")
        variable = getattr(resource.connector, "url_env", "")
        return SourceError(
            code, resource=title, variable=variable, table=correction.table_name
        ).advice
    if code.startswith("not_correctable"):
        return _NOT_CORRECTABLE.get(code, _FIELD_CLOSED)
    return _FAULT
