"""The people with fixed names whom a newcomer may search for, and the controllers we serve.

All addresses are under names reserved for examples (RFC 2606).
"""

from dataclasses import dataclass
from datetime import date

from demo.people import Customer, Person, first_day


@dataclass(frozen=True)
class Persona:
    """A fixed person and one sentence on why to try them."""

    person: Person
    customer_number: str
    entity: str
    why: str


@dataclass(frozen=True)
class Agreement:
    """A data processing agreement with a customer who is the controller (Art. 28)."""

    reference: str
    customer_id: int
    company: str
    entity: str
    contact: Person
    job_title: str
    signed_on: date
    ended_on: date | None
    months: int


MALGORZATA = Person(
    name="Małgorzata Wiśniewska",
    email="malgorzata.wisniewska@example.com",
    second_email="m.wisniewska@poczta.example",
    phone="+48601234567",
    language="pl",
)
KRISTJAN = Person(
    name="Kristjan Tõnisson",
    email="kristjan.tonisson@example.com",
    second_email="ktonisson@post.example",
    phone="+37251234567",
    language="et",
)
ILZE = Person(
    name="Ilze Bērziņa",
    email="ilze.berzina@example.com",
    second_email="ilze@pasts.example",
    phone="+37129123456",
    language="lv",
)
OLIVER = Person(
    name="Oliver Whitfield",
    email="oliver.whitfield@example.com",
    second_email="o.whitfield@mail.example",
    phone="+37253456789",
    language="en",
)
MARTA = Person(
    name="Marta Zielińska",
    email="marta.zielinska@example.com",
    second_email="marta@kwiatypolne.example",
    phone="+48602345678",
    language="pl",
)
ANDRIS = Person(
    name="Andris Kalniņš",
    email="andris.kalnins@example.com",
    second_email="akalnins@pasts.example",
    phone="+37129765432",
    language="lv",
)
# Another person: same name, one dot less, the next phone number.
NAMESAKE = Person(
    name="Małgorzata Wiśniewska",
    email="malgorzatawisniewska@example.com",
    second_email="wisniewska.m@poczta.example",
    phone="+48601234568",
    language="pl",
)

PERSONAS = (
    Persona(MALGORZATA, "AP-100001", "PL", "private customer, in every part of the platform"),
    Persona(KRISTJAN, "AP-100002", "EE", "private customer, in every part of the platform"),
    Persona(ILZE, "AP-100003", "LV", "private customer whose contract has ended"),
    Persona(OLIVER, "AP-100004", "EE", "private customer who writes in English"),
    Persona(MARTA, "", "PL", "contact of a company, Kwiaty Polne sp. z o.o."),
    Persona(ANDRIS, "", "LV", "no customer: only in data entrusted by others"),
    Persona(NAMESAKE, "AP-100006", "PL", "namesake of the first: must not turn up in her answer"),
)


def _office(name: str, email: str, phone: str, language: str) -> Person:
    return Person(name, email, email.replace("@", ".office@"), phone, language)


AGREEMENTS = (
    Agreement(
        reference="DPA-2019-004",
        customer_id=5,
        company="Kwiaty Polne sp. z o.o.",
        entity="PL",
        contact=MARTA,
        job_title="kierowniczka biura",
        signed_on=date(2019, 3, 11),
        ended_on=None,
        months=6,
    ),
    Agreement(
        reference="DPA-2020-011",
        customer_id=7,
        company="Balti Talent OÜ",
        entity="EE",
        contact=_office("Piret Kõiv", "piret.koiv@example.net", "+37251000107", "et"),
        job_title="personalijuht",
        signed_on=date(2020, 9, 1),
        ended_on=None,
        months=3,
    ),
    Agreement(
        reference="DPA-2021-002",
        customer_id=8,
        company="Põhja Kindlustus AS",
        entity="EE",
        contact=_office("Tõnu Raudsepp", "tonu.raudsepp@example.net", "+37251000108", "et"),
        job_title="andmekaitsespetsialist",
        signed_on=date(2021, 1, 18),
        ended_on=None,
        months=12,
    ),
    Agreement(
        reference="DPA-2021-017",
        customer_id=9,
        company="Klinika Jasna sp. z o.o.",
        entity="PL",
        contact=_office("Łucja Ćwiklińska", "lucja.cwiklinska@example.net", "+48602000109", "pl"),
        job_title="kierowniczka rejestracji",
        signed_on=date(2021, 10, 4),
        ended_on=None,
        months=6,
    ),
    Agreement(
        reference="DPA-2022-008",
        customer_id=10,
        company="Daugavas Auto SIA",
        entity="LV",
        contact=_office("Ģirts Ābols", "girts.abols@example.net", "+37129000110", "lv"),
        job_title="klientu apkalpošanas vadītājs",
        signed_on=date(2022, 5, 23),
        ended_on=None,
        months=12,
    ),
    Agreement(
        reference="DPA-2020-003",
        customer_id=11,
        company="Liepājas Enerģija SIA",
        entity="LV",
        contact=_office("Baiba Kļaviņa", "baiba.klavina@example.net", "+37129000111", "lv"),
        job_title="mārketinga vadītāja",
        signed_on=date(2020, 2, 3),
        ended_on=date(2026, 3, 31),
        months=12,
    ),
)
_ADDRESSES = {
    "PL": ("ul. Długa 17", "31-146", "Kraków", "PL"),
    "EE": ("Rüütli tänav 8", "51007", "Tartu", "EE"),
    "LV": ("Krišjāņa Barona iela 21", "LV-1011", "Rīga", "LV"),
}
_PRIVATE = {1: MALGORZATA, 2: KRISTJAN, 3: ILZE, 4: OLIVER, 6: NAMESAKE}


def fixed_customers(today: date) -> tuple[Customer, ...]:
    """The customers with the first numbers: personas and controllers, with us for nine years."""
    private = [_private_customer(number, person, today) for number, person in _PRIVATE.items()]
    companies = [_company(agreement, today) for agreement in AGREEMENTS]
    return tuple(sorted(private + companies, key=lambda customer: customer.id))


def _private_customer(customer_id: int, person: Person, today: date) -> Customer:
    entity = {"pl": "PL", "lv": "LV"}.get(person.language, "EE")
    return Customer(
        id=customer_id,
        kind="person",
        entity=entity,
        company_name="",
        registration_code=None,
        person=person,
        colleagues=(),
        job_titles=(),
        address=_ADDRESSES[entity],
        since=first_day(today),
        ended_on=date(today.year - 1, 6, 30) if person is ILZE else None,
    )


def _company(agreement: Agreement, today: date) -> Customer:
    return Customer(
        id=agreement.customer_id,
        kind="company",
        entity=agreement.entity,
        company_name=agreement.company,
        registration_code=str(12_345_600 + agreement.customer_id),
        person=agreement.contact,
        colleagues=(),
        job_titles=(agreement.job_title,),
        address=_ADDRESSES[agreement.entity],
        since=first_day(today),
        ended_on=None,
    )
