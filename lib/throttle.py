"""A small brake on what strangers can repeat: counted in Redis, open when Redis is away."""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from lib.keyed_hash import keyed_hash

logger = logging.getLogger(__name__)


def client_address(request: HttpRequest) -> str:
    """Return the caller's address, counted back from the right by `TRUSTED_PROXIES` hops."""
    hops = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES and hops[0]:
        return hops[-settings.TRUSTED_PROXIES]
    return str(request.META.get("REMOTE_ADDR", ""))


def may_pass(*, what: str, who: str, limit: int, window: timedelta) -> bool:
    """Count one attempt of `who` at `what`; False when it is more than `limit` within `window`.

    `who` is stored as a keyed hash. Without Redis everybody passes: a right is worth more
    than a brake.
    """
    key = _key(what, who)
    try:
        cache.add(key, 0, timeout=int(window.total_seconds()))
        return int(cache.incr(key)) <= limit
    except (RedisError, ValueError):
        logger.warning("throttle %s could not be counted", what)
        return True


def forgive(*, what: str, who: str) -> None:
    """Take back one attempt counted by `may_pass`, where only those that went wrong count."""
    key = _key(what, who)
    try:
        if int(cache.get(key, 0)) > 0:
            cache.decr(key)
    except (RedisError, ValueError):
        logger.warning("throttle %s could not be counted", what)


def _key(what: str, who: str) -> str:
    return f"throttle:{what}:{keyed_hash(who, purpose='throttle').hex()}"
