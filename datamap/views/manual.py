"""Tasks of those who keep data by hand: what to do, the files, the signature."""

from collections import defaultdict
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.domain.roles import Role
from accounts.http import StaffRequest
from accounts.views.access import require_role
from datamap.domain.schema import Table
from datamap.domain.tasks import TaskState, Verb
from datamap.domain.uploads import Mistake, NotReadable, template_of
from datamap.forms import RowsForm, SignForm
from datamap.models import ManualTask
from datamap.queries import resource_of_task, tasks_for
from datamap.services.manual import (
    NothingUploaded,
    RowsUploaded,
    TaskChanged,
    TaskClosed,
    note_view,
    remove_upload,
    sign,
    upload_rows,
)
from datamap.views.manual_shown import (
    identifiers,
    line,
    outcome_to_sign,
    sign_form,
    statement,
    steps,
    tables_to_fill,
)

_PER_PAGE = 50


@require_role(*Role)
@require_safe
def task_list(request: StaffRequest) -> HttpResponse:
    """Show one's own tasks; the officer may see everybody's."""
    everybody = request.GET.get("whose") == "all" and request.user.has_role(Role.DPO)
    closed = request.GET.get("show") == "closed"
    tasks = tasks_for(request.user, all_of_them=everybody)
    if closed:
        tasks = tasks.exclude(state=TaskState.OPEN.value).order_by("-created_at")
    else:
        tasks = tasks.filter(state=TaskState.OPEN.value).order_by("due_on", "created_at")
    page = Paginator(tasks, _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [line(task, at=timezone.now()) for task in page],
        "everybody": everybody,
        "closed": closed,
        "may_see_all": request.user.has_role(Role.DPO),
    }
    return render(request, "datamap/task_list.html", context)


@require_role(*Role)
@require_safe
def task_detail(request: StaffRequest, pk: UUID) -> HttpResponse:
    return _page(request, _task_or_404(request, pk))


@require_role(*Role)
@require_POST
def rows_upload(request: StaffRequest, pk: UUID, name: str) -> HttpResponse:
    task = _task_or_404(request, pk)
    table, place = _table_or_404(task, name)
    form = RowsForm(request.POST, request.FILES, prefix=f"rows{place}")
    if not form.is_valid():
        return _page(request, task, forms={name: form})
    content: bytes = form.cleaned_data["file"]
    try:
        upload = upload_rows(
            task=task, table=table, content=content, by=request.user, at=timezone.now()
        )
    except NotReadable as error:
        return _page(request, task, mistakes={name: list(error.mistakes)})
    except TaskClosed:
        return _back(request, task, _("This task is closed."))
    text = _("Uploaded: %(n)s rows. Sign below when everything is there.")
    messages.success(request, text % {"n": upload.row_count})
    return redirect("tasks:task-detail", pk=pk)


@require_role(*Role)
@require_POST
def rows_remove(request: StaffRequest, pk: UUID, name: str) -> HttpResponse:
    task = _task_or_404(request, pk)
    table, _place = _table_or_404(task, name)
    try:
        remove_upload(task=task, table=table, by=request.user, at=timezone.now())
    except TaskClosed:
        return _back(request, task, _("This task is closed."))
    return redirect("tasks:task-detail", pk=pk)


@require_role(*Role)
@require_safe
def rows_template(request: StaffRequest, pk: UUID, name: str) -> HttpResponse:
    table, _place = _table_or_404(_task_or_404(request, pk), name)
    response = HttpResponse(template_of(table), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{table.name}.csv"'
    return response


@require_role(*Role)
@require_POST
def task_sign(request: StaffRequest, pk: UUID) -> HttpResponse:
    task = _task_or_404(request, pk)
    form = sign_form(task, resource_of_task(task), request.POST)
    if not form.is_valid():
        return _page(request, task, form=form)
    refused = _signed(request, task, form)
    if isinstance(refused, HttpResponse):
        return refused
    if refused:
        return _back(request, task, refused)
    messages.success(request, _("Signed. Thank you: what waited for it goes on."))
    return redirect("tasks:task-detail", pk=pk)


def _signed(request: StaffRequest, task: ManualTask, form: SignForm) -> str | HttpResponse:
    """Sign; return what stands against it: a sentence, or the page with mistakes."""
    outcome = form.chosen_outcome()
    if outcome is not outcome_to_sign(task):
        return _("Files were added or removed meanwhile. Look again before you sign.")
    try:
        sign(
            task=task,
            outcome=outcome,
            sentence=statement(task, resource_of_task(task), outcome),
            seen=form.seen_key(),
            by=request.user,
            at=timezone.now(),
        )
    except NotReadable as error:
        by_table: dict[str, list[Mistake]] = defaultdict(list)
        for one in error.mistakes:
            by_table[one.table].append(one)
        return _page(request, task, mistakes=by_table)
    except TaskClosed:
        return _("This task is closed.")
    except (TaskChanged, NothingUploaded, RowsUploaded):
        return _("The task has changed since you saw it. Look again before you sign.")
    return ""


def _page(
    request: StaffRequest,
    task: ManualTask,
    *,
    form: SignForm | None = None,
    forms: dict[str, RowsForm] | None = None,
    mistakes: dict[str, list[Mistake]] | None = None,
) -> HttpResponse:
    """Show the task; whoever looks at whom it is about is on record."""
    if task.wanted:
        note_view(task=task, by=request.user, at=timezone.now())
    resource = resource_of_task(task)
    is_open = task.state == TaskState.OPEN.value
    is_search = task.verb == Verb.SEARCH.value
    context = {
        "row": line(task, at=timezone.now()),
        "task": task,
        "resource": resource,
        "is_open": is_open,
        "is_search": is_search,
        "identifiers": identifiers(task, resource),
        "tables": tables_to_fill(task, resource, forms=forms, mistakes=dict(mistakes or {})),
        "steps": steps(task, resource),
        "form": (form or sign_form(task, resource)) if is_open else None,
    }
    status = 422 if form or forms or mistakes else 200
    return render(request, "datamap/task_detail.html", context, status=status)


def _back(request: StaffRequest, task: ManualTask, text: str) -> HttpResponse:
    messages.error(request, text)
    return redirect("tasks:task-detail", pk=task.pk)


def _task_or_404(request: StaffRequest, pk: UUID) -> ManualTask:
    return get_object_or_404(tasks_for(request.user, all_of_them=True), pk=pk)


def _table_or_404(task: ManualTask, name: str) -> tuple[Table, int]:
    for place, table in enumerate(resource_of_task(task).tables):
        if table.name == name and task.verb == Verb.SEARCH.value:
            return table, place
    raise Http404
