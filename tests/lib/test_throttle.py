"""The brake counts in Redis, and lets everybody pass when Redis is away."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import RequestFactory
from pytest_django import Settings

from embedded.ports import free_port
from lib.throttle import client_address, forgive, may_pass


@pytest.fixture(autouse=True)
def _empty() -> None:
    cache.clear()


def passes(who: str, limit: int = 2) -> bool:
    return may_pass(what="test", who=who, limit=limit, window=timedelta(minutes=1))


def test_may_pass_until_the_limit_and_each_person_has_their_own() -> None:
    assert [passes("a"), passes("a"), passes("a")] == [True, True, False]
    assert passes("b")


def test_what_is_forgiven_is_not_counted() -> None:
    forgive(what="test", who="a")  # nothing counted yet: nothing happens
    for _ in range(5):
        assert passes("a")
        forgive(what="test", who="a")
    assert [passes("a"), passes("a"), passes("a")] == [True, True, False]


def test_may_pass_again_after_the_window() -> None:
    assert may_pass(what="test", who="a", limit=1, window=timedelta(seconds=1))
    assert not may_pass(what="test", who="a", limit=1, window=timedelta(seconds=1))
    cache.clear()  # as the window's end does
    assert may_pass(what="test", who="a", limit=1, window=timedelta(seconds=1))


def test_may_pass_when_redis_is_away(settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
        }
    }
    assert all(passes("a") for _ in range(5))
    forgive(what="test", who="a")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9", "198.51.100.7"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
    ],
)
def test_client_address_trusts_only_our_own_proxies(
    settings: Settings, proxies: int, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="192.0.2.1")
    assert client_address(request) == expected
