from pathlib import Path

import pytest

from embedded.launch import BASE_DIR, Launch, read_launch


def launch(host: str = "127.0.0.1", *, demo: bool = True, **environment: str) -> Launch:
    return Launch(environment=environment, var_dir=Path("/srv/var"), host=host, demo=demo)


def test_nothing_set_is_the_demonstration_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DEMO", "VAR_DIR", "BIND_ADDRESS"):
        monkeypatch.delenv(name, raising=False)

    found = read_launch()

    assert (found.demo, found.host, found.var_dir) == (True, "127.0.0.1", BASE_DIR / "var")
    assert (found.needs_postgres, found.needs_mailbox) == (True, not found.is_set("EMAIL_URL"))


def test_database_of_ones_own_ends_the_demonstration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://db.example/privacy")
    monkeypatch.delenv("DEMO", raising=False)

    found = read_launch()

    assert not found.demo
    assert [found.needs_postgres, found.needs_redis, found.needs_mailbox] == [False] * 3


def test_every_server_of_ones_own_replaces_the_embedded_one() -> None:
    assert launch(DATABASE_URL="a", SOURCE_PLATFORM_URL="b").needs_postgres
    assert not launch(
        DATABASE_URL="a", SOURCE_PLATFORM_URL="b", SOURCE_VOICE_URL="c"
    ).needs_postgres
    assert not launch(REDIS_URL="a").needs_redis
    assert not launch(EMAIL_URL="a").needs_mailbox
    assert launch(REDIS_URL=" ", EMAIL_URL="").needs_redis


@pytest.mark.parametrize(
    ("host", "url", "allowed"),
    [
        ("127.0.0.1", "http://127.0.0.1:8001", None),
        ("::1", "http://[::1]:8001", None),
        ("0.0.0.0", "http://127.0.0.1:8001", "*"),  # noqa: S104
        ("192.0.2.7", "http://192.0.2.7:8001", "192.0.2.7,127.0.0.1,localhost"),
    ],
)
def test_address_follows_from_where_the_web_server_listens(
    host: str, url: str, allowed: str | None
) -> None:
    environment = launch(host).child_environment(8001)

    assert environment["PUBLIC_URL"] == url
    assert environment.get("ALLOWED_HOSTS") == allowed
    assert environment["PORT"] == "8001"


def test_address_that_is_set_stays() -> None:
    environment = launch(
        "0.0.0.0",  # noqa: S104
        PUBLIC_URL="https://privacy.example",
        ALLOWED_HOSTS="privacy.example",
    ).child_environment(8001)

    assert environment["PUBLIC_URL"] == "https://privacy.example"
    assert environment["ALLOWED_HOSTS"] == "privacy.example"


def test_bytecode_is_kept_apart_where_it_is_not_wanted_beside_the_source() -> None:
    apart = launch(PYTHONDONTWRITEBYTECODE="1").child_environment(8000)

    assert "PYTHONDONTWRITEBYTECODE" not in apart
    assert apart["PYTHONPYCACHEPREFIX"] == "/srv/var/bytecode"
    assert "PYTHONPYCACHEPREFIX" not in launch().child_environment(8000)


def test_production_names_its_hosts_itself() -> None:
    assert "ALLOWED_HOSTS" not in launch("192.0.2.7", demo=False).child_environment(8000)
