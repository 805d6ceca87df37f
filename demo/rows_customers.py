"""Rows of customers, contacts and what they are billed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property

from demo.copying import Row
from demo.people import (
    FIRST_INVENTED_ID,
    Customer,
    Person,
    happens,
    invent_customer,
    spell_email,
    spell_phone,
)
from demo.personas import fixed_customers
from demo.texts import SERVICES

SEED = 1  # of the demonstration as it starts
QUARTER = timedelta(days=91)
LONG_ENOUGH_TO_CHANGE = 360  # days
_VAT = {"PL": Decimal("0.23"), "EE": Decimal("0.24"), "LV": Decimal("0.21")}
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Plan:
    """How much to invent; equal plans give equal rows."""

    customers: int
    calls: int
    seed: int
    today: date

    def rng(self, table: str) -> random.Random:
        """A table's own source of chance, so that no table changes another."""
        return random.Random(f"{self.seed}:{table}")

    @cached_property
    def fixed(self) -> tuple[Customer, ...]:
        return fixed_customers(self.today)

    def customer(self, customer_id: int) -> Customer:
        """Customer by id, 1 to `customers`."""
        if customer_id < FIRST_INVENTED_ID:
            return self.fixed[customer_id - 1]
        return invent_customer(self.seed, customer_id, self.customers, self.today)

    def all_customers(self) -> Iterator[Customer]:
        return (self.customer(number) for number in range(1, self.customers + 1))


@dataclass(frozen=True)
class Contract:
    """One agreement on a service; a customer's second follows the first."""

    id: int
    customer: Customer
    service: str
    monthly_fee: Decimal
    started_on: date
    ended_on: date | None


def moment(rng: random.Random, day: date) -> datetime:
    """An instant within the working hours of a day, in UTC."""
    return datetime.combine(day, time(6), UTC) + timedelta(seconds=rng.randrange(36_000))


def people_of(customer: Customer) -> tuple[Person, ...]:
    """Those who deal with us for a customer."""
    return customer.contacts or (customer.person,)


def customer_rows(plan: Plan) -> Iterator[Row]:
    rng = plan.rng("customers")
    for customer in plan.all_customers():
        private = customer.kind == "person"
        yield (
            customer.id,
            customer.number,
            customer.kind,
            customer.entity,
            customer.name,
            customer.registration_code,
            spell_email(rng, customer.email),
            customer.person.second_email if private else None,
            spell_phone(rng, customer.person.phone) if private else customer.office_phone,
            *customer.address,
            customer.person.language,
            moment(rng, customer.since),
        )


def contact_rows(plan: Plan) -> Iterator[Row]:
    rng = plan.rng("contacts")
    number = 0
    for customer in plan.all_customers():
        for person in customer.contacts:
            number += 1
            yield (
                number,
                customer.id,
                person.name,
                rng.choice(customer.job_titles),
                spell_email(rng, person.email),
                spell_phone(rng, person.phone),
                customer.address[3],
                person.language,
                moment(rng, customer.since),
            )


def contracts(plan: Plan) -> Iterator[Contract]:
    """Every contract in the order of its id; one in five customers changed service once."""
    rng = plan.rng("contracts")
    number = 0
    for customer in plan.all_customers():
        changed_on = _changed_on(rng, customer, plan.today)
        terms = [(customer.since, changed_on or customer.ended_on)]
        if changed_on:
            terms.append((changed_on, customer.ended_on))
        for started_on, ended_on in terms:
            number += 1
            fee = Decimal(rng.choice((9, 12, 19, 29, 49, 99))) + Decimal("0.90")
            yield Contract(number, customer, rng.choice(SERVICES), fee, started_on, ended_on)


def _changed_on(rng: random.Random, customer: Customer, today: date) -> date | None:
    days = ((customer.ended_on or today) - customer.since).days
    changes = happens(rng, 0.2) and days > LONG_ENOUGH_TO_CHANGE
    return customer.since + timedelta(days=rng.randrange(180, days - 90)) if changes else None


def contract_rows(plan: Plan) -> Iterator[Row]:
    for contract in contracts(plan):
        yield (
            contract.id,
            contract.customer.id,
            f"L-{contract.started_on.year}-{contract.id:06d}",
            contract.service,
            contract.monthly_fee,
            "EUR",
            contract.started_on,
            contract.ended_on,
        )


@dataclass(frozen=True)
class Invoice:
    """What one quarter of a contract cost."""

    id: int
    contract: Contract
    issued_on: date
    net: Decimal
    vat: Decimal

    @property
    def number(self) -> str:
        return invoice_number(self.id, self.issued_on)


def invoice_number(invoice_id: int, issued_on: date) -> str:
    return f"AF/{issued_on.year}/{invoice_id:07d}"


def invoices(plan: Plan) -> Iterator[Invoice]:
    """Every invoice in the order of its id, a month after the start and then each quarter."""
    rng = plan.rng("invoices")
    number = 0
    for contract in contracts(plan):
        issued_on = contract.started_on + timedelta(days=30)
        while issued_on <= min(contract.ended_on or plan.today, plan.today):
            number += 1
            net = contract.monthly_fee * 3 + Decimal(rng.randrange(0, 9000)).scaleb(-2)
            vat = (net * _VAT[contract.customer.entity]).quantize(_CENT)
            yield Invoice(number, contract, issued_on, net, vat)
            issued_on += QUARTER


def invoice_rows(plan: Plan) -> Iterator[Row]:
    for invoice in invoices(plan):
        customer = invoice.contract.customer
        street, postcode, city, country = customer.address
        yield (
            invoice.id,
            customer.id,
            invoice.contract.id,
            invoice.number,
            f"{customer.name}, {street}, {postcode} {city}, {country}",
            invoice.issued_on,
            invoice.issued_on + timedelta(days=14),
            invoice.net,
            invoice.vat,
            "EUR",
        )


def payment_rows(plan: Plan) -> Iterator[Row]:
    """One payment an invoice; the newest invoices are not paid yet, a few were paid in two."""
    rng = plan.rng("payments")
    number = 0
    for invoice in invoices(plan):
        paid_on = invoice.issued_on + timedelta(days=rng.randrange(1, 40))
        total = invoice.net + invoice.vat
        first = (total / 2).quantize(_CENT) if happens(rng, 0.03) else total
        for part in (first, total - first):
            if paid_on > plan.today or not part:
                continue
            number += 1
            customer = invoice.contract.customer
            payer = customer.person.name if customer.kind == "person" else customer.name
            yield number, invoice.id, payer, paid_on, part, "EUR", invoice.number
