"""Invented people and companies, and the many ways in which systems write the same identifier."""

import random
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from demo.words import MIX, Lexicon

YEARS_BACK = 9
# The named personas and controllers hold the first customer numbers; invented customers follow.
FIRST_INVENTED_ID = 12
# Multiplying by a number coprime to ten walks through every phone number before one repeats.
_SCATTER = 7_368_787
_NOT_DECOMPOSED = str.maketrans("łŁ", "lL")


@dataclass(frozen=True)
class Person:
    """Someone with the two addresses and the phone (E.164) by which systems know them."""

    name: str
    email: str
    second_email: str
    phone: str
    language: str


@dataclass(frozen=True)
class Customer:
    """A customer of the telephony company: a person or a company with its contact people."""

    id: int
    kind: str
    entity: str
    company_name: str
    registration_code: str | None
    person: Person
    colleagues: tuple[Person, ...]
    job_titles: tuple[str, ...]
    address: tuple[str, str, str, str]
    since: date
    ended_on: date | None

    @property
    def number(self) -> str:
        return f"AP-{100_000 + self.id}"

    @property
    def name(self) -> str:
        return self.company_name or self.person.name

    @property
    def email(self) -> str:
        """A private customer's own address; a company's office, which is nobody's in person."""
        return (
            f"office-{self.number.lower()}@firma.example"
            if self.company_name
            else self.person.email
        )

    @property
    def office_phone(self) -> str:
        """A company's land line, which is nobody's in person."""
        lead = {"PL": "+48225", "EE": "+37260", "LV": "+371675"}[self.entity]
        length = {"PL": 12, "EE": 11, "LV": 12}[self.entity]
        return f"{lead}{self.id % 10 ** (length - len(lead)):0{length - len(lead)}d}"

    @property
    def contacts(self) -> tuple[Person, ...]:
        """The people at a company; a private customer has none."""
        return (self.person, *self.colleagues) if self.kind == "company" else ()


def first_day(today: date) -> date:
    """The first day of the month, nine years back: where the company's history begins."""
    return date(today.year - YEARS_BACK, today.month, 1)


def happens(rng: random.Random, share: float) -> bool:
    """True in about that share of all cases."""
    return rng.random() < share


def plain(text: str) -> str:
    """Lower-case letters and digits without diacritics, for addresses: Łukasz gives lukasz."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_NOT_DECOMPOSED))
    return "".join(letter for letter in decomposed.lower() if letter.isascii() and letter.isalnum())


def invent_person(rng: random.Random, lexicon: Lexicon, index: int) -> Person:
    """A person of the lexicon's language; `index` makes addresses and phone their own."""
    given_names, surnames = rng.choice((lexicon.women, lexicon.men))
    given, surname = rng.choice(given_names), rng.choice(surnames)
    local, tag = f"{plain(given)}.{plain(surname)}", f"{index:x}"
    return Person(
        name=f"{given} {surname}",
        email=f"{local}{tag}@{rng.choice(lexicon.domains)}",
        second_email=f"{plain(given)[0]}{plain(surname)}{tag}@mail.example",
        phone=invent_phone(lexicon, index),
        language=lexicon.language,
    )


def invent_phone(lexicon: Lexicon, index: int) -> str:
    """A mobile number of the lexicon's country in E.164, its own for each index."""
    lead = lexicon.mobile[index % len(lexicon.mobile)]
    room = lexicon.mobile_length - len(lead)
    return f"+{lexicon.calling_code}{lead}{index * _SCATTER % 10**room:0{room}d}"


@lru_cache(maxsize=4096)
def invent_customer(seed: int, customer_id: int, customers: int, today: date) -> Customer:
    """Customer number `customer_id` of `customers`; numbers rise with the day of joining.

    The same arguments give the same customer, so that no table has to remember another.
    """
    rng = random.Random(f"{seed}:customer:{customer_id}")
    lexicon = rng.choice(MIX)
    is_company = happens(rng, 0.55)
    city, postcode = rng.choice(lexicon.places)
    since = _joined_on(customer_id, customers, today)
    colleagues = tuple(
        invent_person(rng, lexicon, customer_id * 8 + place)
        for place in range(1, rng.randint(1, 3) if is_company else 1)
    )
    trade = f"{rng.choice(lexicon.trades)} {rng.choice(lexicon.company_forms)}"
    return Customer(
        id=customer_id,
        kind="company" if is_company else "person",
        entity=lexicon.entity,
        company_name=trade if is_company else "",
        registration_code=str(10_000_000 + customer_id * 37) if is_company else None,
        person=invent_person(rng, lexicon, customer_id * 8),
        colleagues=colleagues,
        job_titles=lexicon.job_titles,
        address=(
            f"{rng.choice(lexicon.streets)} {rng.randint(1, 140)}",
            postcode,
            city,
            lexicon.country,
        ),
        since=since,
        ended_on=_left_on(rng, since, today),
    )


def _joined_on(customer_id: int, customers: int, today: date) -> date:
    first = first_day(today)
    # Nobody joined in the last month, so that every contract has had its first invoice.
    span = (today - first).days - 31
    return first + timedelta(days=span * customer_id // (customers + 1))


def _left_on(rng: random.Random, since: date, today: date) -> date | None:
    left = since + timedelta(days=rng.randint(90, 3000))
    stays = happens(rng, 0.65)
    return None if stays or left >= today else left


def customer_ids_on(day: date, customers: int, today: date) -> int:
    """The highest customer number given out by that day."""
    first = first_day(today)
    span = (today - first).days - 31
    elapsed = (day - first).days
    return min(customers, max(FIRST_INVENTED_ID, elapsed * (customers + 1) // span))


def spell_email(rng: random.Random, email: str) -> str:
    """The address as someone typed it: the case differs, the mailbox does not."""
    local, domain = email.split("@")
    return rng.choice(
        (
            email,
            email,
            email,
            email.upper(),
            f"{'.'.join(part.capitalize() for part in local.split('.'))}@{domain}",
            f"{local}@{domain.capitalize()}",
        )
    )


def spell_phone(rng: random.Random, phone: str) -> str:
    """The E.164 number as someone typed it: spaces, dashes, brackets, 00, or no country code."""
    code, national = _split(phone)
    triples = _grouped(national)
    return rng.choice(
        (
            phone,
            f"+{code} {' '.join(triples)}",
            f"00{code}{national}",
            f"{code}{national}",
            "-".join(triples),
            " ".join(triples),
            f"(+{code}) {'-'.join(triples)}",
            f"+{code}/{'.'.join(triples)}",
        )
    )


def _split(phone: str) -> tuple[str, str]:
    code = "48" if phone.startswith("+48") else phone[1:4]
    return code, phone[1 + len(code) :]


def _grouped(national: str) -> tuple[str, ...]:
    step = 4 if len(national) % 4 == 0 else 3
    return tuple(national[start : start + step] for start in range(0, len(national), step))
