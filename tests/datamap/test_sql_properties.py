"""The person's rows, all of them and nobody else's: for any rows, spellings and joins."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datamap.connectors import connector_for
from datamap.domain.keys import SubjectKeys
from lib.identifiers import PHONE_SEPARATORS
from tests.datamap.conftest import Source
from tests.datamap.maps import CALLS, CONTRACTS, CUSTOMERS, SHOP_SQL, shop

RESOURCE = shop(CUSTOMERS, CONTRACTS, CALLS)
NUMBERS = ("+48601234567", "+48602000000", "+37251234567", "+37126123456")
HOMES = {"+48": "PL", "+372": "EE", "+371": "LV"}
EMAILS = ("anna@example.pl", "jan@example.pl", "anna@żółw.pl")
few = settings(max_examples=40, deadline=None)


def home_of(number: str) -> tuple[str, str]:
    """Return country and national part of one of NUMBERS."""
    code = next(code for code in ("+372", "+371", "+48") if number.startswith(code))
    return HOMES[code], number.removeprefix(code)


@st.composite
def written_phones(draw: st.DrawFn) -> tuple[str, str, str | None]:
    """Draw a number, a way to write it, and the country it can only be read in (None: any)."""
    number = draw(st.sampled_from(NUMBERS))
    country, national = home_of(number)
    text, needs = draw(
        st.sampled_from(
            [
                (number, None),
                ("00" + number[1:], None),
                (number[1:], None),
                (national, country),
            ]
        )
    )
    gaps = draw(
        st.lists(
            st.sampled_from(["", "", *PHONE_SEPARATORS, "  "]),
            min_size=len(text),
            max_size=len(text),
        )
    )
    written = "".join(letter + gap for letter, gap in zip(text, gaps, strict=True))
    return number, written, needs


@st.composite
def written_emails(draw: st.DrawFn) -> tuple[str, str]:
    email = draw(st.sampled_from(EMAILS))
    stored = draw(st.sampled_from([email, email.replace("żółw", "xn--w-uga1v8h")]))
    upper = draw(st.lists(st.booleans(), min_size=len(stored), max_size=len(stored)))
    # Letters beyond ASCII stay as they are: a database may not know their capitals.
    written = "".join(
        letter.upper() if up and letter.isascii() else letter
        for letter, up in zip(stored, upper, strict=True)
    )
    return email, written


people = st.fixed_dictionaries(
    {
        "email": st.none() | written_emails(),
        "phone": st.none() | written_phones(),
        "country": st.sampled_from([None, "PL", "pl", " EE", "LV"]),
        "number": st.none() | st.sampled_from(["C-1", "c-1 ", "C-2", "c-11"]),
    }
)
keyrings = st.builds(
    SubjectKeys,
    emails=st.lists(st.sampled_from(EMAILS), max_size=2, unique=True).map(tuple),
    phones=st.lists(st.sampled_from(NUMBERS), max_size=2, unique=True).map(tuple),
    customer_numbers=st.lists(st.sampled_from(["C-1", "C-2"]), max_size=1).map(tuple),
)


@pytest.fixture(scope="module")
def empty(source: Source) -> Source:
    source.run(*SHOP_SQL)
    return source


def is_theirs(person: dict[str, object], keys: SubjectKeys) -> bool:
    """Decide in plain Python what the SQL has to decide."""
    match person["email"]:
        case (email, _) if email in keys.emails:
            return True
    match person["phone"]:
        case (number, _, needs) if number in keys.phones:
            country = str(person["country"] or "").strip().upper()
            if needs in {None, country}:
                return True
    return str(person["number"] or "").strip().upper() in keys.customer_numbers


def extracted(table: str, keys: SubjectKeys, names: Iterable[str]) -> list[tuple[object, ...]]:
    with connector_for(RESOURCE).extract(RESOURCE.table(table), keys) as rows:
        return [tuple(row.values[name] for name in names) for row in rows]


@few
@given(
    persons=st.lists(people, max_size=6),
    contracts=st.lists(st.integers(0, 6), max_size=6),
    calls=st.lists(st.tuples(st.integers(0, 6), written_phones()), max_size=6),
    keys=keyrings,
)
def test_all_of_the_person_and_nobody_else(
    empty: Source,
    persons: list[dict[str, object]],
    contracts: list[int],
    calls: list[tuple[int, tuple[str, str, str | None]]],
    keys: SubjectKeys,
) -> None:
    def written(value: object) -> object:
        return value[1] if isinstance(value, tuple) else value

    empty.fill(
        "customers",
        [
            {"id": place, "password": "x", **{name: written(value) for name, value in one.items()}}
            for place, one in enumerate(persons)
        ],
    )
    empty.fill(
        "contracts",
        [{"id": place, "customer_id": owner} for place, owner in enumerate(contracts)],
    )
    empty.fill(
        "calls",
        [
            {"day": place % 2, "id": place, "contract_id": contract, "callee": callee[1]}
            for place, (contract, callee) in enumerate(calls)
        ],
    )
    own = [place for place, one in enumerate(persons) if is_theirs(one, keys)]
    own_contracts = [place for place, owner in enumerate(contracts) if owner in own]
    own_calls = sorted(
        (place % 2, place)
        for place, (contract, (number, _, needs)) in enumerate(calls)
        if contract in own_contracts or (needs is None and number in keys.phones)
    )
    assert extracted("customers", keys, ["id"]) == [(place,) for place in own]
    assert extracted("contracts", keys, ["id"]) == [(place,) for place in own_contracts]
    assert extracted("calls", keys, ["day", "id"]) == own_calls
    for name, expected in (("customers", own), ("contracts", own_contracts), ("calls", own_calls)):
        assert connector_for(RESOURCE).count(RESOURCE.table(name), keys) == len(expected)
