"""The two letters of a forwarding: to the controller, and to the person (Art. 28(3)(e))."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datamap.domain.schema import Controller, DataMap
from requests_portal.domain.letters import LetterDraft, LetterKind, Part, Passage
from requests_portal.domain.rights import Right
from requests_portal.models import Case, Representative
from requests_portal.queries import person_of, representative_of
from requests_portal.services.letter_parts import authority_part, remedies_part
from requests_portal.texts.rights import ARTICLE_LABELS, RIGHT_NAMES

#: What is held: resource id, table name, rows.
Held = Sequence[tuple[str, str, int]]


def handover_letter(
    *, case: Case, controller: Controller, held: Held, data_map: DataMap, language: str
) -> LetterDraft:
    """Compose the letter that passes a request on to the controller who decides on it."""
    right = Right(case.right)
    with translation.override(language), timezone.override(case.entity.tz):
        return LetterDraft(
            kind=LetterKind.HANDOVER,
            title=_("A request about data that we process on your behalf"),
            subject=f"{RIGHT_NAMES[right]}, {ARTICLE_LABELS[right]}",
            to_name=controller.name,
            language=language,
            passages=(
                Passage(
                    part=Part.DECIDED,
                    text=_(
                        "Somebody has sent us a data protection request. It is also about data "
                        "that you have entrusted to us. You are its controller: you decide on the "
                        "request, and so we pass it on to you. We have decided nothing on this "
                        "data and changed none of it."
                    ),
                ),
                Passage(
                    part=Part.WORDS,
                    heading=_("The request"),
                    rows=_request_rows(case, right),
                ),
                *_own_words(case),
                Passage(
                    part=Part.WORDS,
                    heading=_("What we hold for you about this person"),
                    rows=_held_rows(held, data_map, language),
                ),
                Passage(
                    part=Part.GROUND,
                    heading=_("The ground"),
                    text=_(
                        "As your processor we help you to answer requests of data subjects "
                        "(Article 28(3)(e) GDPR)."
                    ),
                ),
                Passage(
                    part=Part.WORDS,
                    heading=_("What we ask of you"),
                    text=_(
                        "Please answer the person yourself. The file behind the link holds the "
                        "request and these records, for machines to read. If you want us to "
                        "correct, erase, restrict or keep anything, send us your instruction in "
                        "writing. Please confirm behind the link that you have received this."
                    ),
                    adjustable=True,
                ),
                _handover_dates(case),
            ),
        )


def _request_rows(case: Case, right: Right) -> tuple[tuple[str, str, str], ...]:
    name, email = person_of(case)
    spoken_for = representative_of(case)
    rows = [
        (_("Right"), f"{RIGHT_NAMES[right]}, {ARTICLE_LABELS[right]}", ""),
        (_("Name"), name, ""),
        (_("E-mail"), email, "" if spoken_for else _address_proven(case)),
        *([_spoken_for_by(case, spoken_for)] if spoken_for else []),
        (_("Phone"), case.phone, ""),
        (_("Customer number"), case.customer_number, ""),
    ]
    return tuple(row for row in rows if row[1])


def _spoken_for_by(case: Case, spoken_for: Representative) -> tuple[str, str, str]:
    """Say who writes for the person, and whether we have seen that they may."""
    checked = (
        _("We have checked that they may speak for the person.")
        if spoken_for.checked_at
        else _("We have not checked yet that they may speak for the person.")
    )
    return (_("Who writes for them"), ", ".join(case.addressee), checked)


def _own_words(case: Case) -> tuple[Passage, ...]:
    heading = _("In their words")
    return (Passage(part=Part.WORDS, heading=heading, text=case.about),) if case.about else ()


def _address_proven(case: Case) -> str:
    if case.confirmed_at:
        return _("The person has shown that this address is theirs.")
    return _("Nobody has shown yet that this address is theirs.")


def _held_rows(held: Held, data_map: DataMap, language: str) -> tuple[tuple[str, str, str], ...]:
    found = []
    for resource_id, table_name, rows in held:
        resource = data_map.resource(resource_id)
        title = resource.table(table_name).title.in_language(language)
        count = ngettext("%(n)s record", "%(n)s records", rows) % {"n": rows}
        found.append((title, count, resource.title.in_language(language)))
    return tuple(found)


def _handover_dates(case: Case) -> Passage:
    return Passage(
        part=Part.DATES,
        heading=_("The dates"),
        rows=(
            (
                _("Received"),
                date_format(case.received_on),
                _("The day the request reached us. It is day zero and is not counted."),
            ),
            (
                _("One month ends on"),
                date_format(case.safe_on),
                _("The time for an answer, counted from that day (Article 12(3) GDPR)."),
            ),
        ),
    )


def forwarding_letter(
    *,
    case: Case,
    controller: Controller,
    held: Held,
    data_map: DataMap,
    at: datetime,
) -> LetterDraft:
    """Compose the letter that tells the person who decides; `case` is the one forwarded."""
    right = Right(case.right)
    with translation.override(case.language), timezone.override(case.entity.tz):
        return LetterDraft(
            kind=LetterKind.FORWARDING,
            title=_("Who decides on your request %(reference)s") % {"reference": case.reference},
            subject=f"{RIGHT_NAMES[right]}, {ARTICLE_LABELS[right]}",
            passages=(
                Passage(part=Part.DECIDED, text=_passed_on(case, controller)),
                *_rest(case),
                Passage(
                    part=Part.WORDS,
                    heading=_("Who decides"),
                    text=f"{controller.name}, {controller.contact_email}",
                ),
                Passage(
                    part=Part.WORDS,
                    text=_(
                        "This company answers you itself. You can also write to it directly. We "
                        "help it with our part, and do with this data what it instructs us to do."
                    ),
                ),
                Passage(
                    part=Part.WORDS,
                    heading=_("Which data this is"),
                    rows=_held_rows(held, data_map, case.language),
                ),
                Passage(
                    part=Part.GROUND,
                    heading=_("The ground"),
                    text=_(
                        "We process this data only on behalf of that company, which is its "
                        "controller. Only the controller may decide on it; we assist it (Article "
                        "28(3) GDPR)."
                    ),
                ),
                _forwarding_dates(case, at),
                remedies_part(),
                authority_part(case),
            ),
        )


def _passed_on(case: Case, controller: Controller) -> str:
    if case.parent_id is None:
        words = _(
            "The data we found about you is not ours: we only keep it for %(controller)s. That "
            "company decides on your request, and so we have passed it on. We hold no data of our "
            "own about you."
        )
        return _naming(words, controller)
    words = _(
        "Some of the data we found about you is not ours: we only keep it for %(controller)s. "
        "That company decides on it, and so we have passed this part of your request on."
    )
    return _naming(words, controller)


def _naming(words: str, controller: Controller) -> str:
    """Name a company in a sentence; one such as “sp. z o.o.” ends it by its own full stop."""
    return (words % {"controller": controller.name}).replace("..", ".")


def _rest(case: Case) -> tuple[Passage, ...]:
    if case.parent is None:
        return ()
    text = _(
        "For the data that is ours we answer you ourselves, under the reference %(reference)s. "
        "This letter changes nothing about that."
    ) % {"reference": case.parent.reference}
    return (Passage(part=Part.WORDS, text=text),)


def _forwarding_dates(case: Case, at: datetime) -> Passage:
    return Passage(
        part=Part.DATES,
        heading=_("The dates"),
        rows=(
            (
                _("Received"),
                date_format(case.received_on),
                _("The day your request reached us. It is day zero and is not counted."),
            ),
            (_("Passed on"), date_format(timezone.localdate(at)), ""),
            (
                _("One month ends on"),
                date_format(case.safe_on),
                _("A controller has one month to answer you (Article 12(3) GDPR)."),
            ),
        ),
    )
