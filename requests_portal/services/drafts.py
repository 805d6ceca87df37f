"""The half-filled form: kept encrypted for a day, so that a lost signal loses no answers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from requests_portal.domain.intake import Intake
from requests_portal.domain.porting import Target, Wish
from requests_portal.domain.representing import Authority, Representation
from requests_portal.domain.rights import Channel, Right
from requests_portal.models import IntakeDraft

DRAFT_LIFETIME = timedelta(days=1)
#: Who answers people outside the three countries: the head company.
_ENTITY_ELSEWHERE = "EE"


def save_answer(
    *, draft_id: UUID | None, right: Right, answers: dict[str, str], at: datetime
) -> IntakeDraft:
    """Add answers to the draft, or begin one. Who turns to another right keeps the answers."""
    known = IntakeDraft.objects.filter(id=draft_id).first() if draft_id else None
    draft = known or IntakeDraft()
    draft.right = right.value
    draft.answers = {**draft.answers, **answers}
    draft.updated_at = at
    draft.save()
    return draft


def intake_of(draft: IntakeDraft, *, language: str, at: datetime) -> Intake:
    """Turn a complete draft into an intake received now."""
    answers: dict[str, str] = draft.answers
    country = answers["country"]
    return Intake(
        right=Right(draft.right),
        channel=Channel.PORTAL,
        language=language,
        entity_code=_ENTITY_ELSEWHERE if country == "other" else country,
        received_at=at,
        name=answers["name"],
        email=answers["email"],
        phone=answers.get("phone", ""),
        customer_number=answers.get("customer_number", ""),
        about=answers.get("about", ""),
        choice=answers.get(f"{draft.right}_choice", ""),
        tell_when_gone=answers.get("tell_when_gone") == "yes",
        representation=_representation(answers),
        porting=_porting(answers),
    )


def _porting(answers: Mapping[str, str]) -> Wish | None:
    if "target" not in answers:
        return None
    return Wish(
        target=Target(answers["target"]),
        company=answers.get("company", ""),
        url=answers.get("company_url", ""),
    )


def _representation(answers: Mapping[str, str]) -> Representation | None:
    """Return for whom somebody speaks; None for themselves."""
    for_whom = answers.get("for_whom", "")
    if for_whom not in {one.value for one in Authority}:
        return None
    return Representation(
        authority=Authority(for_whom),
        name=answers["person_name"],
        email=answers.get("person_email", ""),
        statement=answers["statement"],
    )


def remove_stale_drafts(*, at: datetime) -> int:
    """Delete drafts nobody has touched for a day; return how many."""
    deleted, _by_model = IntakeDraft.objects.filter(updated_at__lt=at - DRAFT_LIFETIME).delete()
    return deleted
