import json
from pathlib import Path

import pytest

from tests.lib.commands import Ran, run_command, run_in_fresh_clone

VECTORS_FILE = Path(__file__).parent.parent / "vectors" / "retention.json"
VECTORS = json.loads(VECTORS_FILE.read_text(encoding="utf-8"))
EXPECTED = [vector["expect"] for vector in VECTORS]
CATEGORY = (
    "The category must be one of identity_billing, traffic, communications, uploaded, entrusted, "
    "logs, not "
)
MONTHS = "The DPA period must be a whole number of months from 1 to 12, not "
Capture = pytest.CaptureFixture[str]


def run(capsys: Capture, *args: str) -> Ran:
    return run_command(capsys, "retention", "explain_retention", *args)


def ask(category: str, anchor: str, *more: str, entity: str = "EE") -> tuple[str, ...]:
    return ("--category", category, "--anchor", anchor, "--entity", entity, *more)


def batch(capsys: Capture, tmp_path: Path, *items: object) -> object:
    file = tmp_path / "batch.json"
    file.write_text(json.dumps(items), encoding="utf-8")
    ran = run(capsys, "--batch", str(file))
    assert (ran.status, ran.err) == (0, "")
    return json.loads(ran.out)


def test_vectors_as_a_batch(capsys: Capture) -> None:
    ran = run(capsys, "--batch", str(VECTORS_FILE))

    assert (ran.status, ran.err) == (0, "")
    assert json.loads(ran.out) == EXPECTED


@pytest.mark.parametrize("vector", VECTORS)
def test_vectors_one_by_one(capsys: Capture, vector: dict[str, object]) -> None:
    more = []
    if "financial_year_end" in vector:
        more += ["--financial-year-end", str(vector["financial_year_end"])]
    if "dpa_months" in vector:
        more += ["--dpa-months", str(vector["dpa_months"])]
    question = ask(
        str(vector["category"]), str(vector["anchor"]), *more, entity=str(vector["entity"])
    )

    answer = json.loads(run(capsys, *question, "--json").out)

    assert answer.pop("explanation").endswith(".")
    assert answer == vector["expect"]


@pytest.mark.parametrize(
    ("question", "lines"),
    [
        (
            ask("identity_billing", "2019-07-01", "--financial-year-end", "06-30"),
            [
                "2027-07-01T00:00:00+03:00",
                (
                    "identity_billing is kept for 7 years after the end of the financial year in "
                    "which the contract ended, in local time of Europe/Tallinn, and is due for "
                    "erasure at 2027-07-01T00:00:00+03:00."
                ),
                (
                    "On an erasure request it is kept to its date: a legal obligation (Art. "
                    "17(3)(b) GDPR, Estonian Accounting Act s. 12)."
                ),
            ],
        ),
        (
            ask("traffic", "2018-12-31T22:30:00+00:00", entity="PL"),
            [
                "2026-01-01T00:00:00+01:00",
                (
                    "traffic is kept for 7 years after the end of the calendar year of the "
                    "communication, in local time of Europe/Warsaw, and is due for erasure at "
                    "2026-01-01T00:00:00+01:00."
                ),
                "On an erasure request it is kept to its date under the policy.",
                (
                    "Mind that ePrivacy Directive Art. 6 supports keeping billing data only while "
                    "a bill can be contested; a shorter period or masked digits can be chosen "
                    "for an entity."
                ),
            ],
        ),
        (
            ask("entrusted", "2026-01-31", "--dpa-months", "1"),
            [
                "2026-03-01T00:00:00+02:00",
                (
                    "entrusted is kept for 1 month after the day on which the data processing "
                    "agreement ended, in local time of Europe/Tallinn, and is due for erasure at "
                    "2026-03-01T00:00:00+02:00."
                ),
                (
                    "An erasure request is passed to the controller, and the data is erased or "
                    "returned on its instruction."
                ),
            ],
        ),
        (
            ask("logs", "2026-01-01"),
            [
                "2026-03-03T00:00:00+02:00",
                (
                    "logs is kept for 60 days after the day of the entry, in local time of "
                    "Europe/Tallinn, and is due for erasure at 2026-03-03T00:00:00+02:00."
                ),
                "On an erasure request it is kept to its date for security.",
            ],
        ),
        (
            ask("identity_billing", "running"),
            [
                "never",
                "The contract still runs, so that no end date of identity_billing is set yet.",
                (
                    "On an erasure request it is kept to its date: a legal obligation (Art. "
                    "17(3)(b) GDPR, Estonian Accounting Act s. 12)."
                ),
            ],
        ),
    ],
)
def test_words_say_until_when_and_why(
    capsys: Capture, question: tuple[str, ...], lines: list[str]
) -> None:
    assert run(capsys, *question) == Ran(0, "\n".join(lines) + "\n", "")


def test_running_contract_has_no_date(capsys: Capture, tmp_path: Path) -> None:
    item = {"category": "identity_billing", "anchor": None, "entity": "EE"}

    assert batch(capsys, tmp_path, item) == [{"expires_at": None}]
    single = json.loads(run(capsys, *ask("identity_billing", "running", "--json")).out)
    assert single["expires_at"] is None


