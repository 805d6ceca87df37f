"""Where the running embedded servers are: `embedded.json`, written by the process manager."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

_FILE = "embedded.json"


def read_state(var_dir: Path) -> dict[str, str]:
    """Addresses by the names of their settings (DATABASE_URL, REDIS_URL, ...); {} if none run."""
    try:
        text = (var_dir / _FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return {str(name): str(value) for name, value in json.loads(text).items()}


def write_state(var_dir: Path, addresses: Mapping[str, str]) -> None:
    """Put the addresses there in one step, readable by their owner alone (they hold passwords)."""
    descriptor, draft = tempfile.mkstemp(dir=var_dir, prefix=".embedded-")  # mode 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(dict(addresses), file, indent=2)
    Path(draft).replace(var_dir / _FILE)


def clear_state(var_dir: Path) -> None:
    """Forget the addresses: the servers have stopped."""
    (var_dir / _FILE).unlink(missing_ok=True)
