"""Every text is there in every language, and says the same with the same placeholders."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from string import Formatter

import polib
import pytest

from embedded.launch import BASE_DIR

LANGUAGES = ("pl", "et", "lv")
_PERCENT = re.compile(r"%\(\w+\)[a-z]|%[sd]|%%")
#: What is no source of texts, or too large to be worth copying.
_NOT_COPIED = (".*", "var", "tests", "benchmarks", "docs", "__pycache__", "*.mo", "vectors")

pytestmark = pytest.mark.skipif(
    not (BASE_DIR / "locale" / "pl").exists(), reason="no catalogue was gathered yet"
)


def catalogue(language: str, root: Path = BASE_DIR) -> polib.POFile:
    return polib.pofile(str(root / "locale" / language / "LC_MESSAGES" / "django.po"))


def placeholders(text: str) -> list[str]:
    found = [match for match in _PERCENT.findall(text) if match != "%%"]
    with suppress(ValueError):  # a brace that means itself
        found += [f"{{{name}}}" for _, name, _, _ in Formatter().parse(text) if name]
    return sorted(set(found))


def texts(entry: polib.POEntry) -> Iterator[tuple[list[str], str]]:
    """Each translation with the placeholders it should have."""
    if not entry.msgid_plural:
        yield placeholders(entry.msgid), entry.msgstr
        return
    for text in entry.msgstr_plural.values():
        yield placeholders(entry.msgid_plural), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_is_complete(language: str) -> None:
    entries = [entry for entry in catalogue(language) if not entry.obsolete]

    assert len(entries) > 0
    assert [entry.msgid for entry in entries if entry.fuzzy] == []
    assert [e.msgid for e in entries if not all(text.strip() for _, text in texts(e))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_all_there(language: str) -> None:
    found = catalogue(language)
    count = re.search(r"nplurals=(\d)", found.metadata["Plural-Forms"])
    assert count is not None

    short = [e.msgid for e in found if e.msgid_plural and len(e.msgstr_plural) != int(count[1])]

    assert short == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_placeholders_of_the_source(language: str) -> None:
    different = [
        (entry.msgid, text)
        for entry in catalogue(language)
        for wanted, text in texts(entry)
        # One form of a plural may leave the number out: "one day".
        if placeholders(text) != wanted
        and not (entry.msgid_plural and set(placeholders(text)) < set(wanted))
    ]

    assert different == []


def line_breaks(text: str) -> tuple[bool, bool]:
    return text.startswith("\n"), text.endswith("\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_begin_and_end_as_the_source_does(language: str) -> None:
    """A line break at either end is one gettext itself would refuse."""
    different = [
        entry.msgid
        for entry in catalogue(language)
        for _, text in texts(entry)
        if line_breaks(text) != line_breaks(entry.msgid)
    ]

    assert different == []


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="xgettext is not installed")
def test_catalogues_are_up_to_date_with_the_source(tmp_path: Path) -> None:
    """Gather the texts anew in a copy: the same must come out. Else: make messages."""
    copy = tmp_path / "checkout"
    shutil.copytree(BASE_DIR, copy, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    locales = [f"--locale={code}" for code in LANGUAGES]
    done = subprocess.run(
        [sys.executable, "manage.py", "makemessages", *locales, "--no-obsolete"],
        cwd=copy,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "apifonica_privacy.settings"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr

    for language in LANGUAGES:
        assert keys(catalogue(language)) == keys(catalogue(language, copy))


def keys(found: polib.POFile) -> set[tuple[str, str, str]]:
    return {(e.msgctxt or "", e.msgid, e.msgid_plural) for e in found if not e.obsolete}
