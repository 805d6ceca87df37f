"""The letters that tell a decision, one for each right and outcome (Art. 12(3)-(5)).

They are composed in the case's language from what was decided; the reasons are staff's own words.
"""

from collections.abc import Sequence

from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from erasure.models import Plan
from erasure.services.overview import (
    CategoryOverview,
    KeptRows,
    TableOverview,
    categories_of,
    overview,
)
from requests_portal.domain.deciding import Judgement
from requests_portal.domain.letters import LetterDraft, LetterKind, Part, Passage
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case, Decision
from requests_portal.services.effects import announced
from requests_portal.services.letter_parts import closing_parts, ground_part, reasons_part
from requests_portal.texts.rights import ARTICLE_LABELS, RIGHT_NAMES
from requests_portal.texts.rulings import ASKED, DECIDED


def decision_letter(
    *,
    case: Case,
    judgement: Judgement,
    by: User,
    proposed_by: User | None = None,
    done: tuple[Passage, ...] = (),
) -> LetterDraft:
    """Compose the letter of a decision; `done` says what was carried out because of it."""
    right = Right(case.right)
    with translation.override(case.language), timezone.override(case.entity.tz):
        return LetterDraft(
            kind=LetterKind.DECISION,
            title=_("Our decision on your request %(reference)s") % {"reference": case.reference},
            subject=_subject(right),
            adverse=judgement.is_adverse,
            passages=(
                Passage(part=Part.WORDS, text=str(ASKED[right])),
                Passage(part=Part.DECIDED, text=str(DECIDED[judgement.outcome][right])),
                *announced(case=case, judgement=judgement),
                *done,
                _ground(judgement),
                *_reasons(judgement),
                _deciders(by, proposed_by),
                *closing_parts(case),
            ),
        )


def fee_letter(*, case: Case, judgement: Judgement, cents: int) -> LetterDraft:
    """Compose the letter that tells of a fee before it is charged (Art. 12(5)(a))."""
    with translation.override(case.language):
        return LetterDraft(
            kind=LetterKind.FEE,
            title=_("A fee for your request %(reference)s") % {"reference": case.reference},
            subject=_subject(Right(case.right)),
            adverse=True,
            passages=(
                Passage(part=Part.WORDS, text=str(ASKED[Right(case.right)])),
                Passage(
                    part=Part.DECIDED,
                    text=_(
                        "We would charge a fee of %(amount)s euro for it, which covers our "
                        "administrative costs. Nothing is charged yet, and nothing is charged "
                        "unless you agree."
                    )
                    % {"amount": number_format(cents / 100, decimal_pos=2)},
                ),
                Passage(part=Part.WORDS, text=_how_to_agree(case)),
                ground_part(judgement.grounds),
                reasons_part(judgement.reasons),
                *closing_parts(case),
            ),
        )


def _how_to_agree(case: Case) -> str:
    if case.is_by_post:
        return _(
            "Write to us whether you agree. You can also narrow your request, so that no fee is "
            "needed, or withdraw it."
        )
    return _(
        "Tell us behind your link whether you agree. You can also narrow your request, so that no "
        "fee is needed, or withdraw it."
    )


def erasure_letter(*, case: Case, decision: Decision, plan: Plan) -> LetterDraft:
    """Compose the letter that answers an erasure which was carried out: per table what is gone,
    what stays, until when and on which ground (Art. 17(1), (3)).
    """
    with translation.override(case.language), timezone.override(case.entity.tz):
        tables = [
            table
            for resource in overview(plan, case.language).resources
            for table in resource.tables
            if not (table.is_entrusted or table.is_empty)
        ]
        told: list[Passage] = [
            _by_category(tables),
            Passage(
                part=Part.WORDS,
                heading=_("In detail"),
                rows=tuple((table.title, _gone(table), _stays(table)) for table in tables),
            ),
        ]
        grounds = dict.fromkeys(str(table.ground) for table in tables if table.stays)
        if grounds:
            told += [
                Passage(part=Part.GROUND, heading=_("Why it is kept"), lines=tuple(grounds)),
                Passage(
                    part=Part.REASONS,
                    text=_(
                        "What is kept is erased when its time is over, without your having to "
                        "ask again."
                    ),
                ),
            ]
        judgement = Judgement(right=Right.ERASURE, outcome=Outcome(decision.outcome))
        return decision_letter(
            case=case,
            judgement=judgement,
            by=decision.decided_by,
            proposed_by=plan.prepared_by,
            done=tuple(told),
        )


