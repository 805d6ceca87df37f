"""Pango draws the letters (WeasyPrint needs it) and is not among Python's packages."""

import ctypes
import os
import shutil
import subprocess

from embedded.refusals import StartRefused

_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz.so.0")
_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0")
_MAC_LIBRARIES = ("libpango-1.0.dylib", "libpangoft2-1.0.dylib")


def missing_libraries() -> list[str]:
    """Which of the libraries cannot be loaded."""
    names = _MAC_LIBRARIES if os.uname().sysname == "Darwin" else _LIBRARIES
    return [name for name in names if not _loads(name)]


def install_command() -> list[str] | None:
    """The line that installs them on Debian; None where there is no apt-get."""
    apt = shutil.which("apt-get")
    return [apt, "install", "-y", "--no-install-recommends", *_PACKAGES] if apt else None


def require_pango() -> bool:
    """Return whether it had to be installed; StartRefused, with the line to type, if it cannot."""
    if not missing_libraries():
        return False
    command = install_command()
    if command is None or os.geteuid() != 0:
        raise StartRefused(_advice(command))
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for line in ([command[0], "update"], command):
        subprocess.run(line, env=quiet, capture_output=True, check=False)
    if missing_libraries():
        raise StartRefused(_advice(command))
    return True


def _advice(command: list[str] | None) -> str:
    if command is None:
        return (
            "Letters are drawn with Pango, which is missing. Install it with your system's package "
            "manager (Fedora: dnf install pango; macOS: brew install pango), then start again."
        )
    return (
        "Letters are drawn with Pango, which is missing. Type this, then start again:\n"
        f"  sudo apt-get install {' '.join(_PACKAGES)}"
    )


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
