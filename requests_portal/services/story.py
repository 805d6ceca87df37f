"""The story of a request as the person reads it: what happened, and what comes next."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from requests_portal.domain.porting import Target
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case
from requests_portal.queries import decision_of, wish_of
from requests_portal.services.collecting import collected_at

#: The words when it has happened and while it lies ahead, when it happened, a word about it.
_Told = tuple[str, str, datetime | None, str]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: `done` with its time, `current`, or `next`."""

    title: str
    at: datetime | None
    detail: str
    tone: str


def person_timeline(case: Case) -> list[Step]:
    """Return all steps of a request in their order, with the one we are at marked."""
    decision = decision_of(case)
    denied = decision is not None and decision.outcome in _BY_LETTER
    ending = _by_letter if denied else _ENDINGS[Right(case.right)]
    told = [*_until_search(case), *ending(case)]
    for words, when in (
        (_("You withdrew your request"), case.withdrawn_at),
        (_("We passed your request on to the company that decides on it"), case.forwarded_at),
        (_("We closed your request"), None if case.answered_at else case.closed_at),
    ):
        if when is not None:
            told = [*(one for one in told if one[2] is not None), (words, "", when, "")]
    current = next((n for n, (_done, _ahead, at, _detail) in enumerate(told) if at is None), None)
    return [
        Step(
            title=done if at else ahead,
            at=at,
            detail="" if at else detail,
            tone="done" if at else ("current" if number == current else "next"),
        )
        for number, (done, ahead, at, detail) in enumerate(told)
    ]


def _until_search(case: Case) -> list[_Told]:
    again: list[_Told] = []
    if case.reopened_at is not None:
        again.append((_("Your request was opened again"), "", case.reopened_at, ""))
    return [
        (_("We received your request"), "", case.received_at, ""),
        (
            _("You confirmed your e-mail address"),
            _("Confirm your e-mail address"),
            case.confirmed_at,
            _("Open the link in our e-mail. The clock runs either way."),
        ),
        *again,
        (
            _("We began to search all our systems"),
            _("We search all our systems"),
            case.started_at,
            _("A member of staff starts the search. You need not do anything."),
        ),
    ]


def _access(case: Case) -> list[_Told]:
    package = getattr(case, "package", None)
    return [
        (
            _("A person looked at what was found and decided"),
            _("A person looks at what was found and decides"),
            case.decided_at,
            _("Nothing is decided by a machine."),
        ),
        (
            _("Your answer is ready"),
            _("You receive the answer"),
            case.answered_at,
            _("You receive an e-mail with a link."),
        ),
        (
            _("You downloaded your answer"),
            _("Download your answer"),
            package.first_downloaded_at if package else None,
            _("The files stay here for 14 days."),
        ),
    ]


def _porting(case: Case) -> list[_Told]:
    decided, ready, downloaded = _access(case)
    wish = wish_of(case)
    if wish.returned_at or Target(wish.target) is Target.ME:
        return [decided, ready, downloaded]
    if Target(wish.target) is Target.URL:
        transfer = getattr(case, "transfer", None)
        sent = (
            _("Your data was sent to the company you named"),
            _("Your data is sent to the company you named"),
            transfer.finished_at if transfer else None,
            _("A data protection officer looks at it before. You receive an e-mail."),
        )
        return [decided, sent]
    code = (
        _("You can make a code for the company you named"),
        _("You make a code for the company you named"),
        wish.released_at,
        _("You receive an e-mail with a link."),
    )
    collected = (
        _("The company collected your data with the code"),
        _("The company collects your data with the code"),
        collected_at(case),
        _("The files stay here for 14 days."),
    )
    return [decided, code, collected]


def _erasure(case: Case) -> list[_Told]:
    return [
        (
            _("Two people checked what is erased and what has to be kept"),
            _("Two people check what is erased and what has to be kept"),
            case.decided_at,
            _("Nothing is decided by a machine."),
        ),
        (
            _("Your data was erased, and we searched again to be sure"),
            _("Your data is erased, and we search again to be sure"),
            case.answered_at,
            _("You receive an e-mail when it is done."),
        ),
    ]


def _rectification(case: Case) -> list[_Told]:
    return [
        (
            _("A person looked at your data and decided"),
            _("A person looks at your data and decides"),
            case.decided_at,
            _("Nothing is decided by a machine."),
        ),
        (
            _("Your data was corrected where it is stored"),
            _("Your data is corrected where it is stored"),
            case.answered_at,
            _("You receive an e-mail when it is done."),
        ),
    ]


def _by_letter(case: Case) -> list[_Told]:
    return [
        (
            _("A person looked at your request and decided"),
            _("A person looks at your request and decides"),
            case.decided_at,
            _("Nothing is decided by a machine."),
        ),
        (
            _("We wrote to you what was decided, and why"),
            _("We write to you what is decided, and why"),
            case.answered_at,
            _("You receive an e-mail with a link."),
        ),
    ]


#: Outcomes after which nothing is carried out: the letter is the answer.
_BY_LETTER = frozenset({Outcome.REFUSED, Outcome.CANNOT_IDENTIFY})
_ENDINGS = {
    **dict.fromkeys(Right, _by_letter),
    Right.ACCESS: _access,
    Right.ERASURE: _erasure,
    Right.PORTABILITY: _porting,
    Right.RECTIFICATION: _rectification,
}
