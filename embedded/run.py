"""`make run`: everything in order, one terminal, and all of it gone with Ctrl-C."""

import fcntl
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from typing import NoReturn

from embedded.account import server_home, service_account
from embedded.builds import begin_fonts, build_pages, build_tables, finish_fonts, manage
from embedded.children import end_group, end_strays
from embedded.launch import BASE_DIR, DATABASES, Launch, read_launch
from embedded.pango import require_pango
from embedded.ports import stated_port
from embedded.refusals import StartRefused
from embedded.servers import start_servers
from embedded.supervisor import Service, ServiceDied, Supervisor
from embedded.terminal import complain, say, step

_WEB_SECONDS = 90
_LOOK_SECONDS = 0.2
_FOR_EVER_SECONDS = 3600.0
_LANGUAGES = (("Polish", "pl"), ("English", "en"), ("Estonian", "et"), ("Latvian", "lv"))
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run() -> int:
    """Run the product until it is told to stop; the exit status."""
    for sign in _STOP_SIGNALS:
        signal.signal(sign, _interrupt)
    stack = ExitStack()
    try:
        _start_and_watch(read_launch(), stack)
    except KeyboardInterrupt:
        say("\nStopping.")
        status = 0
    except (StartRefused, ServiceDied) as reason:
        complain(str(reason))
        status = 1
    finally:
        for sign in _STOP_SIGNALS:  # what follows takes seconds and is not to be cut short
            signal.signal(sign, signal.SIG_IGN)
        stack.close()
        end_strays()
    if status == 0:
        say("Stopped. The data is kept.")
    return status


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _start_and_watch(launch: Launch, stack: ExitStack) -> NoReturn:
    started = time.monotonic()
    _take_folder(launch, stack)
    port = stated_port("PORT", launch.environment, host=launch.host, default=8000)
    say(f"Apifonica Privacy starts in {launch.var_dir}")
    if require_pango():
        say("  Pango was missing and has been installed")
    environment = launch.child_environment(port)
    supervisor = Supervisor(environment=environment, folder=BASE_DIR)
    fonts = begin_fonts(launch.var_dir, environment)
    if fonts is not None:
        stack.callback(end_group, fonts)
    start_servers(launch, supervisor, stack)
    _prepare_databases(launch, environment)
    if fonts is not None:
        finish_fonts(fonts, launch.var_dir)
    build_pages(launch.var_dir, environment)
    stack.callback(supervisor.stop)
    with step("Web server, worker and beat"):
        for service in _services(launch, port):
            supervisor.start(service)
        _await_web(launch, port, supervisor)
    sign_ins = manage("demo_signins", environment=environment) if launch.demo else ""
    _greet(environment["PUBLIC_URL"], sign_ins, launch, time.monotonic() - started)
    while True:
        supervisor.run_for(_FOR_EVER_SECONDS)


def _take_folder(launch: Launch, stack: ExitStack) -> None:
    """Make VAR_DIR and keep it for this run alone.

    Root's is open to pass through, not to be listed: the servers' account has its data inside.
    """
    mode = 0o711 if service_account() else 0o700
    launch.var_dir.mkdir(mode=mode, parents=True, exist_ok=True)
    lock = stack.enter_context((launch.var_dir / "run.lock").open("a+"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise StartRefused(
            f"Apifonica Privacy already runs in {launch.var_dir} (process {lock.read().strip()}). "
            "Stop that one with Ctrl-C, or give this one another folder and port: "
            "VAR_DIR=... PORT=... make run"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()


def _prepare_databases(launch: Launch, environment: dict[str, str]) -> None:
    # The marks lie beside the data that they speak of, so that they go together.
    folder = server_home(launch.var_dir, service_account()) / "postgres"
    build_tables(None if launch.is_set("DATABASE_URL") else folder / "migrated", environment)
    if not launch.demo:
        return
    own = any(launch.is_set(setting) for setting in DATABASES)
    if own or not (folder / "demo-loaded").exists():
        with step("Demonstration company (once)"):
            manage("demo_load", environment=environment)
        if not own:
            (folder / "demo-loaded").touch()


def _services(launch: Launch, port: int) -> list[Service]:
    python = [sys.executable, "-m"]
    # Celery warns of root because of pickle; ours speaks JSON alone.
    calm = ["-W", "ignore:You're running the worker with superuser privileges"]
    celery = [sys.executable, *calm, "-m", "celery", "--quiet", "-A", "apifonica_privacy"]
    web = [
        *(*python, "granian", "--interface", "wsgi", "--host", launch.host, "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "4", "--no-ws", "--log-level", "warning"),
        "apifonica_privacy.wsgi:application",
    ]
    worker = [
        *(*celery, "worker", "--pool", "prefork", "--concurrency", "2", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
    beat = [*celery, "beat", "--loglevel", "WARNING", "--pidfile="]
    return [Service("web", web), Service("worker", worker), Service("beat", beat)]


def _await_web(launch: Launch, port: int, supervisor: Supervisor) -> None:
    address = f"http://{launch.shown_host}:{port}/health/"
    deadline = time.monotonic() + _WEB_SECONDS
    while not _answers(address):
        if time.monotonic() > deadline:
            raise StartRefused(f"The web server did not answer at {address} in {_WEB_SECONDS} s.")
        supervisor.run_for(_LOOK_SECONDS)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 (our own address)
            return True
    except urllib.error.HTTPError as answer:
        # 400: it is up, and answers to the names in ALLOWED_HOSTS alone.
        # 503: it is up, and closed until a restore is made good; every page says so.
        return answer.code in {400, 503}
    except OSError:
        return False


def _greet(address: str, sign_ins: str, launch: Launch, seconds: float) -> None:
    say(f"\nReady after {seconds:.1f} s. Ctrl-C stops everything.\n")
    for language, code in _LANGUAGES:
        say(f"  Portal, {language + ':':<12} {address}/{code}/")
    say(f"  {'Desk for staff:':<20} {address}/desk/")
    if launch.demo:
        say(f"  {'Mail that was sent:':<20} {address}/demo/mailbox/")
        say(f"\n{sign_ins.rstrip()}\n")
