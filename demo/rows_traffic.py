"""Rows of calls and SMS, in the order of time, so that each month's partition is filled once.

These tables are by far the largest: what is the same for many rows is made once a block.
"""

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from demo.copying import Row
from demo.people import YEARS_BACK, Customer, customer_ids_on, first_day, invent_phone
from demo.personas import ILZE, KRISTJAN, MALGORZATA, OLIVER
from demo.rows_customers import Plan, people_of
from demo.words import MIX

BLOCK = 500
ACTIVE_IN_A_BLOCK = 25
OTHER_PARTIES = 20_000
# The first and the last rows belong to fixed customers, so that they are never without any.
FIXED_AT_EACH_END = 44
GROWTH = 0.7
_DAY = 86_400
_OPENS, _OPEN_SHARE = 6 * 3600, 14 / 24
_EXAMPLE_NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.")  # RFC 5737


@dataclass(frozen=True)
class Span:
    """The time in which traffic flowed, in seconds of the epoch; traffic grew over the years."""

    start: int
    seconds: int

    @classmethod
    def of(cls, today: date) -> "Span":
        start = int(datetime.combine(first_day(today), time(), UTC).timestamp())
        end = int(datetime.combine(today, time(), UTC).timestamp())
        return cls(start, end - start)

    def second(self, share: float) -> int:
        """The second by which that share of all traffic had passed, moved into opening hours."""
        day, second = divmod(int(self.seconds * share**GROWTH), _DAY)
        return self.start + day * _DAY + _OPENS + int(second * _OPEN_SHARE)


def sms_count(plan: Plan) -> int:
    return plan.calls // 4


def call_rows(plan: Plan) -> Iterator[Row]:
    """Exactly `plan.calls` rows; the old switch wrote 00 before a number, the new one +."""
    new_switch = _midnight(date(plan.today.year - YEARS_BACK + 4, 1, 1))
    for number, second, customer_id, own, other, bits in _traffic(plan, "calls", plan.calls):
        prefix = "+" if second >= new_switch else "00"
        duration = (bits & 1023) * (bits >> 10 & 3)
        outbound = bits >> 12 & 1
        own_number, other_number = prefix + own, prefix + other
        yield (
            number,
            datetime.fromtimestamp(second, UTC),
            customer_id,
            "outbound" if outbound else "inbound",
            own_number if outbound else other_number,
            other_number if outbound else own_number,
            duration,
            f"{duration * 0.0003:.4f}" if outbound else "0",
            _ip(bits >> 13) if outbound else None,
        )


def sms_rows(plan: Plan) -> Iterator[Row]:
    """A quarter as many messages as calls; the message centre writes bare digits."""
    for number, second, customer_id, own, other, bits in _traffic(plan, "sms", sms_count(plan)):
        outbound = bits & 3
        parts = 1 + (bits >> 2 & 1)
        yield (
            number,
            datetime.fromtimestamp(second, UTC),
            customer_id,
            "outbound" if outbound else "inbound",
            own if outbound else other,
            other if outbound else own,
            parts,
            f"{parts * 0.042:.4f}" if outbound else "0",
            _ip(bits >> 3) if outbound else None,
        )


@dataclass(frozen=True)
class _Line:
    """A customer's numbers (digits) while they are a customer: up to the second `until`."""

    customer_id: int
    numbers: tuple[str, ...]
    until: int

    @classmethod
    def of(cls, customer: Customer) -> "_Line":
        until = _midnight(customer.ended_on) if customer.ended_on else sys.maxsize
        return cls(customer.id, tuple(person.phone[1:] for person in people_of(customer)), until)


def _traffic(plan: Plan, table: str, count: int) -> Iterator[tuple[int, int, int, str, str, int]]:
    """Number, second, customer, own and other digits, and 32 random bits, `count` times."""
    rng = plan.rng(table)
    span = Span.of(plan.today)
    others = _other_parties(rng)
    fixed = [_Line.of(customer) for customer in plan.fixed if customer.ended_on is None]
    for start in range(0, count, BLOCK):
        active = _active_lines(plan, rng, span.second(start / count))
        for number in range(start, min(start + BLOCK, count)):
            at_an_end = number < FIXED_AT_EACH_END or number >= count - FIXED_AT_EACH_END
            bits = rng.getrandbits(64)
            second = span.second((number + 0.5) / count)
            line = active[(bits >> 32) % len(active)]
            if at_an_end or second >= line.until:
                line = fixed[number % len(fixed)]
            own = line.numbers[bits % len(line.numbers)]
            other = others[(bits >> 40) % OTHER_PARTIES]
            yield number + 1, second, line.customer_id, own, other, bits & 0xFFFFFFFF


def _active_lines(plan: Plan, rng: random.Random, second: int) -> list[_Line]:
    day = datetime.fromtimestamp(second, UTC).date()
    newest = customer_ids_on(day, plan.customers, plan.today)
    drawn = (plan.customer(rng.randint(1, newest)) for _ in range(ACTIVE_IN_A_BLOCK))
    return [_Line.of(customer) for customer in drawn]


def _other_parties(rng: random.Random) -> list[str]:
    """Digits of people who are called or call; a few are customers themselves."""
    numbers = [invent_phone(rng.choice(MIX), 900_000 + index)[1:] for index in range(OTHER_PARTIES)]
    for place, person in enumerate((MALGORZATA, KRISTJAN, ILZE, OLIVER)):
        numbers[place * 2 : place * 2 + 2] = [person.phone[1:]] * 2
    return numbers


def _ip(bits: int) -> str:
    return f"{_EXAMPLE_NETWORKS[bits % 3]}{1 + (bits >> 2) % 254}"


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
