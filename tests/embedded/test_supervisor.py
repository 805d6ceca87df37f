import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded import supervisor as module
from embedded.children import start_child
from embedded.supervisor import Service, ServiceDied, Supervisor
from tests.embedded.conftest import await_end, is_running

SPEAK = "import time; print('hello', flush=True); print('', flush=True); time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('deaf', flush=True); time.sleep(60)"
)
WITH_CHILD = (
    "import subprocess, sys, time;"
    "child = subprocess.Popen(['sleep', '60']); print(child.pid, flush=True); time.sleep(60)"
)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(environment={"PATH": "/usr/bin:/bin"}, folder=tmp_path)
    yield made
    made.stop()


def python(name: str, code: str) -> Service:
    return Service(name, [sys.executable, "-c", code])


def run_until_said(supervisor: Supervisor, service: Service) -> str:
    deadline = time.monotonic() + 20
    while not service.tail and time.monotonic() < deadline:
        supervisor.run_for(0.05)
    return service.tail[0]


def pid_of(service: Service) -> int:
    assert service.process is not None
    return service.process.pid


def test_lines_are_passed_on_under_the_name(
    supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    service = python("web", SPEAK)
    supervisor.start(service)

    run_until_said(supervisor, service)

    assert capsys.readouterr().out == "web    | hello\n"


def test_service_that_ends_is_named_with_its_last_words(supervisor: Supervisor) -> None:
    supervisor.start(python("beat", SPEAK))
    supervisor.start(python("worker", "import sys; print('no broker'); sys.exit(3)"))

    with pytest.raises(ServiceDied) as news:
        supervisor.run_for(20)

    assert str(news.value) == (
        "The worker ended with status 3, so everything was stopped. Its last lines:\n  no broker"
    )


def test_service_that_is_killed_is_named_with_the_signal(supervisor: Supervisor) -> None:
    service = Service("web", ["sleep", "60"])
    supervisor.start(service)
    assert service.process is not None
    service.process.kill()

    with pytest.raises(ServiceDied) as news:
        supervisor.run_for(20)

    assert str(news.value) == "The web was killed (SIGKILL), so everything was stopped."


def test_watched_server_that_ends_is_quoted_from_its_log(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    log = tmp_path / "server.log"
    with log.open("wb") as output:
        process = start_child(["echo", "disk full"], output=output, folder=tmp_path)
    supervisor.watch("PostgreSQL server", process, log)
    process.wait()

    with pytest.raises(ServiceDied) as news:
        supervisor.run_for(20)

    assert str(news.value) == (
        "The PostgreSQL server ended with status 0, so everything was stopped. "
        "Its last lines:\n  disk full"
    )


def test_stop_ends_everything_and_may_be_repeated(tmp_path: Path) -> None:
    supervisor = Supervisor(environment={}, folder=tmp_path)
    services = [python("web", SPEAK), python("beat", SPEAK)]
    for service in services:
        supervisor.start(service)

    supervisor.stop()
    supervisor.stop()

    assert [is_running(pid_of(service)) for service in services] == [False, False]


def test_stop_kills_what_does_not_listen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.3)
    supervisor = Supervisor(environment={}, folder=tmp_path)
    service = python("worker", STUBBORN)
    supervisor.start(service)
    run_until_said(supervisor, service)

    supervisor.stop()

    assert not is_running(pid_of(service))
    assert "worker did not end within 0 s and was killed." in capsys.readouterr().out


def test_stop_ends_what_a_killed_service_left_behind(tmp_path: Path) -> None:
    supervisor = Supervisor(environment={"PATH": "/usr/bin:/bin"}, folder=tmp_path)
    service = python("worker", WITH_CHILD)
    supervisor.start(service)
    grandchild = int(run_until_said(supervisor, service))
    assert service.process is not None
    service.process.kill()
    service.process.wait()
    assert is_running(grandchild)

    supervisor.stop()

    await_end(grandchild)


def test_child_dies_with_a_starter_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import subprocess, time; from pathlib import Path\n"
        "from embedded.children import start_child\n"
        "child = start_child(['sleep', '60'], output=subprocess.DEVNULL, folder=Path('/'))\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        child = int(starter.stdout.readline())
        assert is_running(child)

        starter.send_signal(signal.SIGKILL)
        starter.wait()

    await_end(child)