def test_nulls_in_a_batch_are_as_if_left_out(capsys: Capture, tmp_path: Path) -> None:
    item = {"category": "logs", "anchor": "2026-01-01", "entity": "EE"}

    assert batch(capsys, tmp_path, item | {"financial_year_end": None, "dpa_months": None}) == [
        {"expires_at": "2026-03-03T00:00:00+02:00"}
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"category": "cookies"}, f"{CATEGORY}'cookies'."),
        ({"category": {}}, f"{CATEGORY}{{}}."),
        ({"entity": "ee"}, "The entity must be one of EE, LV, PL, not 'ee'."),
        (
            {"anchor": None},
            (
                "Only identity_billing can be without an anchor, while its contract runs; "
                "entrusted needs one."
            ),
        ),
        ({"anchor": 2026}, "The anchor must be an ISO 8601 date or date and time in text."),
        (
            {"anchor": "2026-02-30"},
            "The anchor must be an ISO 8601 date or date and time, not '2026-02-30'.",
        ),
        (
            {"anchor": "2026-01-31T10:00:00"},
            (
                "The anchor needs a UTC offset, such as 2026-03-05T10:00:00+02:00, but "
                "2026-01-31T10:00:00 has none."
            ),
        ),
        ({"anchor": "9999-12-31"}, "The anchor lies outside the years that can be computed."),
        (
            {"anchor": "0001-01-01T00:00:00+02:00"},
            "The anchor lies outside the years that can be computed.",
        ),
        ({"dpa_months": 13}, f"{MONTHS}13."),
        ({"dpa_months": 0}, f"{MONTHS}0."),
        ({"dpa_months": "6"}, f"{MONTHS}'6'."),
        ({"dpa_months": 6.0}, f"{MONTHS}6.0."),
        ({"dpa_months": True}, f"{MONTHS}True."),
        (
            {"dpa_months": None},
            "Entrusted data needs the period of its DPA, 1 to 12 months.",
        ),
        (
            {"category": "logs"},
            "A DPA period belongs to entrusted data only, not to logs.",
        ),
        (
            {"financial_year_end": "30.06."},
            "The financial year end must be written MM-DD, such as 06-30, not '30.06.'.",
        ),
        (
            {"financial_year_end": "02-30"},
            "No financial year ends on month 2, day 30.",
        ),
        (
            {"dpa_month": 6},
            "The item has the unknown key 'dpa_month'; dpa_months is known.",
        ),
    ],
)
def test_bad_item_in_a_batch_is_an_error_in_its_place(
    capsys: Capture, tmp_path: Path, change: dict[str, object], sentence: str
) -> None:
    good = {"category": "entrusted", "anchor": "2026-01-31", "entity": "EE", "dpa_months": 1}
    answer = {"expires_at": "2026-03-01T00:00:00+02:00"}

    assert batch(capsys, tmp_path, good, good | change, good) == [
        answer,
        {"error": sentence},
        answer,
    ]


def test_missing_anchor_is_not_a_running_contract(capsys: Capture, tmp_path: Path) -> None:
    item = {"category": "identity_billing", "entity": "EE"}

    assert batch(capsys, tmp_path, item) == [{"error": "The item needs anchor."}]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ((), "Give --category and --anchor and --entity, or --batch FILE."),
        (
            ask("cookies", "2026-01-31"),
            f"{CATEGORY}'cookies'.",
        ),
        (
            ask("logs", "31.01.2026"),
            "The anchor must be an ISO 8601 date or date and time, not '31.01.2026'.",
        ),
        (
            ask("entrusted", "2026-01-31", "--dpa-months", "13"),
            f"{MONTHS}13.",
        ),
        (
            ask("entrusted", "2026-01-31", "--dpa-months", "six"),
            f"{MONTHS}'six'.",
        ),
        (
            ask("entrusted", "2026-01-31", "--dpa-months", "-1"),
            f"{MONTHS}'-1'.",
        ),
        (
            ask("entrusted", "2026-01-31"),
            "Entrusted data needs the period of its DPA, 1 to 12 months.",
        ),
        (
            ask("logs", "2026-01-31", "--financial-year-end", "13-01"),
            "No financial year ends on month 13, day 1.",
        ),
        (
            ask("logs", "running"),
            (
                "Only identity_billing can be without an anchor, while its contract runs; "
                "logs needs one."
            ),
        ),
        (("--batch", "/"), "The batch '/' cannot be read: Is a directory."),
        (
            ("--batch", "-", "--dpa-months", "6"),
            "Give either --batch or --dpa-months, not both.",
        ),
        (
            ("--categ", "logs"),
            "Unrecognized arguments: --categ logs. See manage.py explain_retention --help.",
        ),
    ],
)
def test_bad_input_ends_with_2_and_one_sentence(
    capsys: Capture, args: tuple[str, ...], sentence: str
) -> None:
    assert run(capsys, *args) == Ran(2, "", f"{sentence}\n")


def test_command_needs_no_server_and_no_configuration(tmp_path: Path) -> None:
    good = run_in_fresh_clone(tmp_path, "explain_retention", "--batch", str(VECTORS_FILE))
    bad = run_in_fresh_clone(tmp_path, "explain_retention", *ask("logs", "never"))

    assert (good.status, good.err) == (0, "")
    assert json.loads(good.out) == EXPECTED
    assert bad == Ran(2, "", "The anchor must be an ISO 8601 date or date and time, not 'never'.\n")
