"""No page is wider than the screen, in no language; none complains, none asks another host.

What a page says on the console and whom it asks is looked at by `new_context`.
"""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NewContext
from tests.browser.scene import Scene
from tests.browser.views import DESK, View, portal

pytestmark = [pytest.mark.browser, pytest.mark.stack]
_LANGUAGES = ("en", "pl", "et", "lv")
_PORTAL = list(zip(*map(portal, _LANGUAGES), strict=True))
_WIDTHS = (320, 390, 1280)
_HEIGHT = 800
# What a page cuts off is lost as well; what it hides on purpose is a pixel wide.
_TOO_WIDE = """() => {
  const all = (root) => [...root.querySelectorAll("*")];
  const right = (one) => one.getBoundingClientRect().right;
  const name = (one) => one.outerHTML.slice(0, 120);
  const beyond = (edge) => (one) =>
    right(one) > edge + 1 || (one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1);
  const cuts = (one) =>
    one.clientWidth > 1 && ["hidden", "clip"].includes(getComputedStyle(one).overflowX);
  const found = all(document.body).filter(cuts)
    .flatMap((one) => all(one).filter(beyond(right(one))).map(name));
  const width = document.documentElement.scrollWidth;
  if (width <= window.innerWidth) return found;
  const out = all(document.body).filter(beyond(window.innerWidth));
  return [`the page is ${width} wide`, ...found, ...out.map(name)];
}"""


def too_wide(page: Page) -> dict[str, list[str]]:
    """What sticks out of the page at each width, in both colour schemes."""
    found: dict[str, list[str]] = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in _WIDTHS:
            page.set_viewport_size({"width": width, "height": _HEIGHT})
            if wide := page.evaluate(_TOO_WIDE):
                found[f"{page.url}, {scheme}, {width}"] = wide
    return found


@pytest.mark.parametrize("views", _PORTAL, ids=[views[0].name for views in _PORTAL])
def test_a_page_of_the_portal_fits_every_screen_in_every_language(
    views: tuple[View, ...], scene: Scene, new_context: NewContext
) -> None:
    page = new_context(storage_state=scene.sessions.get(views[0].session or "")).new_page()
    found: dict[str, list[str]] = {}
    for view in views:
        view.open(page, scene)
        found |= too_wide(page)
    assert found == {}


@pytest.mark.parametrize("view", DESK, ids=[view.name for view in DESK])
def test_a_page_of_the_desk_fits_every_screen(
    view: View, scene: Scene, new_context: NewContext
) -> None:
    page = new_context(storage_state=scene.sessions.get(view.session or "")).new_page()
    view.open(page, scene)
    assert too_wide(page) == {}


@pytest.mark.parametrize("address", ["/en/", "/en/link/new/"], ids=["cut off", "sticking out"])
def test_what_is_too_wide_is_seen(address: str, new_context: NewContext) -> None:
    page = new_context().new_page()
    page.goto(address)
    page.evaluate("document.querySelector('h1').textContent = 'x'.repeat(200)")
    page.evaluate("document.querySelector('h1').style.whiteSpace = 'nowrap'")

    assert len(too_wide(page)) == 6
