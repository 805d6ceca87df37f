"""Decisions by a ruling: granted, refused or in between, each told by its letter (Art. 12(3)-(5)).

Safety: a denial and a fee are proposed by one person and decided by another. The decision, what it
orders, its letter and the audit event are one transaction: a case is never answered unheard.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone, translation

from accounts.models import User
from audit.domain.actor import Actor
from erasure.services.approval import forget_plan
from lib.units import Status
from requests_portal.domain.deciding import (
    DecisionNotPossible,
    Ground,
    Judgement,
    OutcomeNotForRight,
    SamePersonDecides,
    check,
    needs_second_person,
)
from requests_portal.domain.letters import LetterDraft, Part, Passage
from requests_portal.domain.lifecycle import Event, State
from requests_portal.domain.rights import Outcome, Right
from requests_portal.models import Case, Decision, Proposal
from requests_portal.queries import found_rows
from requests_portal.services.decision_letters import decision_letter, fee_letter
from requests_portal.services.decisions import OutcomeContradictsFindings, SearchIncomplete
from requests_portal.services.effects import EFFECTS, REFUSED_EFFECTS
from requests_portal.services.erasure import erasure_reference
from requests_portal.services.forgetting import forget_findings
from requests_portal.services.letters import send_letter
from requests_portal.services.mails import send_done
from requests_portal.services.moves import CaseMovedOn, locked_case, move
from requests_portal.services.recipients import note_corrections
from requests_portal.services.representing import require_mandate
from requests_portal.services.trail import record_on_case

_AT_WORK = frozenset({State.IN_PROGRESS})
#: Outcomes that say something about the data, so that all of it must have been searched.
_ON_THE_DATA = frozenset({Outcome.GRANTED, Outcome.PARTLY, Outcome.NOTHING_HELD})

#: Outcomes after which something was done for the person.
EFFECTIVE = frozenset({Outcome.GRANTED, Outcome.PARTLY})


class IdentityNotChecked(DecisionNotPossible):
    """Nobody has stated that the data is this person's."""


class FeeMissing(DecisionNotPossible):
    """A fee without an amount, or an amount without a fee."""


class CorrectionsOpen(DecisionNotPossible):
    """A proposed correction is neither applied nor withdrawn."""


class AlreadyProposed(DecisionNotPossible):
    """A proposal waits for a second person already."""


class NotFromOnePerson(DecisionNotPossible):
    """Such a decision needs a second person: propose it."""


def propose(
    *,
    case: Case,
    judgement: Judgement,
    identity_checked: bool,
    by: User,
    at: datetime,
    fee_cents: int | None = None,
) -> Proposal:
    """Propose a denial or a fee; it takes effect when another person approves it.

    Raises what `check` raises, IdentityNotChecked, FeeMissing, SearchIncomplete, CorrectionsOpen,
    OutcomeContradictsFindings, AlreadyProposed, CaseMovedOn.
    """
    with transaction.atomic():
        locked = locked_case(case, _AT_WORK)
        if not needs_second_person(judgement.outcome):
            raise OutcomeNotForRight
        _require_ready(locked, judgement, identity_checked=identity_checked)
        if (judgement.outcome is Outcome.FEE) != bool(fee_cents):
            raise FeeMissing
        if locked.proposals.filter(settled_at__isnull=True).exists():
            raise AlreadyProposed
        record_on_case(
            "decision.proposed",
            by=Actor.staff(by.pk),
            at=at,
            case_id=locked.id,
            data={
                "outcome": judgement.outcome.value,
                "grounds": [ground.value for ground in judgement.grounds],
            },
        )
        return Proposal.objects.create(
            case=locked,
            outcome=judgement.outcome.value,
            grounds=[ground.value for ground in judgement.grounds],
            message=judgement.reasons,
            identity_checked=identity_checked,
            fee_cents=fee_cents,
            proposed_by=by,
            proposed_at=at,
        )


def open_proposal(case: Case) -> Proposal | None:
    """Return what waits for a second person, if anything."""
    return case.proposals.select_related("proposed_by").filter(settled_at__isnull=True).first()


