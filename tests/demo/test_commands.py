"""demo_seed, demo_load and demo_signins: what they do, say and refuse."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from accounts.models import User
from audit.models import Event
from datamap.queries import current_map
from datamap.services import read_map
from demo.loading import MAP_DIR, STAFF, demo_password
from demo.seeding import SeedingRefused, seed_source
from demo.sources import VOICE
from tests.demo.conftest import PLAN, ask

SMALL = ("--customers", "30", "--calls", "400", "--today", "2026-11-23")


@pytest.fixture
def sources(settings: Settings, empty_urls: dict[str, str], tmp_path: Path) -> dict[str, str]:
    settings.DEMO = True
    settings.VAR_DIR = tmp_path
    settings.SOURCE_URLS = empty_urls
    return empty_urls


def run(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_demo_seed_fills_both_databases_and_says_how_many_rows(sources: dict[str, str]) -> None:
    said = run("demo_seed", *SMALL)

    assert "platform.calls: 400 rows\n" in said
    assert "voice.dpas: 6 rows\n" in said
    assert ask(sources["SOURCE_PLATFORM_URL"], "SELECT count(*) FROM customers") == [(30,)]


def test_demo_seed_refuses_a_filled_database_and_changes_nothing(sources: dict[str, str]) -> None:
    run("demo_seed", *SMALL)
    with pytest.raises(CommandError) as refused:
        run("demo_seed", "--customers", "40", "--calls", "500")

    assert str(refused.value) == (
        "The database of the telephony platform already holds data. "
        "Add --reset to drop its tables and start anew."
    )
    assert ask(sources["SOURCE_PLATFORM_URL"], "SELECT count(*) FROM customers") == [(30,)]


def test_demo_seed_reset_drops_its_own_tables_alone(sources: dict[str, str]) -> None:
    url = sources["SOURCE_PLATFORM_URL"]
    run("demo_seed", *SMALL)
    ask(url, "CREATE TABLE kept AS SELECT 1 AS one")
    run("demo_seed", "--customers", "40", "--calls", "500", "--today", "2026-12-01", "--reset")

    assert ask(url, "SELECT count(*) FROM customers") == [(40,)]
    assert ask(url, "SELECT one FROM kept") == [(1,)]


def test_demo_seed_reset_refuses_when_something_depends_on_its_tables(
    sources: dict[str, str],
) -> None:
    url = sources["SOURCE_PLATFORM_URL"]
    run("demo_seed", *SMALL)
    ask(url, "CREATE VIEW foreign_view AS SELECT id FROM customers")
    with pytest.raises(CommandError, match="depends on its tables"):
        run("demo_seed", *SMALL, "--reset")

    assert ask(url, "SELECT count(*) FROM foreign_view") == [(30,)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--customers", "5"), "--customers must be from 20 to 1000000, not 5."),
        (("--calls", "-1"), "--calls must be from 200 to 100000000, not -1."),
        (("--today", "2001-01-01"), "--today must not be before 2023-01-01, not 2001-01-01."),
    ],
)
def test_demo_seed_refuses_numbers_it_cannot_meet(
    sources: dict[str, str], arguments: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(CommandError) as refused:
        run("demo_seed", *arguments)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "SOURCE_PLATFORM_URL is not set"),
        ("postgres://nobody:hidden@127.0.0.1:9/none", "does not answer at SOURCE_PLATFORM_URL"),
        ("host=127.0.0.1 colour=hidden", "SOURCE_PLATFORM_URL is not an address"),
    ],
)
def test_demo_seed_tells_what_is_wrong_with_an_address_without_showing_it(
    sources: dict[str, str], url: str, sentence: str
) -> None:
    sources["SOURCE_PLATFORM_URL"] = url
    with pytest.raises(CommandError, match=sentence) as refused:
        run("demo_seed", *SMALL)
    assert "hidden" not in str(refused.value)


def test_demo_seed_takes_a_database_whose_tables_are_empty(sources: dict[str, str]) -> None:
    url = sources["SOURCE_PLATFORM_URL"]
    ask(url, "CREATE TABLE customers (left_over text)")
    run("demo_seed", *SMALL)
    assert ask(url, "SELECT count(*) FROM customers") == [(30,)]


def test_seed_source_refuses_by_itself_what_was_filled_since_it_was_looked_at(
    company: dict[str, str],
) -> None:
    resource = read_map(MAP_DIR).resource("voice")
    with pytest.raises(SeedingRefused, match="voice service already holds data"):
        seed_source(
            VOICE,
            url=company["SOURCE_VOICE_URL"],
            plan=PLAN,
            resource=resource,
            reset=False,
            tell=print,
        )


def test_demo_seed_that_fails_leaves_the_database_as_it_was(
    sources: dict[str, str], make_database: Callable[[], str]
) -> None:
    url = sources["SOURCE_PLATFORM_URL"]
    ask(url, "CREATE TABLE calls_2020_01 (taken int)")  # the name of a partition
    with pytest.raises(Exception, match="calls_2020_01"):
        run("demo_seed", *SMALL)
    assert ask(url, "SELECT to_regclass('customers')") == [(None,)]


@pytest.mark.django_db
def test_demo_load_makes_all_ready_and_does_nothing_the_second_time(
    sources: dict[str, str], settings: Settings
) -> None:
    settings.DEMO_CUSTOMERS, settings.DEMO_CALLS = 30, 400
    first = run("demo_load")
    events = Event.objects.count()
    second = run("demo_load")

    assert first.startswith("Filled the telephony platform: ")
    assert "Created 5 demo accounts.\n" in first
    assert second == "The demonstration is ready.\n"
    assert Event.objects.count() == events
    assert [resource.id for resource in current_map().resources] == ["platform", "voice"]


@pytest.mark.django_db
def test_demo_load_creates_staff_who_can_sign_in(
    company: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    settings.DEMO, settings.VAR_DIR, settings.SOURCE_URLS = True, tmp_path, company
    run("demo_load")
    password = demo_password(tmp_path)

    assert {user.email: user.roles for user in User.objects.all()} == {
        f"{role}@demo.example": [role]
        for role in ("handler", "dpo", "security", "engineer", "auditor")
    }
    assert all(user.check_password(password) for user in User.objects.all())


@pytest.mark.django_db
def test_demo_load_leaves_a_changed_password_and_role_alone(
    company: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    settings.DEMO, settings.VAR_DIR, settings.SOURCE_URLS = True, tmp_path, company
    run("demo_load")
    user = User.objects.get(email=STAFF[0].email)
    user.set_password("something of my own")
    user.roles = ["auditor"]
    user.save()
    run("demo_load")

    user.refresh_from_db()
    assert user.check_password("something of my own")
    assert user.roles == ["auditor"]


@pytest.mark.django_db
def test_demo_load_tells_when_a_source_does_not_answer(sources: dict[str, str]) -> None:
    sources["SOURCE_VOICE_URL"] = "postgres://a:b@127.0.0.1:9/none"
    with pytest.raises(CommandError, match="voice service does not answer"):
        run("demo_load")
    assert User.objects.count() == 0


def test_demo_password_is_readable_and_the_installation_s_own(tmp_path: Path) -> None:
    password = demo_password(tmp_path / "one")

    assert demo_password(tmp_path / "one") == password
    assert demo_password(tmp_path / "two") != password
    assert [len(part) for part in password.split("-")] == [4, 4, 4, 4]


def test_demo_signins_names_staff_and_personas(settings: Settings, tmp_path: Path) -> None:
    settings.DEMO, settings.VAR_DIR = True, tmp_path
    said = run("demo_signins")

    assert f"Password of all: {demo_password(tmp_path)}\n" in said
    assert all(member.email in said for member in STAFF)
    assert "malgorzata.wisniewska@example.com" in said
    assert "/demo/mailbox/" in said


@pytest.mark.parametrize("command", ["demo_seed", "demo_load", "demo_signins"])
def test_commands_refuse_outside_the_demonstration(settings: Settings, command: str) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="in the demonstration only"):
        run(command)
