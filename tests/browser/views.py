"""Every page of the portal and of the desk, and how to get to look at it."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.pages import STEPS, answer, choose, press
from tests.browser.scene import Scene

Open = Callable[[Page, Scene], None]


@dataclass(frozen=True)
class View:
    """A page under a short name; `session` is whose it is, a key of the scene's sessions."""

    name: str
    open: Open
    session: str | None = None


def _at(address: str, status: int = 200) -> Open:
    """Open an address; the fields of the scene may stand in it, as in {answered}."""

    def go(page: Page, scene: Scene) -> None:
        response = page.goto(address.format_map(vars(scene)))
        assert response is not None
        assert response.status == status

    return go


def _question(language: str, step: str) -> str:
    return f"/{language}/request/access/{step}/"


def _wrong_email(language: str) -> Open:
    def go(page: Page, scene: Scene) -> None:
        page.goto(_question(language, "email"))
        answer(page, "email", "x" * 60)
        page.wait_for_selector(".error-summary")

    return go


def _no_country(language: str) -> Open:
    def go(page: Page, scene: Scene) -> None:
        page.goto(_question(language, "country"))
        press(page)
        page.wait_for_selector(".error-summary")

    return go


def _no_reference(language: str) -> Open:
    def go(page: Page, scene: Scene) -> None:
        page.goto(f"/{language}/link/new/")
        press(page)
        page.wait_for_selector(".error-summary")

    return go


def _link_sent(language: str) -> Open:
    """Ask for a link to a case that is not there: the page tells nobody so."""

    def go(page: Page, scene: Scene) -> None:
        page.goto(f"/{language}/link/new/")
        page.fill("[name=reference]", "AP-0000-0000")
        page.fill("[name=email]", "nobody@example.com")
        press(page)
        page.wait_for_selector("[name=reference]", state="detached")

    return go


def _wrong_sign_in(page: Page, scene: Scene) -> None:
    page.goto("/staff/sign-in/")
    page.fill("[name=login]", "nobody@example.com")
    page.fill("[name=password]", "not the password")
    press(page)
    page.wait_for_selector(".error-summary")


def _contradiction(page: Page, scene: Scene) -> None:
    """Decide that nothing is held where something was found."""
    page.goto(f"/desk/cases/{scene.found}/")
    choose(page, "nothing_held")
    page.locator("form[action$='/decide/'] button").click()
    page.wait_for_selector(".error-summary")


def _menu(page: Page, scene: Scene) -> None:
    page.goto("/desk/")
    page.locator("details.menu summary").click()


def _first_version(page: Page, scene: Scene) -> None:
    page.goto("/staff/data-map/versions/")
    page.locator("main td a").first.click()
    page.wait_for_url("**/versions/*/")


def _mail(page: Page, scene: Scene) -> None:
    page.goto("/demo/mailbox/")
    page.locator("main td a").first.click()
    page.wait_for_selector("iframe")


def portal(language: str) -> tuple[View, ...]:
    """The pages of the portal in one language."""
    return (
        View("home", _at(f"/{language}/")),
        View("right", _at(f"/{language}/rights/access/")),
        View("other right", _at(f"/{language}/rights/erasure/")),
        View("complaint", _at(f"/{language}/rights/complaint/")),
        *(View(step, _at(_question(language, step))) for step in STEPS),
        View("wrong e-mail", _wrong_email(language)),
        View("no country", _no_country(language)),
        View("review", _at(_question(language, "review")), "drafting"),
        View("receipt", _at(_question(language, "received")), "filed received"),
        View("link", _at(f"/{language}/link/{{token}}/")),
        View("dead link", _at(f"/{language}/link/dead/", 410)),
        View("new link", _at(f"/{language}/link/new/")),
        View("new link refused", _no_reference(language)),
        View("new link sent", _link_sent(language)),
        View("status, received", _at(f"/{language}/my/"), "received"),
        View("status, answered", _at(f"/{language}/my/"), "answered"),
        View("withdraw", _at(f"/{language}/my/withdraw/"), "received"),
        View("messages", _at(f"/{language}/my/messages/"), "received"),
        View("not found", _at(f"/{language}/nowhere/", 404)),
    )


DESK = (
    View("sign-in", _at("/staff/sign-in/")),
    View("sign-in refused", _wrong_sign_in),
    View("forgotten password", _at("/staff/password/forgotten/")),
    View("queue", _at("/desk/"), "handler"),
    View("menu", _menu, "handler"),
    View("empty queue", _at("/desk/?show=overdue"), "handler"),
    View("no such case", _at("/desk/?q=AP-0000-0000"), "handler"),
    View("case, received", _at("/desk/cases/{received}/"), "handler"),
    View("case, searched", _at("/desk/cases/{found}/"), "handler"),
    View("case, refused decision", _contradiction, "handler"),
    View("case, answered", _at("/desk/cases/{answered}/"), "handler"),
    View("table", _at("{table}"), "handler"),
    View("restrictions", _at("/staff/restrictions/"), "handler"),
    View("new restriction", _at("/staff/restrictions/new/"), "handler"),
    View("tasks", _at("/staff/tasks/"), "handler"),
    View("profile", _at("/staff/profile/"), "handler"),
    View("second factor", _at("/staff/second-factor/"), "handler"),
    View("authenticator app", _at("/staff/second-factor/totp/activate/"), "handler"),
    View("new password", _at("/staff/password/"), "handler"),
    View("staff", _at("/staff/people/"), "security"),
    View("invitation", _at("/staff/people/invite/"), "security"),
    View("member of staff", _at("/staff/people/1/"), "security"),
    View("roles", _at("/staff/people/1/roles/"), "security"),
    View("deactivation", _at("/staff/people/1/deactivate/"), "security"),
    View("sign-ins", _at("/staff/sign-ins/"), "security"),
    View("forbidden", _at("/desk/", 403), "security"),
    View("mailbox", _at("/demo/mailbox/")),
    View("mail", _mail),
    View("records", _at("/staff/records/"), "handler"),
    View("records, as processor", _at("/staff/records/?role=processor"), "handler"),
    View("data map", _at("/staff/data-map/"), "handler"),
    View("data map, nothing found", _at("/staff/data-map/?q=nowhere"), "handler"),
    View("data map, table", _at("/staff/data-map/tables/platform/customers/"), "handler"),
    View("data map, versions", _at("/staff/data-map/versions/"), "handler"),
    View("data map, version", _first_version, "handler"),
)