def judgement_of(proposal: Proposal) -> Judgement:
    """Return what is proposed."""
    return Judgement(
        right=Right(proposal.case.right),
        outcome=Outcome(proposal.outcome),
        grounds=tuple(Ground(code) for code in proposal.grounds),
        reasons=proposal.message,
    )


def proposed_letter(proposal: Proposal, *, by: User) -> LetterDraft:
    """Compose the letter that goes out when `by` approves the proposal."""
    judgement = judgement_of(proposal)
    if proposal.fee_cents:
        return fee_letter(case=proposal.case, judgement=judgement, cents=proposal.fee_cents)
    return decision_letter(
        case=proposal.case, judgement=judgement, by=by, proposed_by=proposal.proposed_by
    )


def approve(*, proposal: Proposal, draft: LetterDraft, by: User, at: datetime) -> None:
    """Decide as another person proposed, and send the letter as adjusted in `draft`.

    A fee is told and the request goes on. Raises SamePersonDecides, CaseMovedOn, PartsMissing, and
    whatever `propose` raises where things have changed since.
    """
    with transaction.atomic():
        case = locked_case(proposal.case, _AT_WORK)
        locked = Proposal.objects.select_for_update().get(pk=proposal.pk)
        if locked.settled_at is not None:
            raise CaseMovedOn
        if locked.proposed_by_id == by.pk:
            raise SamePersonDecides
        locked.settled_at, locked.settled_by, locked.is_approved = at, by, True
        locked.save(update_fields=["settled_at", "settled_by", "is_approved"])
        judgement = judgement_of(locked)
        if judgement.outcome is Outcome.FEE:
            send_letter(case=case, draft=draft, by=by, at=at)
            record_on_case("fee.told", by=Actor.staff(by.pk), at=at, case_id=case.id)
            return
        _require_ready(case, judgement, identity_checked=locked.identity_checked)
        _settle(case, judgement, draft=draft, proposal=locked, by=by, at=at)


def send_back(*, proposal: Proposal, remark: str, by: User, at: datetime) -> None:
    """Do not approve: the proposal is settled with a remark, the case goes on. CaseMovedOn."""
    with transaction.atomic():
        locked_case(proposal.case, _AT_WORK)
        changed = Proposal.objects.filter(pk=proposal.pk, settled_at__isnull=True).update(
            settled_at=at, settled_by=by, remark=remark
        )
        if not changed:
            raise CaseMovedOn
        record_on_case("decision.sent_back", by=Actor.staff(by.pk), at=at, case_id=proposal.case_id)


def rule(
    *,
    case: Case,
    judgement: Judgement,
    draft: LetterDraft,
    identity_checked: bool,
    by: User,
    at: datetime,
) -> Decision:
    """Decide what one person may decide alone, and send the letter as adjusted in `draft`.

    Raises NotFromOnePerson, PartsMissing, and what `propose` raises.
    """
    with transaction.atomic():
        locked = locked_case(case, _AT_WORK)
        if needs_second_person(judgement.outcome):
            raise NotFromOnePerson
        if locked.proposals.filter(settled_at__isnull=True).exists():
            raise AlreadyProposed
        _require_ready(locked, judgement, identity_checked=identity_checked)
        return _settle(locked, judgement, draft=draft, proposal=None, by=by, at=at)


def answer_nothing_held(*, case: Case, by: User, at: datetime) -> Decision:
    """Answer a request for which nothing was found. Raises SearchIncomplete,
    OutcomeContradictsFindings, CaseMovedOn.
    """
    judgement = Judgement(right=Right(case.right), outcome=Outcome.NOTHING_HELD)
    draft = decision_letter(case=case, judgement=judgement, by=by)
    with transaction.atomic():
        locked = locked_case(case, _AT_WORK)
        require_mandate(locked)
        _require_searched(locked, judgement.outcome)
        return _settle(locked, judgement, draft=draft, proposal=None, by=by, at=at)


