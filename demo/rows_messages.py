"""Rows of what customers wrote, uploaded, subscribed to and where they signed in."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from demo.copying import Row
from demo.people import happens, invent_person, spell_email, spell_phone
from demo.personas import AGREEMENTS, ANDRIS, MALGORZATA, OLIVER, Agreement
from demo.rows_customers import Plan, invoice_number, moment, people_of
from demo.texts import LIST_TITLES, PATHS, SERVICES, SUBSCRIPTION_SOURCES, SUPPORT
from demo.words import ESTONIA, LATVIA, POLAND, Lexicon

ACCESS_LOG_DAYS = 90
LISTS_A_CONTROLLER = 4
ENTRIES_A_LIST = 120
_STRANGERS_FROM = 500_000
LEXICONS: dict[str, Lexicon] = {"PL": POLAND, "EE": ESTONIA, "LV": LATVIA}
# Where two controllers hold data on somebody named: (agreement, list, person).
_LISTED = {
    ("DPA-2019-004", 1): MALGORZATA,
    ("DPA-2021-017", 2): MALGORZATA,
    ("DPA-2022-008", 1): ANDRIS,
    ("DPA-2020-003", 3): ANDRIS,
    ("DPA-2021-002", 0): OLIVER,
}


def day_between(rng: random.Random, start: date, end: date) -> date:
    """A day from `start` up to, not including, `end`; `start` where there is none between."""
    return start + timedelta(days=rng.randrange(max(1, (end - start).days)))


def support_message_rows(plan: Plan) -> Iterator[Row]:
    """None to five messages a customer, under either address; everyone fixed wrote at least two."""
    rng = plan.rng("support_messages")
    number = 0
    for customer in plan.all_customers():
        fewest = 2 if customer in plan.fixed else 0
        for place in range(rng.randint(fewest, 5)):
            number += 1
            person = rng.choice(people_of(customer))
            address = person.second_email if place % 2 else person.email
            written_on = day_between(rng, customer.since, customer.ended_on or plan.today)
            subject, body = rng.choice(SUPPORT[person.language])
            yield (
                number,
                None if happens(rng, 0.3) else customer.id,
                person.name,
                spell_email(rng, address),
                subject,
                body.format(
                    name=person.name,
                    number=customer.number,
                    invoice=invoice_number(rng.randrange(1, 9999), written_on),
                ),
                person.language,
                moment(rng, written_on),
            )


def _lists(plan: Plan) -> Iterator[tuple[int, int, Agreement, date]]:
    rng = plan.rng("contact_lists")
    number = 0
    for agreement in AGREEMENTS:
        for place in range(LISTS_A_CONTROLLER):
            number += 1
            end = min(agreement.ended_on or plan.today, plan.today)
            yield number, place, agreement, day_between(rng, agreement.signed_on, end)


def contact_list_rows(plan: Plan) -> Iterator[Row]:
    rng = plan.rng("contact_lists:titles")
    for number, _, agreement, uploaded_on in _lists(plan):
        person = agreement.contact
        title = rng.choice(LIST_TITLES[person.language])
        yield (
            number,
            agreement.customer_id,
            f"{title} {uploaded_on.year}",
            spell_email(rng, person.email),
            moment(rng, uploaded_on),
        )


def contact_list_entry_rows(plan: Plan) -> Iterator[Row]:
    rng = plan.rng("contact_list_entries")
    number = 0
    for list_number, place, agreement, _ in _lists(plan):
        lexicon = LEXICONS[agreement.entity]
        listed = _LISTED.get((agreement.reference, place))
        for index in range(ENTRIES_A_LIST):
            number += 1
            stranger = invent_person(rng, lexicon, _STRANGERS_FROM + number)
            person = listed if listed and index == ENTRIES_A_LIST // 2 else stranger
            knows_email = person is listed or happens(rng, 0.7)
            yield (
                number,
                list_number,
                agreement.reference,
                person.name,
                spell_phone(rng, person.phone),
                spell_email(rng, person.email) if knows_email else None,
                _country_of(person.phone),
            )


def _country_of(phone: str) -> str:
    return {"+48": "PL", "+372": "EE", "+371": "LV"}[phone[:3] if phone[:3] == "+48" else phone[:4]]


def access_log_rows(plan: Plan) -> Iterator[Row]:
    """Sign-ins and clicks of the last ninety days, in the order of time."""
    rng = plan.rng("access_log")
    accounts = [person for customer in plan.fixed for person in people_of(customer)]
    start = datetime.combine(plan.today, time(), UTC) - timedelta(days=ACCESS_LOG_DAYS)
    count = max(plan.customers * 5, len(accounts) * 8)
    step = timedelta(days=ACCESS_LOG_DAYS) / count
    for number in range(1, count + 1):
        is_fixed = number % (count // (len(accounts) * 4)) == 0
        person = (
            accounts[number % len(accounts)]
            if is_fixed
            else rng.choice(people_of(plan.customer(rng.randint(1, plan.customers))))
        )
        signs_in = happens(rng, 0.4)
        yield (
            number,
            start + step * (number - 1),
            spell_email(rng, person.email),
            f"203.0.113.{1 + hash_of(person.email) % 254}",
            "POST" if signs_in else "GET",
            PATHS[0] if signs_in else rng.choice(PATHS[1:]),
            401 if signs_in and happens(rng, 0.1) else 200,
        )


def hash_of(text: str) -> int:
    """A number that is the same in every process, unlike `hash`."""
    return sum(place * letter for place, letter in enumerate(text.encode(), start=1))


def marketing_subscriber_rows(plan: Plan) -> Iterator[Row]:
    """Half of all customers subscribed, mostly under their second address."""
    rng = plan.rng("marketing_subscribers")
    number = 0
    for customer in plan.all_customers():
        if customer not in plan.fixed and happens(rng, 0.5):
            continue
        number += 1
        person = customer.person
        consented_on = day_between(rng, customer.since, plan.today)
        withdrawn = happens(rng, 0.2)
        yield (
            number,
            spell_email(rng, person.second_email if number % 3 else person.email),
            person.name,
            person.language,
            rng.choice(SUBSCRIPTION_SOURCES),
            moment(rng, consented_on),
            moment(rng, day_between(rng, consented_on, plan.today)) + timedelta(hours=11)
            if withdrawn
            else None,
        )


def tariff_rows(_plan: Plan) -> Iterator[Row]:
    """Prices, which are nobody's personal data."""
    for number, service in enumerate(SERVICES, start=1):
        yield number, service, f"{9 + 10 * number}.90", "0.0180", "0.0420"
