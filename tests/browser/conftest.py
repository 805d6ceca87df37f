"""A browser, the running product, and contexts that tell what went wrong in them."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Request,
    Response,
    WebError,
    sync_playwright,
)

from tests.browser.scene import Scene, set_scene
from tests.browser.stack import Stack, running_stack

NewContext = Callable[..., BrowserContext]
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE_MS = 60_000
_ADDRESSES = itertools.count()


@pytest.fixture(scope="package")
def chromium() -> str:
    """The path of a Chromium or Chrome; without one the browser tests are skipped."""
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(
            "No Chromium or Chrome was found. On Debian, type: apt-get install chromium. "
            "Elsewhere, name one: CHROMIUM=/path/to/chrome"
        )
    return found


# Of the package, not the session: while Playwright is there, an event loop counts as running in
# this thread, and Django refuses its database to the tests of other folders.
@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def stack(
    chromium: str,  # without a browser nothing is started
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("stack")
    for folder in (home, home.parent, home.parent.parent):
        folder.chmod(0o711)  # the servers' account passes through to its data
    with running_stack(home) as running:
        yield running


class Watch:
    """Listens to a context for what no page of ours may do; `complaints` name it."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self.complaints: list[str] = []

    def listen(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", self._error)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self._origin}/", "data:", "blob:", "about:")):
            self.complaints.append(f"a request to {request.url}")

    def _response(self, response: Response) -> None:
        asked_for_a_page = response.request.resource_type == "document"
        if response.status >= (500 if asked_for_a_page else 400):
            self.complaints.append(f"{response.status} for {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium notes every answer from 400 up; the statuses are looked at above.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.complaints.append(f"console, {message.location['url']}: {message.text}")

    def _error(self, error: WebError) -> None:
        self.complaints.append(f"script: {error.error}")


@pytest.fixture
def new_context(browser: Browser, stack: Stack) -> Iterator[NewContext]:
    """Make fresh contexts; at the end none may have met an error or asked another host."""
    made: list[BrowserContext] = []
    watch = Watch(stack.url)

    def make(**options: Any) -> BrowserContext:
        context = _context(browser, stack, **options)
        watch.listen(context)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()
    assert watch.complaints == []


@pytest.fixture(scope="package")
def scene(browser: Browser, stack: Stack) -> Scene:
    """Cases in several states, and signed-in sessions to look at them with."""
    return set_scene(stack, lambda **options: _context(browser, stack, **options))


def _context(browser: Browser, stack: Stack, **options: Any) -> BrowserContext:
    # Everybody comes from an address of their own: one alone may file ten requests an hour.
    address = f"203.0.113.{next(_ADDRESSES) % 254 + 1}"
    context = browser.new_context(
        base_url=stack.url,
        reduced_motion="reduce",
        extra_http_headers={"X-Forwarded-For": address},
        **options,
    )
    context.set_default_timeout(_PATIENCE_MS)
    return context
