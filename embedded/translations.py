"""Compiles the catalogues: `python -m embedded.translations`. Needs no gettext program."""

import os
from pathlib import Path

import polib

from embedded.launch import BASE_DIR


def compile_catalogues(locale_dir: Path) -> list[Path]:
    """Write a .mo beside each .po that is newer than it; returns what was written.

    Each file appears whole or not at all, so that two starters at once do no harm.
    """
    written = []
    for source in sorted(locale_dir.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        polib.pofile(str(source)).save_as_mofile(str(draft))
        draft.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    compile_catalogues(BASE_DIR / "locale")
