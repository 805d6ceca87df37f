"""The letter that answers a portability request (Art. 20; Art. 12(3)-(4)).

It says what goes, where it goes, and table by table what does not and why.
"""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datamap.domain.schema import Resource, Table
from datamap.queries import map_of
from requests_portal.domain.letters import LetterDraft, LetterKind, Part, Passage
from requests_portal.domain.porting import NotPorted, Target, why_not_ported, withheld_columns
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case, CollectedTable, PortingWish
from requests_portal.queries import units_of, wish_of
from requests_portal.services.letter_parts import closing_parts, reasons_part
from requests_portal.services.package_content import PackageContent, headings_of
from requests_portal.texts.porting import LEFT_OUT
from requests_portal.texts.rights import ARTICLE_LABELS, RIGHT_NAMES
from requests_portal.texts.rulings import ASKED, DECIDED


def porting_letter(
    content: PackageContent, *, sent_at: datetime | None = None, why_returned: str = ""
) -> LetterDraft:
    """Compose the letter in the active language, which is the case's.

    `sent_at` is when the company took the data. `why_returned`: the person is given it although
    the company was to have it directly, and why (Art. 20(2)).
    """
    case, wish = content.case, wish_of(content.case)
    return LetterDraft(
        kind=LetterKind.ANSWER,
        title=_("Answer to your request %(reference)s") % {"reference": case.reference},
        subject=f"{RIGHT_NAMES[Right.PORTABILITY]}, {ARTICLE_LABELS[Right.PORTABILITY]}",
        adverse=bool(why_returned),
        passages=(
            Passage(part=Part.WORDS, text=str(ASKED[Right.PORTABILITY])),
            _decided(content),
            *_ways(content, wish, sent_at=sent_at, why_returned=why_returned),
            *_contents(content),
            *_left_out(case),
            *_message(content),
            Passage(
                part=Part.GROUND,
                text=_("Legal basis: %(article)s.")
                % {"article": ARTICLE_LABELS[Right.PORTABILITY]},
            ),
            _decider(content),
            *closing_parts(case),
        ),
    )


def _decided(content: PackageContent) -> Passage:
    if content.nothing_held:
        text = str(DECIDED[Outcome.NOTHING_HELD][Right.PORTABILITY])
    else:
        text = _(
            "We grant your request: you receive what you provided to us and what we process by "
            "automated means on your consent or a contract (Article 20(1) GDPR), free of charge."
        )
    return Passage(part=Part.DECIDED, text=text)


def _ways(
    content: PackageContent, wish: PortingWish, *, sent_at: datetime | None, why_returned: str
) -> Iterator[Passage]:
    if content.nothing_held:
        return
    if why_returned:
        yield Passage(
            part=Part.DECIDED,
            text=_(
                "We could not send it to %(company)s directly, which the law asks for where it is "
                "technically feasible (Article 20(2) GDPR). You can download it and hand it over "
                "yourself."
            )
            % {"company": wish.company},
        )
        yield reasons_part(why_returned)
    elif sent_at is not None:
        zone = content.case.entity.tz
        local = sent_at.astimezone(zone)
        yield Passage(
            part=Part.WORDS,
            text=_("We sent it to %(company)s on %(day)s at %(time)s (Article 20(2) GDPR).")
            % {
                "company": wish.company,
                "day": date_format(local.date()),
                "time": time_format(local.time()),
            },
        )
    elif Target(wish.target) is Target.CODE:
        yield Passage(
            part=Part.WORDS,
            text=_(
                "Behind your link you can make a one-time code. Give it to %(company)s: with it "
                "they collect the data at %(address)s (Article 20(2) GDPR)."
            )
            % {"company": wish.company, "address": f"{settings.PUBLIC_URL}/collect/"},
        )
    yield Passage(part=Part.WORDS, text=_the_file(content.case))


def _the_file(case: Case) -> str:
    if case.is_by_post:
        return _(
            "It is a ZIP file, which you find with this letter: “data.json” and the CSV files are "
            "for programs, “data.schema.json” describes them, and “index.html” is for reading. "
            "Where another person appears in a record, their details are masked to protect them "
            "(Article 20(4) GDPR)."
        )
    return _(
        "It is a ZIP file, which you can download behind your link: “data.json” and the CSV "
        "files are for programs, “data.schema.json” describes them, and “index.html” is for "
        "reading. Where another person appears in a record, their details are masked to "
        "protect them (Article 20(4) GDPR)."
    )


def _contents(content: PackageContent) -> Iterator[Passage]:
    lines = tuple(
        ngettext(
            "%(table)s (%(resource)s): %(n)s record",
            "%(table)s (%(resource)s): %(n)s records",
            table.row_count,
        )
        % {"table": table.title, "resource": resource.title, "n": table.row_count}
        for resource in content.resources
        for table in resource.tables
    )
    if lines:
        yield Passage(part=Part.WORDS, heading=_("What is in it"), lines=lines)


def _left_out(case: Case) -> Iterator[Passage]:
    rows = tuple(row for unit in _found(case) for row in _rows_left_out(*unit, case.language))
    if not rows:
        return
    yield Passage(part=Part.WORDS, heading=_("What is not in it, and why"), rows=rows)
    yield Passage(
        part=Part.WORDS,
        text=_(
            "You can ask for a copy of everything we hold about you, this data included "
            "(Article 15 GDPR). Taking your data elsewhere erases nothing here and ends no "
            "contract (Article 20(3) GDPR)."
        ),
    )


def _found(case: Case) -> Iterator[tuple[Resource, CollectedTable]]:
    for unit in units_of(case):
        resource = map_of(unit.map_version.hash).resource(unit.resource_id)
        for collected in unit.tables.all():
            if collected.row_count or collected.controllers:
                yield resource, collected


def _rows_left_out(
    resource: Resource, collected: CollectedTable, language: str
) -> Iterator[tuple[str, str, str]]:
    """Give what is left out of one table: its title, what of it, and why."""
    table: Table = resource.table(collected.table_name)
    title = table.title.in_language(language)
    why = why_not_ported(table)
    if why is not None:
        yield title, _("everything"), str(LEFT_OUT[why])
    elif parts := withheld_columns(table):
        names = ", ".join(heading for _name, heading in headings_of(parts, language))
        yield title, names, str(LEFT_OUT[NotPorted.NOT_PROVIDED])


def _message(content: PackageContent) -> tuple[Passage, ...]:
    message = content.decision.message
    return (Passage(part=Part.WORDS, text=message),) if message.strip() else ()


def _decider(content: PackageContent) -> Passage:
    who = _("This was decided by %(name)s.") % {"name": content.decision.decided_by.name}
    no_machine = _("No part of the decision was taken by a machine.")
    return Passage(part=Part.WORDS, text=f"{who} {no_machine}")
