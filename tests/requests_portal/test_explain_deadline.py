import io
import json
import re
import sys
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from tests.lib.commands import Ran, run_command, run_in_fresh_clone

VECTORS_FILE = Path(__file__).parent.parent / "vectors" / "deadlines.json"
VECTORS = json.loads(VECTORS_FILE.read_text(encoding="utf-8"))
EXPECTED = [vector["expect"] for vector in VECTORS]

RECEIVED = ("--received-at", "2026-03-05T10:00:00+02:00")
GOOD = (*RECEIVED, "--entity", "EE")
ISO = "must be an ISO 8601 date and time such as 2026-03-05T10:00:00+02:00, not "
Capture = pytest.CaptureFixture[str]


def run(capsys: Capture, *args: str) -> Ran:
    return run_command(capsys, "requests_portal", "explain_deadline", *args)


def batch(capsys: Capture, tmp_path: Path, *items: object, more: tuple[str, ...] = ()) -> object:
    file = tmp_path / "batch.json"
    file.write_text(json.dumps(items), encoding="utf-8")
    ran = run(capsys, "--batch", str(file), *more)
    assert (ran.status, ran.err) == (0, "")
    return json.loads(ran.out)


def test_vectors_as_a_batch(capsys: Capture) -> None:
    ran = run(capsys, "--batch", str(VECTORS_FILE))

    assert (ran.status, ran.err) == (0, "")
    assert json.loads(ran.out) == EXPECTED


@pytest.mark.parametrize("vector", VECTORS)
def test_vectors_one_by_one(capsys: Capture, vector: dict[str, object]) -> None:
    spans = [f"{each['asked_at']}/{each['answered_at']}" for each in vector["suspensions"]]  # type: ignore[attr-defined]
    pauses = ["--suspension", *spans] if spans else []

    ran = run(
        capsys,
        "--received-at",
        str(vector["received_at"]),
        "--entity",
        str(vector["entity"]),
        *pauses,
        "--json",
    )

    answer = json.loads(ran.out)
    explanations = answer.pop("explanations")
    assert answer == vector["expect"]
    assert explanations.keys() == answer.keys()
    assert all(text.endswith(".") for text in explanations.values())


def test_words_say_why_each_date_is_what_it_is(capsys: Capture) -> None:
    ran = run(
        capsys,
        *("--received-at", "2026-01-31T09:00:00+01:00", "--entity", "PL"),
        *("--suspension", "2026-02-03T09:00:00+01:00/2026-02-04T09:00:00+01:00"),
    )

    assert (ran.status, ran.err) == (0, "")
    clipped = "1 month after 2026-01-31 there is no such day, so the month's last day"
    moved = "Moved by 1 day in which an answer of the person was awaited."
    assert [re.sub(" +", " ", line) for line in ran.out.splitlines()] == [
        "received_on 2026-01-31 Sat The local day of receipt; it is day zero and is not counted.",
        f"safe_on 2026-02-28 Sat {clipped}; no suspension and no weekend moves it.",
        "sla_on 2026-03-01 Sun The safe date, because it comes before the promised 30 days. "
        + moved,
        (
            f"statutory_on 2026-03-02 Mon {clipped}. {moved} "
            "2026-03-01 is a Sunday, so the next day counts."
        ),
        (
            "extended_on 2026-05-04 Mon "
            f"3 months after 2026-01-31 there is no such day, so the month's last day. {moved} "
            "2026-05-01 is a public holiday (National Day), so the next day counts. "
            "2026-05-02 is a Saturday, so the next day counts. 2026-05-03 is a Sunday and a public "
            "holiday (National Day of the Third of May), so the next day counts."
        ),
        (
            "extension_notice_by 2026-02-28 Sat The notice of an extension must be sent by the "
            "safe date."
        ),
    ]


def test_suspensions_can_be_listed_or_repeated(capsys: Capture) -> None:
    first = "2026-03-10T09:00:00+02:00/2026-03-12T09:00:00+02:00"
    second = "2026-03-20T09:00:00+02:00/2026-03-21T09:00:00+02:00"

    listed = run(capsys, *GOOD, "--json", "--suspension", first, second)
    repeated = run(capsys, *GOOD, "--json", "--suspension", first, "--suspension", second)

    assert json.loads(listed.out)["sla_on"] == "2026-04-07"
    assert repeated.out == listed.out


