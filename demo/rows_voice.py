"""Rows of the voice service: answers and recordings that controllers entrusted."""

import random
from collections.abc import Iterator
from datetime import date

from demo.copying import Row
from demo.people import Person, happens, invent_person, invent_phone, spell_email, spell_phone
from demo.personas import AGREEMENTS, ANDRIS, ILZE, KRISTJAN, MALGORZATA, OLIVER, Agreement
from demo.rows_customers import Plan, moment
from demo.rows_messages import LEXICONS, day_between
from demo.texts import VOICEBOT

_RESPONDENTS_FROM = 700_000
_CALLERS_FROM = 800_000
# Who is named in what was entrusted under which agreement, by its place in AGREEMENTS.
_ANSWERING: dict[int, tuple[Person, ...]] = {
    1: (KRISTJAN, OLIVER),
    3: (MALGORZATA,),
    4: (ANDRIS,),
    5: (ILZE, ANDRIS),
}
_RECORDED: dict[int, tuple[Person, ...]] = {2: (KRISTJAN,), 3: (MALGORZATA,), 4: (ANDRIS,)}


def dpa_rows(_plan: Plan) -> Iterator[Row]:
    for agreement in AGREEMENTS:
        yield (
            agreement.reference,
            agreement.company,
            agreement.signed_on,
            agreement.ended_on,
            agreement.months,
        )


def _entrusted_on(rng: random.Random, agreement: Agreement, plan: Plan) -> date:
    return day_between(rng, agreement.signed_on, min(agreement.ended_on or plan.today, plan.today))


def voicebot_answer_rows(plan: Plan) -> Iterator[Row]:
    """Twice as many interviews as customers, three questions each."""
    rng = plan.rng("voicebot_answers")
    number = 0
    for interview in range(plan.customers * 2):
        place = interview % len(AGREEMENTS)
        agreement = AGREEMENTS[place]
        named = _ANSWERING.get(place, ())
        turn = interview // len(AGREEMENTS)
        person = (
            named[turn]
            if turn < len(named)
            else invent_person(rng, LEXICONS[agreement.entity], _RESPONDENTS_FROM + interview)
        )
        answered_on = _entrusted_on(rng, agreement, plan)
        answered_at = moment(rng, answered_on)
        phone, email = spell_phone(rng, person.phone), spell_email(rng, person.email)
        language = agreement.contact.language
        for question, answers in VOICEBOT[language]:
            number += 1
            yield (
                number,
                agreement.reference,
                f"{agreement.entity}-{answered_on:%Y-%m}",
                person.name,
                phone,
                email if happens(rng, 0.6) or turn < len(named) else None,
                {"pl": "PL", "et": "EE", "lv": "LV", "en": "EE"}[person.language],
                question,
                rng.choice(answers),
                answered_at,
            )


def recording_rows(plan: Plan) -> Iterator[Row]:
    """One recording for every twenty calls, between a controller's line and a caller."""
    rng = plan.rng("recordings")
    for number in range(1, max(plan.calls // 20, 60) + 1):
        place = number % len(AGREEMENTS)
        agreement = AGREEMENTS[place]
        named = _RECORDED.get(place, ())
        turn = number // len(AGREEMENTS)
        caller = (
            named[turn].phone
            if turn < len(named)
            else invent_phone(LEXICONS[agreement.entity], _CALLERS_FROM + number)
        )
        started_at = moment(rng, _entrusted_on(rng, agreement, plan))
        yield (
            number,
            agreement.reference,
            caller,
            plan.customer(agreement.customer_id).office_phone,
            started_at,
            rng.randrange(8, 900),
            f"{agreement.reference.lower()}/{started_at:%Y/%m}/{number:08d}.opus",
        )
