"""How this start was asked for: the environment and `.env`, read once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
#: The embedded databases, by the setting that may name another in their place.
DATABASES = {
    "DATABASE_URL": "privacy",
    "SOURCE_PLATFORM_URL": "platform",
    "SOURCE_VOICE_URL": "voice",
}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ANY = ("0.0.0.0", "::")  # noqa: S104 (recognised, not bound)


@dataclass(frozen=True)
class Launch:
    """`demo` is as in the settings: embedded servers stand in for every address not set."""

    environment: Mapping[str, str]
    var_dir: Path
    host: str
    demo: bool

    @property
    def needs_postgres(self) -> bool:
        return self.demo and not all(self.is_set(setting) for setting in DATABASES)

    @property
    def needs_redis(self) -> bool:
        return self.demo and not self.is_set("REDIS_URL")

    @property
    def needs_mailbox(self) -> bool:
        return self.demo and not self.is_set("EMAIL_URL")

    @property
    def shown_host(self) -> str:
        """The host of an address that works in a browser on this machine."""
        host = "127.0.0.1" if self.host in _ANY else self.host
        return f"[{host}]" if ":" in host else host

    def is_set(self, name: str) -> bool:
        return bool(self.environment.get(name, "").strip())

    def child_environment(self, port: int) -> dict[str, str]:
        """What web server, worker, beat and commands are started with."""
        ours = {
            "VAR_DIR": str(self.var_dir),
            "PORT": str(port),
            "DJANGO_SETTINGS_MODULE": "apifonica_privacy.settings",
            "PYTHONUNBUFFERED": "1",
        }
        if not self.is_set("PUBLIC_URL"):
            ours["PUBLIC_URL"] = f"http://{self.shown_host}:{port}"
        if self.demo and self.host not in _LOOPBACK and not self.is_set("ALLOWED_HOSTS"):
            # Bound to every address on purpose: whichever name the person types is answered.
            ours["ALLOWED_HOSTS"] = "*" if self.host in _ANY else f"{self.host},127.0.0.1,localhost"
        theirs = dict(self.environment)
        if theirs.pop("PYTHONDONTWRITEBYTECODE", ""):
            # No bytecode beside the source, then; without any, every start takes twice as long.
            ours["PYTHONPYCACHEPREFIX"] = str(self.var_dir / "bytecode")
        return theirs | ours


def read_launch() -> Launch:
    """Read the environment; what stands in `.env` counts where the environment says nothing."""
    if (BASE_DIR / ".env").is_file():
        environ.Env.read_env(str(BASE_DIR / ".env"))
    env = environ.Env()
    return Launch(
        environment=dict(os.environ),
        var_dir=Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve(),
        host=env.str("BIND_ADDRESS", default="127.0.0.1"),
        demo=env.bool("DEMO", default=not env.str("DATABASE_URL", default="")),
    )
