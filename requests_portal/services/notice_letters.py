"""The letter to a recipient: what was done with the data, and what to do now (Art. 19).

It holds what the recipient needs to act, and nothing more: by which identifiers to find the
person, which fields, and for a correction the values before and now.
"""

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from datamap.domain.schema import Table
from datamap.queries import map_of
from requests_portal.domain.letters import LetterDraft, LetterKind, Part, Passage
from requests_portal.domain.outside import Occasion
from requests_portal.models import RecipientNotice
from requests_portal.queries import person_of
from requests_portal.services.corrections_shown import applied_corrections


def notice_letter(*, notice: RecipientNotice, language: str) -> LetterDraft:
    """Compose the letter to a recipient."""
    case = notice.case
    occasion = Occasion(notice.occasion)
    with translation.override(language), timezone.override(case.entity.tz):
        return LetterDraft(
            kind=LetterKind.RECIPIENT_NOTICE,
            title=_title(occasion),
            subject=_("Article 19 GDPR"),
            to_name=notice.recipient_name,
            language=language,
            passages=(
                Passage(part=Part.DECIDED, text=_what_happened(occasion)),
                Passage(
                    part=Part.WORDS,
                    heading=_("Whom it is about"),
                    rows=_identifiers(notice),
                ),
                _corrected(notice) if occasion is Occasion.RECTIFICATION else _fields(notice),
                Passage(
                    part=Part.WORDS,
                    heading=_("What we ask of you"),
                    text=_to_do(occasion),
                    adjustable=True,
                ),
                Passage(
                    part=Part.GROUND,
                    heading=_("The ground"),
                    text=_(
                        "Article 19 GDPR obliges us to tell every recipient to whom the data was "
                        "disclosed. The person may ask us who they were."
                    ),
                ),
            ),
        )


def _title(occasion: Occasion) -> str:
    return {
        Occasion.RECTIFICATION: _("Data that you received from us was corrected"),
        Occasion.ERASURE: _("Data that you received from us was erased"),
        Occasion.RESTRICTION: _("The use of data that you received from us is restricted"),
    }[occasion]


def _what_happened(occasion: Occasion) -> str:
    return {
        Occasion.RECTIFICATION: _(
            "At the request of the person named below we have corrected personal data that you "
            "have received from us."
        ),
        Occasion.ERASURE: _(
            "At the request of the person named below we have erased personal data that you have "
            "received from us."
        ),
        Occasion.RESTRICTION: _(
            "At the request of the person named below we have restricted the use of personal data "
            "that you have received from us."
        ),
    }[occasion]


def _to_do(occasion: Occasion) -> str:
    todo = {
        Occasion.RECTIFICATION: _("Please correct this data wherever you keep it."),
        Occasion.ERASURE: _(
            "Please erase this data and every copy of it and link to it, unless a law obliges you "
            "to keep it."
        ),
        Occasion.RESTRICTION: _(
            "Please only store this data from now on, and use it for nothing else until we tell "
            "you that the restriction has ended (Article 18(2) GDPR)."
        ),
    }[occasion]
    confirm = _("Please confirm behind the link that you have received this.")
    return f"{todo} {confirm}"


def _identifiers(notice: RecipientNotice) -> tuple[tuple[str, str, str], ...]:
    case = notice.case
    rows = (
        (_("E-mail"), person_of(case)[1], ""),
        (_("Phone"), case.phone, ""),
        (_("Customer number"), case.customer_number, ""),
    )
    return tuple(row for row in rows if row[1])


def _corrected(notice: RecipientNotice) -> Passage:
    touched = {
        (resource_id, table_name, column)
        for resource_id, table_name, columns in notice.touched
        for column in columns
    }
    return Passage(
        part=Part.WORDS,
        heading=_("What was corrected: now, and before"),
        rows=tuple(
            (one.column, one.new, one.old)
            for one in applied_corrections(notice.case)
            if (one.correction.resource_id, one.correction.table_name, one.correction.column)
            in touched
        ),
    )


def _fields(notice: RecipientNotice) -> Passage:
    data_map = map_of(notice.map_version.hash)
    language = translation.get_language() or "en"
    rows = []
    for resource_id, table_name, columns in notice.touched:
        resource = data_map.resource(resource_id)
        table = resource.table(table_name)
        names = ", ".join(_column(table, name, language) for name in columns)
        rows.append(
            (table.title.in_language(language), names, resource.title.in_language(language))
        )
    return Passage(part=Part.WORDS, heading=_("Which data this is"), rows=tuple(rows))


def _column(table: Table, name: str, language: str) -> str:
    title = table.column(name).title
    return title.in_language(language) if title else name
