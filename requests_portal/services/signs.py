"""The signs of many cases at once: a fixed number of queries, however many cases there are."""

from collections.abc import Collection, Iterable
from uuid import UUID

from requests_portal.domain.signs import Sign
from requests_portal.models import Extension, Question
from requests_portal.services.queue import (
    failed_mails,
    failed_searches,
    failed_works,
    to_tell,
    waiting_for_post,
)


def signs_of(case_ids: Collection[UUID]) -> dict[UUID, list[Sign]]:
    """Return the signs of each case that has any, the most pressing first."""
    found: dict[UUID, set[Sign]] = {}
    for sign, ids in _looked_up(case_ids):
        for case_id in ids:
            found.setdefault(case_id, set()).add(sign)
    return {case_id: [sign for sign in Sign if sign in signs] for case_id, signs in found.items()}


def _looked_up(case_ids: Collection[UUID]) -> Iterable[tuple[Sign, Iterable[UUID]]]:
    wanted = list(case_ids)
    as_text = [str(case_id) for case_id in wanted]
    yield (
        Sign.SEARCH_FAILED,
        failed_searches().filter(case__in=wanted).values_list("case", flat=True),
    )
    by_id, by_text = failed_works()
    for failed in by_id:
        yield Sign.WORK_FAILED, failed.filter(case__in=wanted).values_list("case", flat=True)
    for sign, named in (
        (Sign.WORK_FAILED, by_text),
        (Sign.MAIL_FAILED, failed_mails()),
        (Sign.POST_WAITING, waiting_for_post()),
    ):
        texts = named.filter(case_text__in=as_text).values_list("case_text", flat=True)
        yield sign, map(UUID, texts)
    for waiting in to_tell():
        yield Sign.OUTSIDE_WAITING, waiting.filter(case__in=wanted).values_list("case", flat=True)
    yield from _asked(wanted)
    yield from _extended(wanted)


def _asked(wanted: list[UUID]) -> Iterable[tuple[Sign, Iterable[UUID]]]:
    waiting = Question.objects.filter(
        case__in=wanted, answered_at__isnull=True, lapsed_at__isnull=True
    )
    for case_id, sent_at in waiting.values_list("case", "message__sent_at"):
        yield Sign.QUESTION_SENT if sent_at else Sign.QUESTION_UNSENT, (case_id,)


def _extended(wanted: list[UUID]) -> Iterable[tuple[Sign, Iterable[UUID]]]:
    told = Extension.objects.filter(case__in=wanted)
    for case_id, sent_on, came_too_late in told.values_list("case", "sent_on", "came_too_late"):
        if came_too_late:
            yield Sign.EXTENSION_LATE, (case_id,)
        else:
            yield Sign.EXTENDED if sent_on else Sign.EXTENSION_UNSENT, (case_id,)
