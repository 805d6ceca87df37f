from collections.abc import Iterator

import pytest
from django.core.cache import cache

from accounts.domain.roles import Role
from accounts.models import User
from tests.accounts.factories import make_user


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> Iterator[None]:
    """The brakes count in Redis; each test starts with none counted."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def officer(db: None) -> User:
    return make_user(Role.SECURITY, name="Signe Kuusk", email="signe@example.ee")


@pytest.fixture
def handler(db: None) -> User:
    return make_user(Role.HANDLER, name="Hanna Lepp", email="hanna@example.ee")