def test_open_suspension_counts_to_the_given_day(capsys: Capture) -> None:
    pause = ("--suspension", "2026-03-10T09:00:00+02:00/", "--today", "2026-03-15")

    assert json.loads(run(capsys, *GOOD, *pause, "--json").out)["sla_on"] == "2026-04-09"


def test_open_suspension_counts_to_the_local_day_of_now(capsys: Capture) -> None:
    pause = ("--suspension", "2026-03-10T09:00:00+02:00/", "--json")

    with time_machine.travel("2026-03-14T22:30:00+00:00", tick=False):
        tallinn = run(capsys, *GOOD, *pause)
        warsaw = run(capsys, *RECEIVED, "--entity", "PL", *pause)

    assert json.loads(tallinn.out)["sla_on"] == "2026-04-09"
    assert json.loads(warsaw.out)["sla_on"] == "2026-04-08"


@pytest.mark.parametrize("open_span", [{}, {"answered_at": None}])
def test_open_suspension_in_a_batch(
    capsys: Capture, tmp_path: Path, open_span: dict[str, None]
) -> None:
    item = {
        "received_at": "2026-03-05T10:00:00+02:00",
        "entity": "EE",
        "suspensions": [{"asked_at": "2026-03-10T09:00:00+02:00"} | open_span],
    }

    given = batch(
        capsys, tmp_path, item, item | {"today": "2026-03-11"}, more=("--today", "2026-03-15")
    )

    assert [each["sla_on"] for each in given] == ["2026-04-09", "2026-04-05"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"entity": "DE"}, "The entity must be one of EE, LV, PL, not 'DE'."),
        ({"entity": ["EE"]}, "The entity must be one of EE, LV, PL, not ['EE']."),
        ({"entity": None}, "The entity must be one of EE, LV, PL, not None."),
        ({"received_at": 5}, "The time of receipt must be an ISO 8601 date and time in text."),
        (
            {"received_at": "2026-02-30T10:00:00+02:00"},
            f"The time of receipt {ISO}'2026-02-30T10:00:00+02:00'.",
        ),
        (
            {"received_at": "2026-03-05T10:00:00"},
            (
                "The time of receipt needs a UTC offset, such as 2026-03-05T10:00:00+02:00, but "
                "2026-03-05T10:00:00 has none."
            ),
        ),
        (
            {"received_at": "0001-01-01T00:00:00+02:00"},
            "The time of receipt must lie in the years 1991 to 2099.",
        ),
        (
            {"received_at": "9999-12-31T23:59:59-12:00"},
            "The time of receipt must lie in the years 1991 to 2099.",
        ),
        ({"suspensions": {}}, "The suspensions must be a JSON list."),
        ({"suspensions": ["x"]}, "A suspension must be a JSON object, not 'x'."),
        ({"suspensions": [{}]}, "A suspension needs asked_at."),
        (
            {"suspensions": [{"asked_at": "2026-03-10T09:00:00Z", "answered_on": "2026-03-11"}]},
            "A suspension has the unknown key 'answered_on'; answered_at is known.",
        ),
        (
            {"suspensions": [{"asked_at": "2026-03-10T09:00:00Z", "answered_at": ""}]},
            f"The time of the answer {ISO}''.",
        ),
        (
            {
                "suspensions": [
                    {"asked_at": "2026-03-10T09:00:00Z", "answered_at": "2026-03-09T09:00:00Z"}
                ]
            },
            "A suspension cannot be answered before it was asked.",
        ),
        (
            {"suspensions": [{"asked_at": "2026-03-05T07:59:59Z", "answered_at": None}]},
            "A suspension cannot begin before the request was received.",
        ),
        ({"today": "soon"}, "Today must be an ISO 8601 date such as 2026-03-05, not 'soon'."),
        (
            {"suspension": []},
            "The item has the unknown key 'suspension'; suspensions is known.",
        ),
    ],
)
def test_bad_item_in_a_batch_is_an_error_in_its_place(
    capsys: Capture, tmp_path: Path, change: dict[str, object], sentence: str
) -> None:
    good = {"received_at": "2026-03-05T10:00:00+02:00", "entity": "EE"}

    assert batch(capsys, tmp_path, good, good | change, good) == [
        EXPECTED[0],
        {"error": sentence},
        EXPECTED[0],
    ]


