"""WCAG 2.2 at levels A and AA, as far as a machine can tell, in both colour schemes."""

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import NewContext
from tests.browser.scene import Scene
from tests.browser.views import DESK, View, portal

pytestmark = [pytest.mark.browser, pytest.mark.stack]
_VIEWS = portal("en") + DESK
_LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_OPTIONS = {"runOnly": {"type": "tag", "values": _LEVELS}, "resultTypes": ["violations"]}
# A phone by day and a desktop by night: two looks at all rules instead of four.
_SCREENS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 390), ("dark", 1280))


def violations(page: Page) -> list[str]:
    """Each broken rule with the elements that break it; `page` has axe in it."""
    results: dict[str, Any] = page.evaluate("options => axe.run(options)", _OPTIONS)
    return [
        f"{broken['id']}: {node['html']} ({node['failureSummary']})"
        for broken in results["violations"]
        for node in broken["nodes"]
    ]


@pytest.mark.parametrize("view", _VIEWS, ids=[view.name for view in _VIEWS])
def test_a_page_breaks_no_rule_of_wcag(view: View, scene: Scene, new_context: NewContext) -> None:
    page = new_context(storage_state=scene.sessions.get(view.session or "")).new_page()
    view.open(page, scene)
    page.evaluate(Axe().axe_script)
    found = {}
    for scheme, width in _SCREENS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        if broken := violations(page):
            found[f"{scheme}, {width}"] = broken
    assert found == {}


def test_a_broken_rule_is_seen(scene: Scene, new_context: NewContext) -> None:
    page = new_context().new_page()
    page.goto("/en/")
    page.evaluate(Axe().axe_script)
    page.evaluate("document.querySelector('html').removeAttribute('lang')")

    assert [broken.partition(":")[0] for broken in violations(page)] == ["html-has-lang"]
