import os
import socket
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from embedded.account import NOBODY
from embedded.redis import RedisServer
from embedded.refusals import StartRefused
from tests.embedded.conftest import is_running, uid_of


def test_server_answers_on_the_loopback_address(redis_server: RedisServer) -> None:
    redis_server.start()

    with Redis.from_url(redis_server.url(63)) as client:
        assert client.set("key", "value")
        assert client.get("key") == b"value"
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
        assert client.config_get("save") == {"save": ""}


def test_server_wants_the_password(redis_server: RedisServer) -> None:
    redis_server.start()

    with (
        Redis(port=redis_server.port) as stranger,
        pytest.raises(AuthenticationError, match="AUTH"),
    ):
        stranger.ping()


def test_password_is_not_on_the_command_line(redis_server: RedisServer) -> None:
    process = redis_server.start()

    assert "secret" not in Path(f"/proc/{process.pid}/cmdline").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it under another account")
def test_server_started_by_root_runs_as_nobody(redis_server: RedisServer) -> None:
    assert uid_of(redis_server.start().pid) == NOBODY.uid


def test_server_stopped_is_gone(redis_server: RedisServer) -> None:
    process = redis_server.start()

    redis_server.stop()
    redis_server.stop()

    assert not is_running(process.pid)


def test_server_that_cannot_listen_says_why(redis_server: RedisServer) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", redis_server.port))
        other.listen()

        with pytest.raises(StartRefused) as refusal:
            redis_server.start()

    assert "did not start: it ended with status 1." in str(refusal.value)
    assert "Address already in use" in str(refusal.value)
