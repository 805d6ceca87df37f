import os
from pathlib import Path

import pytest

from embedded import pango
from embedded.pango import missing_libraries, require_pango
from embedded.refusals import StartRefused

MISSING = "libsuch-a-thing-is-not-there.so.0"


@pytest.fixture
def nothing_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without the library; the folder is all of its PATH."""
    monkeypatch.setattr(pango, "_LIBRARIES", (MISSING,))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_nothing_is_done_where_pango_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert missing_libraries() == []
    assert require_pango() is False


def test_machine_without_apt_is_told_what_to_look_for(nothing_there: Path) -> None:
    with pytest.raises(StartRefused) as refusal:
        require_pango()

    assert str(refusal.value) == (
        "Letters are drawn with Pango, which is missing. Install it with your system's package "
        "manager (Fedora: dnf install pango; macOS: brew install pango), then start again."
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may install")
def test_root_on_debian_tries_to_install_and_then_names_the_line(nothing_there: Path) -> None:
    notes = nothing_there / "notes"
    apt = nothing_there / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$DEBIAN_FRONTEND $@" >> {notes}\nexit 100\n')
    apt.chmod(0o755)

    with pytest.raises(StartRefused) as refusal:
        require_pango()

    assert notes.read_text().splitlines() == [
        "noninteractive update",
        "noninteractive install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0",
    ]
    assert str(refusal.value) == (
        "Letters are drawn with Pango, which is missing. Type this, then start again:\n"
        "  sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may install")
def test_pango_that_was_installed_is_reported(
    nothing_there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = nothing_there / "libthere.so"
    monkeypatch.setattr(pango, "_LIBRARIES", (str(library),))
    real = next(Path("/lib").glob("*-linux-gnu/libz.so.1"))
    apt = nothing_there / "apt-get"
    apt.write_text(f"#!/bin/sh\n/bin/cp {real} {library}\n")
    apt.chmod(0o755)

    assert require_pango() is True
    assert require_pango() is False
