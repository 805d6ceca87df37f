"""Recipients who have to be told, as the case page shows them (Art. 19)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import Form
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language

from accounts.models import User
from datamap.queries import map_of
from requests_portal.domain.outside import UNSETTLED, Occasion, Telling
from requests_portal.forms.outside import ImpossibleForm, LetterLanguageForm, ToldForm
from requests_portal.models import Case, RecipientNotice
from requests_portal.services.recipients import contact_of
from requests_portal.texts.outside import OCCASIONS
from requests_portal.views.desk.outside_state import ShownState, shown_state


@dataclass(frozen=True, kw_only=True)
class ShownNotice:
    """One recipient: what it is told, how far that is, and what staff can do."""

    notice: RecipientNotice
    occasion: str | Promise
    tables: tuple[str, ...]
    state: ShownState
    contact: str
    language_form: LetterLanguageForm
    told_form: Form
    impossible_form: Form

    @property
    def waits(self) -> bool:
        return self.notice.state == Telling.TO_SEND

    @property
    def is_unsettled(self) -> bool:
        return Telling(self.notice.state) in UNSETTLED


def told_form(notice: RecipientNotice, *, at: datetime, data: Any = None) -> ToldForm:  # noqa: ANN401 (a QueryDict)
    """Return the form for a recipient who was told otherwise, in days of the company."""
    today = at.astimezone(notice.case.entity.tz).date()
    return ToldForm(data, notice_id=notice.pk, today=today, initial={"told_on": today})


def recipients_panel(case: Case, _user: User, forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return the recipients of this case; a refused form is shown with the one it is about."""
    notices = case.recipient_notices.select_related(
        "case", "link__message", "map_version", "settled_by"
    )
    return {"recipient_notices": [_shown(one, forms) for one in notices]}


def _shown(notice: RecipientNotice, forms: Mapping[str, Form]) -> ShownNotice:
    language = get_language() or "en"
    data_map = map_of(notice.map_version.hash)
    return ShownNotice(
        notice=notice,
        occasion=OCCASIONS[Occasion(notice.occasion)],
        tables=tuple(
            data_map.resource(resource).table(table).title.in_language(language)
            for resource, table, _columns in notice.touched
        ),
        state=shown_state(notice),
        contact=contact_of(notice),
        language_form=LetterLanguageForm(
            initial={"language": "en"}, auto_id=f"id_notice{notice.pk}_%s"
        ),
        told_form=_refused(forms, "told_form", notice) or told_form(notice, at=timezone.now()),
        impossible_form=_refused(forms, "impossible_form", notice)
        or ImpossibleForm(notice_id=notice.pk),
    )


def _refused(forms: Mapping[str, Form], name: str, notice: RecipientNotice) -> Form | None:
    form = forms.get(name)
    return form if getattr(form, "notice_id", None) == notice.pk else None
