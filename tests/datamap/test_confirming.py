"""A map that widens what is erased takes force when a second person confirms it."""

import shutil
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from datamap.domain.loads import LoadState
from datamap.models import MapLoad
from datamap.queries import changes_of, current_map, current_version, proposed_load
from datamap.services import load_map
from datamap.services.confirming import (
    ProposalMovedOn,
    ReasonMissing,
    SamePerson,
    confirm,
    reject,
)

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
MAP = Path(__file__).parents[2] / "demo" / "datamap"
pytestmark = pytest.mark.django_db


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return the files of a map, to be changed."""
    return Path(shutil.copytree(MAP, tmp_path / "map"))


@pytest.fixture
def engineer() -> User:
    return User.objects.create(email="engineer@example.org", name="E", roles=[Role.ENGINEER])


@pytest.fixture
def officer() -> User:
    return User.objects.create(email="officer@example.org", name="O", roles=[Role.DPO])


def load(directory: Path, user: User | None = None) -> MapLoad:
    by = Actor.staff(user.pk) if user else Actor.system("datamap")
    return load_map(directory=directory, by=by, at=AT, user=user)


def widen(directory: Path) -> None:
    """Have the map erase customers who are kept."""
    path = directory / "platform.yaml"
    text = path.read_text("utf-8")
    assert "erasure: keep" in text
    path.write_text(text.replace("erasure: keep", "erasure: delete", 1), encoding="utf-8")


def test_the_first_map_takes_force_at_once(directory: Path) -> None:
    made = load(directory)
    assert (made.state, made.before, changes_of(made)) == (LoadState.APPLIED, None, ())
    assert current_version() == made.version


def test_a_wider_map_waits_and_changes_nothing(directory: Path, engineer: User) -> None:
    first = load(directory)
    widen(directory)
    made = load(directory, engineer)
    assert (made.state, made.before) == (LoadState.PROPOSED, first.version)
    assert current_version() == first.version
    assert proposed_load() == made
    assert [(one.place[-1], one.widens) for one in changes_of(made)] == [("erasure", True)]
    (event,) = events_of("datamap", made.version.hash)
    assert (event.verb, event.actor_ref) == ("datamap.proposed", str(engineer.pk))
    assert load(directory, engineer) == made
    assert MapLoad.objects.count() == 2


def test_a_second_person_puts_it_in_force(directory: Path, engineer: User, officer: User) -> None:
    first = load(directory)
    widen(directory)
    made = load(directory, engineer)
    with pytest.raises(SamePerson):
        confirm(load=made, seen_against=first.version.hash, by=engineer, at=LATER)
    decided = confirm(load=made, seen_against=first.version.hash, by=officer, at=LATER)
    assert (decided.state, decided.decided_by, decided.decided_at) == (
        LoadState.CONFIRMED,
        officer,
        LATER,
    )
    assert current_version() == made.version
    assert current_map().resource("platform").tables[0].erasure.on_request == "delete"
    verbs = [event.verb for event in events_of("datamap", made.version.hash).order_by("id")]
    assert verbs == ["datamap.proposed", "datamap.confirmed"]
    with pytest.raises(ProposalMovedOn):
        confirm(load=made, seen_against=made.version.hash, by=officer, at=LATER)


def test_it_is_confirmed_against_the_map_it_was_shown_beside(
    directory: Path, officer: User
) -> None:
    load(directory)
    widen(directory)
    made = load(directory)
    with pytest.raises(ProposalMovedOn):
        confirm(load=made, seen_against="0" * 64, by=officer, at=LATER)
    made.refresh_from_db()
    assert made.state == LoadState.PROPOSED


def test_it_is_rejected_with_a_reason(directory: Path, engineer: User, officer: User) -> None:
    first = load(directory)
    widen(directory)
    made = load(directory, engineer)
    with pytest.raises(ReasonMissing):
        reject(load=made, reason=" ", by=officer, at=LATER)
    decided = reject(load=made, reason="They are kept by law.", by=officer, at=LATER)
    assert (decided.state, decided.reason) == (LoadState.REJECTED, "They are kept by law.")
    assert current_version() == first.version
    assert proposed_load() is None
    again = load(directory, engineer)
    assert (again.state, again.pk != made.pk) == (LoadState.PROPOSED, True)


def test_another_content_replaces_a_proposal(directory: Path, officer: User) -> None:
    first = load(directory)
    widen(directory)
    made = load(directory)
    path = directory / "platform.yaml"
    path.write_text(path.read_text("utf-8").replace("Hamina", "Oulu"), encoding="utf-8")
    second = load(directory)
    made.refresh_from_db()
    assert (made.state, second.state) == (LoadState.REPLACED, LoadState.PROPOSED)
    with pytest.raises(ProposalMovedOn):
        confirm(load=made, seen_against=first.version.hash, by=officer, at=LATER)
    back = load(MAP)  # the files in force again: nothing is proposed any more
    assert (back.state, back.version, proposed_load()) == (LoadState.APPLIED, first.version, None)


def test_the_database_refuses_the_same_person_and_a_second_proposal(
    directory: Path, engineer: User
) -> None:
    load(directory)
    widen(directory)
    made = load(directory, engineer)
    with pytest.raises(IntegrityError, match="mapload_second_person"), transaction.atomic():
        MapLoad.objects.filter(pk=made.pk).update(
            state="confirmed", decided_by=engineer, decided_at=LATER
        )
    with pytest.raises(IntegrityError, match="mapload_decided_by"), transaction.atomic():
        MapLoad.objects.filter(pk=made.pk).update(state="confirmed")
    with pytest.raises(IntegrityError, match="mapload_one_proposed"), transaction.atomic():
        MapLoad.objects.create(version=made.version, state="proposed", loaded_at=AT)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("datamap", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_what_waits(directory: Path, engineer: User) -> None:
    run("load", "--dir", str(directory))
    assert run("diff", "--dir", str(directory)) == "The files are the map in force.\n"
    path = directory / "platform.yaml"
    path.write_text(path.read_text("utf-8").replace("Hamina", "Oulu"), encoding="utf-8")
    assert run("diff", "--dir", str(directory)) == "~ platform.location\n"
    widen(directory)
    with pytest.raises(CommandError, match=r"^1 of 2 changes may let more be erased"):
        run("diff", "--dir", str(directory))
    told = run("load", "--dir", str(directory), "--by", "Engineer@example.org").splitlines()
    assert told[:2] == ["~ platform.location", "~ platform.customers.erasure  (widens)"]
    assert "waits for a second person" in told[2]
    waiting = proposed_load()
    assert waiting is not None
    assert waiting.loaded_by == engineer
    with pytest.raises(CommandError, match="names no active member"):
        run("load", "--dir", str(directory), "--by", "nobody@example.org")
