"""No page is wider than the screen, in no language; none complains, none asks another host.

What a page says on the console and whom it asks is looked at by `new_context`.
"""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NewContext
from tests.browser.scene import Scene
from tests.browser.views import DESK, View, portal

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.xdist_group("stack")]
_WIDTHS = (320, 390, 1280)
_HEIGHT = 800
_TOO_WIDE = """() => {
  const seen = window.innerWidth;
  if (document.documentElement.scrollWidth <= seen) return [];
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > seen)
    .map((one) => one.outerHTML.slice(0, 120));
}"""


def too_wide(page: Page) -> dict[str, list[str]]:
    """What sticks out of the page at each width, in both colour schemes."""
    found: dict[str, list[str]] = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in _WIDTHS:
            page.set_viewport_size({"width": width, "height": _HEIGHT})
            if wide := page.evaluate(_TOO_WIDE):
                found[f"{scheme}, {width}"] = wide
    return found


def look(view: View, scene: Scene, new_context: NewContext) -> None:
    page = new_context(storage_state=scene.sessions.get(view.session or "")).new_page()
    view.open(page, scene)
    assert too_wide(page) == {}


@pytest.mark.parametrize("language", ["en", "pl", "et", "lv"])
@pytest.mark.parametrize("number", range(len(portal("en"))), ids=[v.name for v in portal("en")])
def test_a_page_of_the_portal_fits_every_screen(
    number: int, language: str, scene: Scene, new_context: NewContext
) -> None:
    look(portal(language)[number], scene, new_context)


@pytest.mark.parametrize("view", DESK, ids=[view.name for view in DESK])
def test_a_page_of_the_desk_fits_every_screen(
    view: View, scene: Scene, new_context: NewContext
) -> None:
    look(view, scene, new_context)