def _by_category(tables: Sequence[TableOverview]) -> Passage:
    """Say for each kind of data what was decided on it."""
    return Passage(
        part=Part.WORDS,
        heading=_("What was erased, and what is kept"),
        rows=tuple(
            (str(one.title), _number_gone(one.gone), _number_kept(one))
            for one in categories_of(tables)
        ),
    )


def _number_gone(rows: int) -> str:
    return ngettext("%(n)s erased", "%(n)s erased", rows) % {"n": rows} if rows else "–"


def _number_kept(one: CategoryOverview) -> str:
    kept = (KeptRows(until=one.until, rows=one.dated), KeptRows(until=None, rows=one.undated))
    return "; ".join(_kept(part) for part in kept if part.rows) or "–"


def _subject(right: Right) -> str:
    return f"{RIGHT_NAMES[right]}, {ARTICLE_LABELS[right]}"


def _ground(judgement: Judgement) -> Passage:
    if judgement.grounds:
        return ground_part(judgement.grounds)
    return Passage(
        part=Part.GROUND,
        text=_("Legal basis: %(article)s.") % {"article": ARTICLE_LABELS[judgement.right]},
    )


def _reasons(judgement: Judgement) -> tuple[Passage, ...]:
    if judgement.is_adverse and judgement.grounds:
        return (reasons_part(judgement.reasons),)
    if judgement.reasons.strip():
        words = Passage(part=Part.WORDS, text=judgement.reasons, adjustable=True)
        return (words,)
    return ()


def _deciders(by: User, proposed_by: User | None) -> Passage:
    if proposed_by is None:
        who = _("This was decided by %(name)s.") % {"name": by.name}
    else:
        who = _("This was prepared by %(first)s and decided by %(second)s.") % {
            "first": proposed_by.name,
            "second": by.name,
        }
    no_machine = _("No part of the decision was taken by a machine.")
    return Passage(part=Part.WORDS, text=f"{who} {no_machine}")


def _gone(table: TableOverview) -> str:
    if not table.gone:
        return "–"
    if table.action == "anonymise":
        return ngettext("%(n)s anonymised", "%(n)s anonymised", table.gone) % {"n": table.gone}
    return ngettext("%(n)s erased", "%(n)s erased", table.gone) % {"n": table.gone}


def _stays(table: TableOverview) -> str:
    kept = [_kept(one).replace(" ", "\N{NO-BREAK SPACE}") for one in table.kept]
    if table.needed:
        kept.append(
            ngettext(
                "%(n)s kept as long as the records that belong to it",
                "%(n)s kept as long as the records that belong to them",
                table.needed,
            )
            % {"n": table.needed}
        )
    if table.held:
        kept.append(
            ngettext(
                "%(n)s kept while its use is restricted or the law needs it",
                "%(n)s kept while their use is restricted or the law needs them",
                table.held,
            )
            % {"n": table.held}
        )
    return "; ".join(kept) or "–"


def _kept(one: KeptRows) -> str:
    if one.until is None:
        words = ngettext("%(n)s kept, no end yet", "%(n)s kept, no end yet", one.rows)
        return words % {"n": one.rows}
    words = ngettext("%(n)s kept until %(day)s", "%(n)s kept until %(day)s", one.rows)
    return words % {"n": one.rows, "day": date_format(one.until)}