def _require_ready(case: Case, judgement: Judgement, *, identity_checked: bool) -> None:
    """Raise unless the judgement holds together and fits what was found and done."""
    check(judgement, choice=case.choice)
    if judgement.outcome not in _ON_THE_DATA:
        return
    if not identity_checked:
        raise IdentityNotChecked
    require_mandate(case)
    if judgement.right is Right.COMPLAINT:  # it is about what we do, not about what we hold
        return
    _require_searched(case, judgement.outcome)
    if judgement.right is Right.RECTIFICATION:
        _require_settled_corrections(case, judgement.outcome)


def _require_searched(case: Case, outcome: Outcome) -> None:
    units = case.collection_units
    if not units.exists() or units.exclude(status=Status.DONE).exists():
        raise SearchIncomplete
    if (found_rows(case) == 0) != (outcome is Outcome.NOTHING_HELD):
        raise OutcomeContradictsFindings


def _require_settled_corrections(case: Case, outcome: Outcome) -> None:
    corrections = list(case.corrections.only("status", "has_conflict"))
    if any(one.status != Status.DONE for one in corrections):
        raise CorrectionsOpen
    if outcome is Outcome.GRANTED and all(one.has_conflict for one in corrections):
        raise OutcomeContradictsFindings


def _settle(
    case: Case,
    judgement: Judgement,
    *,
    draft: LetterDraft,
    proposal: Proposal | None,
    by: User,
    at: datetime,
) -> Decision:
    """Decide, carry out, answer and tell: one transaction of the caller."""
    actor = Actor.staff(by.pk)
    _require_nothing_ordered(case, judgement)
    decision = Decision.objects.create(
        case=case,
        outcome=judgement.outcome.value,
        grounds=[ground.value for ground in judgement.grounds],
        message=reasons_in(draft),
        identity_checked=judgement.outcome in _ON_THE_DATA,
        proposal=proposal,
        decided_by=by,
        decided_at=at,
    )
    move(case=case, event=Event.DECIDE, by=actor, at=at, data={"outcome": decision.outcome})
    move(case=case, event=Event.FULFIL, by=actor, at=at)
    done = _carry_out(case, judgement, by=by, at=at)
    forget_findings(case, by=actor, at=at)
    forget_plan(reference=erasure_reference(case), by=actor, at=at)
    case.corrections.filter(ordered_at__isnull=True).delete()
    move(case=case, event=Event.ANSWER, by=actor, at=at)
    note_corrections(case=case, at=at)
    told = send_done(case=case, at=at) if judgement.outcome in EFFECTIVE else None
    send_letter(case=case, draft=_with(draft, done), by=by, at=at, message=told)
    return decision


def _carry_out(case: Case, judgement: Judgement, *, by: User, at: datetime) -> tuple[Passage, ...]:
    effects = EFFECTS if judgement.outcome in EFFECTIVE else REFUSED_EFFECTS
    effect = effects.get(judgement.right)
    if effect is None:
        return ()
    with translation.override(case.language), timezone.override(case.entity.tz):
        return effect(case=case, judgement=judgement, by=by, at=at)


def _require_nothing_ordered(case: Case, judgement: Judgement) -> None:
    """A correction that is ordered may be written at any moment: it cannot be refused any more."""
    unfinished = case.corrections.filter(ordered_at__isnull=False).exclude(status=Status.DONE)
    if judgement.right is Right.RECTIFICATION and unfinished.exists():
        raise CorrectionsOpen


def reasons_in(draft: LetterDraft) -> str:
    """Return staff's own words in a letter, as adjusted."""
    return "\n\n".join(one.text for one in draft.passages if one.adjustable and not one.is_blank)


def _with(draft: LetterDraft, done: tuple[Passage, ...]) -> LetterDraft:
    """Put what was carried out behind what was decided."""
    if not done:
        return draft
    place = next(n for n, one in enumerate(draft.passages) if one.part is Part.DECIDED) + 1
    passages = (*draft.passages[:place], *done, *draft.passages[place:])
    return LetterDraft(
        kind=draft.kind,
        title=draft.title,
        subject=draft.subject,
        passages=passages,
        adverse=draft.adverse,
    )
