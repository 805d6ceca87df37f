import os
from pathlib import Path

import pytest
from django.db import connection

from embedded.builds import begin_fonts, build_tables, fingerprint_of, finish_fonts, manage
from embedded.refusals import StartRefused


def test_command_gives_what_it_printed() -> None:
    assert manage("version", environment=os.environ).startswith("5.2")


def test_command_that_fails_is_named_with_its_last_words() -> None:
    with pytest.raises(StartRefused) as refusal:
        manage("no_such_command", environment=os.environ)

    assert str(refusal.value).startswith("manage.py no_such_command failed:\n")
    assert "Unknown command: 'no_such_command'" in str(refusal.value)


def test_fonts_that_are_there_are_not_drawn_again(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "inter-400.woff2").touch()

    assert begin_fonts(tmp_path, os.environ) is None


def test_fonts_that_cannot_be_drawn_are_quoted(tmp_path: Path) -> None:
    (tmp_path / "fonts").write_text("in the way of the folder")

    drawing = begin_fonts(tmp_path, os.environ)
    assert drawing is not None
    with pytest.raises(StartRefused) as refusal:
        finish_fonts(drawing, tmp_path)

    assert str(refusal.value).startswith("The fonts were not drawn:\n")
    assert "FileExistsError" in str(refusal.value)


def test_fingerprint_changes_with_every_file(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("a")
    before = fingerprint_of([one, other])
    assert fingerprint_of([one, other]) == before

    one.write_text("ab")
    changed = fingerprint_of([one, other])
    other.touch()

    assert len({before, changed, fingerprint_of([one, other])}) == 3


@pytest.mark.django_db
def test_tables_are_migrated_once_for_the_same_migrations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = tmp_path / "migrated"
    environment = dict(os.environ)
    server = environment["DATABASE_URL"].rpartition("/")[0]
    environment["DATABASE_URL"] = f"{server}/{connection.settings_dict['NAME']}"

    build_tables(mark, environment)
    build_tables(mark, environment)
    assert capsys.readouterr().out.count("Tables") == 1

    mark.write_text("other migrations")
    build_tables(mark, environment)
    build_tables(None, environment)
    assert capsys.readouterr().out.count("Tables") == 2
