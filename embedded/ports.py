"""Ports: those that are set are taken at their word, the others are found and remembered."""

import json
import socket
from collections.abc import Mapping
from pathlib import Path

from embedded.refusals import StartRefused

_FILE = "ports.json"
_HIGHEST = 65535


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen at `host`:`port` now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on, chosen by the system."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


def stated_port(name: str, environment: Mapping[str, str], *, host: str, default: int) -> int:
    """The port set as `name`, else `default`; StartRefused if it is no port or is taken."""
    text = environment.get(name, "").strip() or str(default)
    if not text.isdecimal() or not 0 < int(text) <= _HIGHEST:
        raise StartRefused(f"{name}={text} is not a port. Set a number from 1 to {_HIGHEST}.")
    port = int(text)
    if not is_free(host, port):
        raise StartRefused(
            f"Port {port} on {host} is taken by another program. "
            f"Stop that one, or choose another port: {name}={_suggestion(host)} make run"
        )
    return port


def remembered_port(name: str, environment: Mapping[str, str], *, var_dir: Path) -> int:
    """The port set as `name`, else the one used last time if it is free, else a new one."""
    if environment.get(name, "").strip():
        return stated_port(name, environment, host="127.0.0.1", default=0)
    path = var_dir / _FILE
    known: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    port = known.get(name)
    if port is None or not is_free("127.0.0.1", port):
        port = free_port()
        path.write_text(json.dumps(known | {name: port}, indent=2))
    return port


def _suggestion(host: str) -> int:
    return next((port for port in range(8001, 8100) if is_free(host, port)), 8001)