def test_item_without_its_keys_is_an_error(capsys: Capture, tmp_path: Path) -> None:
    assert batch(capsys, tmp_path, {"entity": "EE"}, 7) == [
        {"error": "The item needs received_at."},
        {"error": "The item must be a JSON object, not 7."},
    ]


def test_batch_is_read_from_stdin(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(VECTORS_FILE.read_bytes())))

    assert json.loads(run(capsys, "--batch", "-").out) == EXPECTED


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ((), "Give --received-at and --entity, or --batch FILE."),
        (RECEIVED, "Give --entity, or --batch FILE."),
        ((*RECEIVED, "--entity", "XX"), "The entity must be one of EE, LV, PL, not 'XX'."),
        (
            ("--received-at", "2026-03-05", "--entity", "EE"),
            "The time of receipt needs a time of day and a UTC offset, not only '2026-03-05'.",
        ),
        (
            (*GOOD, "--suspension", "2026-03-10T09:00:00+02:00"),
            (
                "A suspension must be written ASKED/ANSWERED, or ASKED/ while it is open, not "
                "'2026-03-10T09:00:00+02:00'."
            ),
        ),
        (
            (*GOOD, "--suspension", "2026-03-10T09:00:00+02:00/2026-03-09T09:00:00+02:00"),
            "A suspension cannot be answered before it was asked.",
        ),
        (
            (*GOOD, "--today", "tomorrow"),
            "Today must be an ISO 8601 date such as 2026-03-05, not 'tomorrow'.",
        ),
        (
            ("--batch", str(VECTORS_FILE), "--today", "tomorrow"),
            "Today must be an ISO 8601 date such as 2026-03-05, not 'tomorrow'.",
        ),
        (
            ("--batch", "/none.json"),
            "The batch '/none.json' cannot be read: No such file or directory.",
        ),
        (("--batch", __file__), f"The batch {__file__!r} is not valid JSON in UTF-8."),
        (
            ("--batch", str(VECTORS_FILE), "--entity", "EE"),
            "Give either --batch or --entity, not both.",
        ),
        (
            ("--received-at",),
            "Argument --received-at: expected one argument. See manage.py explain_deadline --help.",
        ),
        (
            (*GOOD, "--jsn"),
            "Unrecognized arguments: --jsn. See manage.py explain_deadline --help.",
        ),
    ],
)
def test_bad_input_ends_with_2_and_one_sentence(
    capsys: Capture, args: tuple[str, ...], sentence: str
) -> None:
    assert run(capsys, *args) == Ran(2, "", f"{sentence}\n")


def test_bad_input_of_a_program_raises_a_command_error() -> None:
    with pytest.raises(CommandError, match=r"^The entity must be one of") as refusal:
        call_command("explain_deadline", received_at=RECEIVED[1], entity="XX")

    assert refusal.value.returncode == 2


def test_traceback_can_be_asked_for(capsys: Capture) -> None:
    with pytest.raises(CommandError, match=r"^The entity must be one of"):
        run(capsys, *RECEIVED, "--entity", "XX", "--traceback")


def test_command_needs_no_server_and_no_configuration(tmp_path: Path) -> None:
    good = run_in_fresh_clone(
        tmp_path, "explain_deadline", "--batch", "-", stdin=VECTORS_FILE.read_text("utf-8")
    )
    bad = run_in_fresh_clone(tmp_path, "explain_deadline", *RECEIVED, "--entity", "\udcff")

    assert (good.status, good.err) == (0, "")
    assert json.loads(good.out) == EXPECTED
    assert bad == Ran(2, "", "The entity must be one of EE, LV, PL, not '\\udcff'.\n")
