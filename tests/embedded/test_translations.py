import gettext
import os
from pathlib import Path

import polib

from embedded.translations import compile_catalogues


def write_catalogue(locale: Path, translation: str) -> Path:
    path = locale / "pl" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    catalogue.append(polib.POEntry(msgid="Your request", msgstr=translation))
    catalogue.save(str(path))
    return path


def read(path: Path) -> str:
    with path.open("rb") as file:
        return gettext.GNUTranslations(file).gettext("Your request")


def test_catalogue_is_compiled_for_gettext(tmp_path: Path) -> None:
    write_catalogue(tmp_path, "Twoje żądanie")

    (written,) = compile_catalogues(tmp_path)

    assert written.name == "django.mo"
    assert read(written) == "Twoje żądanie"
    assert sorted(path.name for path in written.parent.iterdir()) == ["django.mo", "django.po"]


def test_catalogue_is_compiled_again_only_when_it_changed(tmp_path: Path) -> None:
    source = write_catalogue(tmp_path, "old")
    (written,) = compile_catalogues(tmp_path)
    assert compile_catalogues(tmp_path) == []

    write_catalogue(tmp_path, "new")
    later = written.stat().st_mtime + 1
    os.utime(source, (later, later))

    assert compile_catalogues(tmp_path) == [written]
    assert read(written) == "new"
