"""What is built from the checkout before the start: fonts, catalogues, collected static files."""

import hashlib
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from embedded.children import last_lines, start_child
from embedded.launch import BASE_DIR
from embedded.refusals import StartRefused
from embedded.terminal import step
from embedded.translations import compile_catalogues

_FONTS_LOG = "fonts.log"
_STAMP = ".collected-from"


def begin_fonts(var_dir: Path, environment: Mapping[str, str]) -> "subprocess.Popen[bytes] | None":
    """Start drawing the fonts, which takes seconds and needs no server; None if they are there."""
    if any((var_dir / "fonts").glob("*.woff2")):
        return None
    with (var_dir / _FONTS_LOG).open("wb") as output:
        return start_child(
            [sys.executable, "-m", "embedded.fonts", var_dir],
            output=output,
            folder=BASE_DIR,
            environment=environment,
        )


def finish_fonts(drawing: "subprocess.Popen[bytes]", var_dir: Path) -> None:
    """Wait for the fonts; StartRefused with the last words if they could not be drawn."""
    with step("Fonts"):
        if drawing.wait() != 0:
            raise StartRefused(f"The fonts were not drawn:\n{last_lines(var_dir / _FONTS_LOG)}")


def build_pages(var_dir: Path, environment: Mapping[str, str]) -> None:
    """Compile the catalogues and collect the static files, where they are older than the source."""
    compile_catalogues(BASE_DIR / "locale")
    fingerprint = fingerprint_of(_static_sources(var_dir))
    stamp = var_dir / "static" / _STAMP
    if not stamp.exists() or stamp.read_text() != fingerprint:
        with step("Style sheets, scripts, icons"):
            manage("collectstatic", "--no-input", "--verbosity=0", environment=environment)
            stamp.write_text(fingerprint)


def build_tables(mark: Path | None, environment: Mapping[str, str]) -> None:
    """Migrate the database, unless `mark`, beside its data, says that this was done."""
    fingerprint = fingerprint_of(_migration_sources())
    if mark is not None and mark.exists() and mark.read_text() == fingerprint:
        return
    with step("Tables"):
        manage("migrate", "--no-input", "--verbosity=0", environment=environment)
    if mark is not None:
        mark.write_text(fingerprint)


def manage(*arguments: str, environment: Mapping[str, str]) -> str:
    """Run a command of manage.py; what it printed. StartRefused with its last words if it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise StartRefused(f"manage.py {' '.join(arguments)} failed:\n{tail}")
    return done.stdout


def fingerprint_of(sources: Iterable[Path]) -> str:
    """A digest of names, sizes and times: it changes when one of the files does."""
    digest = hashlib.sha256()
    for path in sources:
        if path.is_file():
            seen = path.stat()
            digest.update(f"{path}:{seen.st_size}:{seen.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _migration_sources() -> Iterator[Path]:
    yield BASE_DIR / "requirements.lock"  # packages bring tables of their own
    yield BASE_DIR / "apifonica_privacy" / "settings.py"
    yield from sorted(BASE_DIR.glob("*/migrations/*.py"))


def _static_sources(var_dir: Path) -> Iterator[Path]:
    yield BASE_DIR / "requirements.lock"  # packages bring static files of their own
    yield BASE_DIR / "apifonica_privacy" / "settings.py"
    yield from sorted((var_dir / "fonts").glob("*"))
    for folder in (BASE_DIR / "static", *BASE_DIR.glob("*/static")):
        yield from sorted(folder.rglob("*"))
