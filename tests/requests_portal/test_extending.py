"""More time: once, told by letter, in force when the letter has left the house in time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from audit.domain.actor import Actor
from audit.models import Event
from outbox.models import Message
from requests_portal.domain.extending import (
    ExtensionGround,
    ExtensionTooLate,
    ExtensionUnwarned,
    MayExtend,
    is_in_time,
    may_extend,
    refusal_is_late,
    require_extendable,
)
from requests_portal.domain.letters import LetterKind, PartsMissing
from requests_portal.models import Case, Extension
from requests_portal.services.clock import clock_state, date_lines, last_day
from requests_portal.services.extending import (
    extend,
    extension_letter,
    late_refusal_warning,
    settle_extensions,
)
from requests_portal.services.moves import CaseMovedOn
from requests_portal.services.queue import queue_counts
from requests_portal.services.suspending import count_dates
from tests.requests_portal.conftest import NOW

LATER = NOW + timedelta(hours=1)
#: Safe date 5 April 2026, last day by law 6 April (5 April is Easter Sunday), extended 5 June.
AFTER_SAFE = datetime(2026, 4, 6, 8, 0, tzinfo=UTC)
AFTER_LAW = datetime(2026, 4, 7, 8, 0, tzinfo=UTC)
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 1, 1))


@given(safe_on=DAYS, roll=st.integers(0, 40), offset=st.integers(-60, 60))
def test_it_may_be_told_until_the_safe_date_warned_about_then_and_refused_after_the_law(
    safe_on: date, roll: int, offset: int
) -> None:
    statutory_on = safe_on + timedelta(days=roll)
    today = safe_on + timedelta(days=offset)
    allowed = may_extend(safe_on=safe_on, statutory_on=statutory_on, today=today)
    expected = (
        MayExtend.YES
        if today <= safe_on
        else (MayExtend.LATE if today <= statutory_on else MayExtend.NO)
    )
    assert allowed is expected
    assert is_in_time(sent_on=today, statutory_on=statutory_on) == (expected is not MayExtend.NO)
    assert refusal_is_late(safe_on=safe_on, today=today, extended=True) is False
    assert refusal_is_late(safe_on=safe_on, today=today, extended=False) == (offset > 0)


def test_the_warning_has_to_be_read() -> None:
    dates = {"safe_on": date(2026, 4, 5), "statutory_on": date(2026, 4, 7)}
    require_extendable(**dates, today=date(2026, 4, 5), warning_read=False)
    with pytest.raises(ExtensionUnwarned):
        require_extendable(**dates, today=date(2026, 4, 6), warning_read=False)
    require_extendable(**dates, today=date(2026, 4, 7), warning_read=True)
    with pytest.raises(ExtensionTooLate):
        require_extendable(**dates, today=date(2026, 4, 8), warning_read=True)


def told(case: Case, by: User, *, at: datetime = LATER, warning_read: bool = False) -> Extension:
    ground = ExtensionGround.COMPLEXITY
    draft = extension_letter(case=case, ground=ground, reasons="Five systems have to be asked.")
    return extend(case=case, ground=ground, draft=draft, warning_read=warning_read, by=by, at=at)


def leaves(extension: Extension, *, at: datetime) -> None:
    Message.objects.filter(pk=str(extension.letter.message_id)).update(
        status="done", sent_at=at, finished_at=at
    )


def test_it_moves_no_date_until_its_mail_was_sent(case: Case, handler: User) -> None:
    extension = told(case, handler)
    assert settle_extensions(at=LATER) == 0
    case.refresh_from_db()
    assert (case.due_on, last_day(case)) == (date(2026, 4, 5), date(2026, 4, 6))
    leaves(extension, at=LATER)
    assert settle_extensions(at=LATER) == 1
    assert settle_extensions(at=LATER) == 0
    case.refresh_from_db()
    extension.refresh_from_db()
    assert (extension.sent_on, case.due_on, last_day(case)) == (
        date(2026, 3, 5),
        date(2026, 6, 5),
        date(2026, 6, 5),
    )
    assert (case.safe_on, case.statutory_on) == (date(2026, 4, 5), date(2026, 4, 6))
    with translation.override("en"):
        line = date_lines(case)[-1]
    assert (line.name, line.on) == ("extended", date(2026, 6, 5))
    assert "because the request is complex" in line.why
    assert "We told you on 5 March 2026" in line.why
    assert clock_state(case, at=AFTER_SAFE).days == (date(2026, 6, 5) - date(2026, 4, 6)).days
    assert queue_counts(user=handler, at=AFTER_SAFE).overdue == 0
    assert queue_counts(user=handler, at=datetime(2026, 6, 6, tzinfo=UTC)).overdue == 1


def test_notice_that_left_too_late_never_moves_a_date(case: Case, handler: User) -> None:
    extension = told(case, handler)
    leaves(extension, at=AFTER_LAW)
    assert settle_extensions(at=AFTER_LAW) == 0
    extension.refresh_from_db()
    case.refresh_from_db()
    assert (extension.came_too_late, extension.sent_on) == (True, None)
    assert case.due_on == date(2026, 4, 5)
    assert Event.objects.filter(verb="extension.too_late").count() == 1
    assert settle_extensions(at=AFTER_LAW) == 0


def test_once_only_with_reasons_and_in_time(case: Case, handler: User) -> None:
    ground = ExtensionGround.NUMBER
    blank = extension_letter(case=case, ground=ground, reasons=" ")
    with pytest.raises(PartsMissing):
        extend(case=case, ground=ground, draft=blank, warning_read=False, by=handler, at=LATER)
    with pytest.raises(ExtensionUnwarned):
        told(case, handler, at=AFTER_SAFE)
    with pytest.raises(ExtensionTooLate):
        told(case, handler, at=AFTER_LAW, warning_read=True)
    assert not Extension.objects.exists()
    told(case, handler, at=AFTER_SAFE, warning_read=True)
    with pytest.raises(CaseMovedOn):
        told(case, handler, at=AFTER_SAFE, warning_read=True)
    assert case.letters.filter(kind=LetterKind.EXTENSION).count() == 1


def test_letter_names_the_new_day_ground_reasons_and_remedies(case: Case, handler: User) -> None:
    told(case, handler)
    content = str(case.letters.get(kind=LetterKind.EXTENSION).content)
    for part in ("5 June 2026", "Article 12(3)", "Five systems", "Article 79", "Inspektsioon"):
        assert part in content


def test_dates_counted_anew_keep_an_extension_in_force(case: Case, handler: User) -> None:
    leaves(told(case, handler), at=LATER)
    settle_extensions(at=LATER)
    case.refresh_from_db()
    count_dates(case=case, by=Actor.system("clock"), at=LATER)
    case.refresh_from_db()
    assert case.due_on == case.extended_on == date(2026, 6, 5)


def test_refusal_after_the_month_is_warned_about_loudly(case: Case, handler: User) -> None:
    assert late_refusal_warning(case, at=LATER) == ""
    assert "itself a breach" in late_refusal_warning(case, at=AFTER_SAFE)
    leaves(told(case, handler), at=LATER)
    settle_extensions(at=LATER)
    case.refresh_from_db()
    assert late_refusal_warning(case, at=AFTER_SAFE) == ""


# --- the desk ------------------------------------------------------------------------------------
ANSWER = {"ground": "complexity", "reasons": "Five systems."}


def test_desk_previews_and_sends_the_notice(
    case: Case, handler: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)
    client = Client()
    client.force_login(handler)
    step = reverse("desk:extension-tell", args=[case.reference])
    page = reverse("desk:case-detail", args=[case.reference])
    assert "Take more time" in client.get(page).content.decode()
    assert client.post(step, {"ground": "complexity"}).status_code == 422
    assert "5 June 2026" in client.post(step, ANSWER).content.decode()
    assert not Extension.objects.exists()
    assert client.post(step, {**ANSWER, "letter_step": "send"}).status_code == 302
    shown = client.get(page).content.decode()
    assert "Not in force until the mail is sent" in shown
    assert "Take more time" not in shown


def test_desk_warns_after_the_safe_date_and_refuses_after_the_law(
    case: Case, handler: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    client.force_login(handler)
    step = reverse("desk:extension-tell", args=[case.reference])
    page = reverse("desk:case-detail", args=[case.reference])
    monkeypatch.setattr("django.utils.timezone.now", lambda: AFTER_SAFE)
    assert "The month ended on 5 April 2026." in client.get(page).content.decode()
    sent = {**ANSWER, "letter_step": "send"}
    assert client.post(step, sent).status_code == 422
    assert not Extension.objects.exists()
    monkeypatch.setattr("django.utils.timezone.now", lambda: AFTER_LAW)
    assert "cannot be extended any more" in client.get(page).content.decode()
    assert client.post(step, sent).status_code == 302
    assert not Extension.objects.exists()


def test_auditor_extends_nothing(case: Case, auditor: User) -> None:
    client = Client()
    client.force_login(auditor)
    step = reverse("desk:extension-tell", args=[case.reference])
    assert client.post(step, {**ANSWER, "letter_step": "send"}).status_code == 403
