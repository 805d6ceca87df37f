"""What is built from the checkout before the start: fonts, catalogues, collected static files."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from embedded.launch import BASE_DIR
from embedded.refusals import StartRefused
from embedded.terminal import step
from embedded.translations import compile_catalogues

_STAMP = ".collected-from"


def build_all(var_dir: Path, environment: Mapping[str, str]) -> None:
    """Build what is not there or older than what it is made from."""
    if not any((var_dir / "fonts").glob("*.woff2")):
        with step("Fonts"):
            run_module("embedded.fonts", str(var_dir), environment=environment)
    compile_catalogues(BASE_DIR / "locale")
    fingerprint = _static_fingerprint(var_dir)
    stamp = var_dir / "static" / _STAMP
    if not stamp.exists() or stamp.read_text() != fingerprint:
        with step("Style sheets, scripts, icons"):
            manage("collectstatic", "--no-input", "--verbosity=0", environment=environment)
            stamp.write_text(fingerprint)


def manage(*arguments: str, environment: Mapping[str, str]) -> str:
    """Run a command of manage.py; what it printed. StartRefused with its last words if it fails."""
    return _run([sys.executable, str(BASE_DIR / "manage.py"), *arguments], environment)


def run_module(module: str, *arguments: str, environment: Mapping[str, str]) -> str:
    """Run `python -m module`; otherwise as `manage`."""
    return _run([sys.executable, "-m", module, *arguments], environment)


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=BASE_DIR,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        name = " ".join(command[1:]).replace(f"{BASE_DIR}/", "")
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise StartRefused(f"{name} failed:\n{tail}")
    return done.stdout


def _static_fingerprint(var_dir: Path) -> str:
    digest = hashlib.sha256()
    for path in _static_sources(var_dir):
        if path.is_file():
            seen = path.stat()
            digest.update(f"{path}:{seen.st_size}:{seen.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _static_sources(var_dir: Path) -> Iterator[Path]:
    yield BASE_DIR / "requirements.lock"  # packages bring static files of their own
    yield BASE_DIR / "apifonica_privacy" / "settings.py"
    yield from sorted((var_dir / "fonts").glob("*"))
    for folder in (BASE_DIR / "static", *BASE_DIR.glob("*/static")):
        yield from sorted(folder.rglob("*"))
