"""A task as pages show it: codes in words, records by their table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from datamap.connectors.manual_holding import instructions_of
from datamap.domain.instructions import Instruction
from datamap.domain.keys import SubjectKeys
from datamap.domain.lines import shown_columns
from datamap.domain.schema import Resource, Table
from datamap.domain.tasks import Outcome, TaskState, Verb
from datamap.domain.uploads import Mistake
from datamap.domain.vocabulary import ColumnType
from datamap.forms import RowsForm, SignForm
from datamap.models import ManualTask, ManualUpload
from datamap.queries import resource_of_task
from datamap.texts import KINDS, MISTAKES, OUTCOMES, STATEMENTS, TYPES, VERBS
from lib.entities import entity

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class TaskLine:
    """One task in a list: nothing in it says whom it is about."""

    task: ManualTask
    resource: str
    verb: Text
    owner: str
    is_late: bool
    days_left: int
    outcome: Text


@dataclass(frozen=True, kw_only=True)
class TableToFill:
    """One table of a search: what its file holds, and what was uploaded."""

    name: str
    title: str
    description: str
    columns: tuple[tuple[str, str, Text], ...]  # name, title, type
    upload: ManualUpload | None
    form: RowsForm
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field to be changed; `empties` where whatever stands there goes."""

    field: str
    old: str
    new: str
    empties: bool


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record and what is to be done with it: removed with all its fields, or changed."""

    key: str
    fields: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is to be done in one table."""

    title: str
    records: tuple[Record, ...]


def line(task: ManualTask, *, at: datetime) -> TaskLine:
    """Return a task in words."""
    resource = resource_of_task(task)
    days_left = (task.due_on - _today(resource, at)).days
    return TaskLine(
        task=task,
        resource=resource.title.in_language(get_language() or "en"),
        verb=VERBS[Verb(task.verb)],
        owner=_owner(task.owner, resource),
        is_late=task.state == TaskState.OPEN.value and days_left < 0,
        days_left=days_left,
        outcome=OUTCOMES[Outcome(task.outcome)] if task.outcome else "",
    )


def identifiers(task: ManualTask, resource: Resource) -> list[tuple[Text, str]]:
    """Return what to search for, each with its kind in words."""
    keys = SubjectKeys.from_json(task.wanted.get("keys", []))
    return [(_kind(kind, resource), value) for kind, value in keys]


def tables_to_fill(
    task: ManualTask,
    resource: Resource,
    *,
    forms: dict[str, RowsForm] | None = None,
    mistakes: dict[str, Sequence[Mistake]] | None = None,
) -> list[TableToFill]:
    """Return the tables of a search, with the form that was just sent, or an empty one."""
    language = get_language() or "en"
    uploads = {one.table_name: one for one in task.uploads.all()}
    return [
        TableToFill(
            name=table.name,
            title=table.title.in_language(language),
            description=table.description.in_language(language),
            columns=tuple(_columns(table, language)),
            upload=uploads.get(table.name),
            form=_form(table, place, forms or {}, language),
            mistakes=tuple(_told(one) for one in (mistakes or {}).get(table.name, ())),
        )
        for place, table in enumerate(resource.tables)
    ]


def _form(table: Table, place: int, sent: dict[str, RowsForm], language: str) -> RowsForm:
    form = sent.get(table.name) or RowsForm(prefix=f"rows{place}")
    title = {"table": table.title.in_language(language)}
    form.fields["file"].label = _("File of %(table)s") % title
    return form


def steps(task: ManualTask, resource: Resource) -> list[Step]:
    """Return what is to be done, table by table."""
    language = get_language() or "en"
    told = instructions_of(task)
    return [
        Step(
            title=table.title.in_language(language),
            records=tuple(_records(table, own, language)),
        )
        for table in resource.tables
        if (own := [one for one in told if one.table == table.name])
    ]


def statement(task: ManualTask, resource: Resource, outcome: Outcome) -> str:
    """Return the sentence that is signed, in the current language."""
    title = resource.title.in_language(get_language() or "en")
    return str(STATEMENTS[Verb(task.verb), outcome]) % {"resource": title}


def outcome_to_sign(task: ManualTask) -> Outcome:
    """Return what can be signed as the task stands."""
    if task.verb != Verb.SEARCH.value:
        return Outcome.DONE
    return Outcome.FOUND if task.uploads.exists() else Outcome.NOTHING_FOUND


def sign_form(task: ManualTask, resource: Resource, data: Any = None) -> SignForm:  # noqa: ANN401 (POST data)
    """Return the form to sign what can be signed now."""
    outcome = outcome_to_sign(task)
    first = {"outcome": outcome.value, "seen": bytes(task.key).hex()}
    return SignForm(data, initial=first, sentence=statement(task, resource, outcome))


def _today(resource: Resource, at: datetime) -> date:
    return at.astimezone(entity(resource.entity).tz).date()


def _owner(owner: User | None, resource: Resource) -> str:
    if owner is not None:
        return owner.name
    return _("%(owner)s (no account)") % {"owner": resource.owner.name}


def _kind(kind: str, resource: Resource) -> Text:
    if kind in KINDS:
        return KINDS[kind]
    if not kind.startswith("@"):
        return kind
    columns = (
        column
        for table in resource.tables
        for one in table.find
        if getattr(one, "kind", "") == kind
        for column in [table.column(getattr(one, "column", ""))]
    )
    found = next(columns, None)
    title = found.title if found is not None else None
    return title.in_language(get_language() or "en") if title else kind.rpartition("/")[2]


def _columns(table: Table, language: str) -> Iterator[tuple[str, str, Text]]:
    for column in shown_columns(table):
        title = column.title.in_language(language) if column.title else ""
        yield column.name, title, TYPES[column.type.value] if column.type else ""


def _records(table: Table, told: Sequence[Instruction], language: str) -> Iterator[Record]:
    by_key: dict[str, list[Instruction]] = {}
    for one in told:
        key = ", ".join(str(one.row[name]) for name in table.primary_key)
        by_key.setdefault(key, []).append(one)
    for key, own in by_key.items():
        removed = next((one for one in own if one.removes), None)
        fields = {} if removed is None else dict(removed.old)
        yield Record(
            key=key,
            fields=tuple(
                (_heading(table, name, language), _value(table, name, value))
                for name, value in fields.items()
                if value is not None
            ),
            changes=tuple(_change(table, one, language) for one in own if not one.removes),
        )


def _change(table: Table, one: Instruction, language: str) -> Change:
    return Change(
        field=_heading(table, one.column, language),
        old=_value(table, one.column, one.old),
        new=_value(table, one.column, one.new),
        empties=one.new is None,
    )


def _heading(table: Table, name: str, language: str) -> str:
    title = table.column(name).title
    return title.in_language(language) if title else name


def _value(table: Table, name: str, value: object) -> str:
    if value is None:
        return "–"
    if table.column(name).type is ColumnType.BOOLEAN:
        return _("yes") if value else _("no")
    return str(value)


def _told(mistake: Mistake) -> str:
    text = str(MISTAKES[mistake.code]) % {
        "column": mistake.column,
        "expected": TYPES.get(mistake.expected, ""),
    }
    if not mistake.line:
        return text
    return _("Line %(line)s: %(what)s") % {"line": mistake.line, "what": text}
