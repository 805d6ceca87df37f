"""The company's databases as they are after seeding."""

from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest

from demo.copying import encode
from demo.rows_customers import Plan
from demo.sources import PLATFORM, SOURCES, VOICE
from tests.demo.conftest import PLAN, ask

PLATFORM_URL, VOICE_URL = "SOURCE_PLATFORM_URL", "SOURCE_VOICE_URL"


def _fingerprint(plan: Plan) -> dict[str, str]:
    return {
        name: sha256("".join(map(encode, rows(plan))).encode()).hexdigest()
        for source in SOURCES
        for name, rows in source.tables.items()
    }


def test_equal_plans_give_equal_rows_and_another_seed_gives_others() -> None:
    small = replace(PLAN, customers=40, calls=300)

    first, again, other = (
        _fingerprint(small),
        _fingerprint(replace(small)),
        _fingerprint(replace(small, seed=8)),
    )

    assert first == again
    same = {name for name in first if first[name] == other[name]}
    assert same == {"tariffs", "dpas"}


def test_counts_are_as_asked(company: dict[str, str]) -> None:
    counts = {
        name: ask(company[source.url_name], f"SELECT count(*) FROM {name}")[0][0]  # noqa: S608
        for source in SOURCES
        for name in source.tables
    }

    assert counts["customers"] == 120
    assert counts["calls"] == 1500
    assert counts["sms"] == 375
    assert counts["contact_lists"] == 24
    assert counts["contact_list_entries"] == 24 * 120
    assert counts["dpas"] == 6
    assert counts["voicebot_answers"] == 120 * 2 * 3
    assert counts["recordings"] == 75
    assert all(count for count in counts.values())


@pytest.mark.parametrize(("table", "column"), [("calls", "started_at"), ("sms", "sent_at")])
def test_traffic_lies_in_one_partition_a_month(
    company: dict[str, str], table: str, column: str
) -> None:
    partitions = ask(
        company[PLATFORM_URL],
        "SELECT inhrelid::regclass::text FROM pg_inherits "
        "WHERE inhparent = %s::regclass ORDER BY 1",
        table,
    )
    names = [name for (name,) in partitions]
    astray = ask(
        company[PLATFORM_URL],
        f"SELECT count(*) FROM {table} WHERE tableoid::regclass::text <> "  # noqa: S608
        f"'{table}_' || to_char({column} AT TIME ZONE 'UTC', 'YYYY_MM')",
    )

    assert len(names) == 9 * 12 + 2
    assert (names[0], names[-1]) == (f"{table}_2017_11", f"{table}_2026_12")
    assert astray == [(0,)]


def test_history_reaches_back_nine_years_and_not_past_today(company: dict[str, str]) -> None:
    ((oldest, newest),) = ask(
        company[PLATFORM_URL],
        "SELECT min(started_at)::date, max(started_at)::date FROM calls",
    )
    ((oldest_entry,),) = ask(company[PLATFORM_URL], "SELECT min(at)::date FROM access_log")

    assert date(2017, 11, 1) <= oldest < date(2017, 11, 20)  # type: ignore[operator]
    assert date(2026, 11, 15) <= newest < date(2026, 11, 23)  # type: ignore[operator]
    assert date(2026, 8, 24) <= oldest_entry <= date(2026, 8, 26)  # type: ignore[operator]


def test_no_traffic_runs_after_a_contract_has_ended(company: dict[str, str]) -> None:
    late = ask(
        company[PLATFORM_URL],
        "SELECT count(*) FROM calls JOIN (SELECT customer_id, "
        "max(coalesce(ended_on, 'infinity')) AS ended_on FROM contracts GROUP BY 1) last "
        "USING (customer_id) WHERE started_at > ended_on",
    )
    assert late == [(0,)]


def test_payments_never_exceed_their_invoice(company: dict[str, str]) -> None:
    wrong = ask(
        company[PLATFORM_URL],
        "SELECT count(*) FROM (SELECT invoice_id, sum(amount) AS paid FROM payments GROUP BY 1) "
        "p JOIN invoices i ON i.id = invoice_id WHERE paid > net_amount + vat_amount",
    )
    assert wrong == [(0,)]


def test_foreign_keys_are_enforced(company: dict[str, str]) -> None:
    for source in (PLATFORM, VOICE):
        for key in source.foreign_keys:
            found = ask(
                company[source.url_name],
                "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated "
                "AND conrelid = %s::regclass AND confrelid = %s::regclass",
                key.table,
                key.parent,
            )
            assert found == [(1,)], key


def test_texts_are_in_four_languages_with_their_letters(company: dict[str, str]) -> None:
    rows = ask(
        company[PLATFORM_URL],
        "SELECT language, string_agg(body, ' ') FROM support_messages GROUP BY 1",
    )
    texts = {str(language): str(text) for language, text in rows}

    assert set(texts) == {"pl", "et", "lv", "en"}
    assert set("ąęłńóśżź") & set(texts["pl"])
    assert set("õäöü") & set(texts["et"])
    assert set("āēīņšļģ") & set(texts["lv"])


def test_the_same_person_is_written_differently_in_different_tables(
    company: dict[str, str],
) -> None:
    written = ask(
        company[PLATFORM_URL],
        "SELECT phone FROM customers WHERE id = 1 "
        "UNION SELECT caller_number FROM calls WHERE customer_id = 1 AND direction = 'outbound' "
        "UNION SELECT sender_number FROM sms WHERE customer_id = 1 AND direction = 'outbound'",
    )
    forms = {str(form) for (form,) in written}

    assert {"0048601234567", "+48601234567", "48601234567"} <= forms
