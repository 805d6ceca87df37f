"""What holds for every template and every style sheet."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Engine
from django.template.loader import render_to_string

from embedded.fonts import FONT_FILES
from requests_portal.domain.rights import Right

TEMPLATES = Path(settings.BASE_DIR) / "templates"
STATIC = Path(settings.BASE_DIR) / "static"
STYLE_SHEETS = sorted((STATIC / "css").glob("*.css"))
#: Read in a mail program, on paper or from a ZIP, where only inline style works.
STANDALONE = {"mail", "letters", "package"}

ALL = sorted(path.relative_to(TEMPLATES) for path in TEMPLATES.rglob("*.html"))
PAGES = [path for path in ALL if not STANDALONE & set(path.parts)]

TEXT_PAIRS = [
    *((text, ground) for text in ("ink", "muted", "accent") for ground in ("page", "surface")),
    *((text, "sunken") for text in ("ink", "muted", "accent")),
    *((text, "accent-soft") for text in ("ink", "muted", "accent", "accent-strong")),
    *((tone, f"{tone}-soft") for tone in ("info", "success", "warning", "danger")),
    *(("ink", f"{tone}-soft") for tone in ("info", "success", "warning", "danger")),
    *((tone, "surface") for tone in ("success", "warning", "danger")),
    ("danger", "page"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-danger", "danger"),
    ("on-danger", "danger-strong"),
    ("on-hero", "hero"),
    ("on-hero-muted", "hero"),
    ("hero", "on-hero"),
    ("hero", "on-hero-muted"),
]
CONTROL_PAIRS = [
    (control, ground)
    for control in ("control", "accent", "danger")
    for ground in ("page", "surface")
]


@pytest.mark.parametrize("path", ALL, ids=str)
def test_template_compiles(path: Path) -> None:
    assert Engine.get_default().get_template(str(path)).name == str(path)


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_page_has_nothing_the_content_policy_refuses(path: Path) -> None:
    source = (TEMPLATES / path).read_text()

    assert re.findall(r"<style\b|\sstyle\s*=|<script\b(?![^>]*\bsrc=)", source) == []
    assert re.findall(r"<[^>]*\s(?:on[a-z]+|hx-on[^=\s]*)\s*=|javascript:", source) == []


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_page_names_only_classes_that_have_a_style(path: Path) -> None:
    source = re.sub(r"{%.*?%}", " ", (TEMPLATES / path).read_text(), flags=re.DOTALL)
    source = re.sub(r"{{.*?}}", "?", source)
    named = {name for value in re.findall(r'\bclass="([^"]*)"', source) for name in value.split()}

    assert {name for name in named if "?" not in name} - _styled_classes() == set()


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_static_files_named_by_page_are_there(path: Path) -> None:
    for name in re.findall(r"{%\s*static\s+['\"]([^'\"]+)['\"]", (TEMPLATES / path).read_text()):
        assert finders.find(name) or _is_font(name), name


@pytest.mark.parametrize("path", STYLE_SHEETS, ids=lambda path: path.name)
def test_files_named_by_style_sheet_are_there(path: Path) -> None:
    for url in re.findall(r'url\("?([^")]+)"?\)', path.read_text()):
        target = (path.parent / url).resolve()
        assert target.is_file() or _is_font(str(target.relative_to(STATIC))), url


@pytest.mark.parametrize("path", STYLE_SHEETS, ids=lambda path: path.name)
def test_style_sheet_takes_every_value_from_the_tokens(path: Path) -> None:
    everything = "\n".join(sheet.read_text() for sheet in STYLE_SHEETS)
    defined = set(re.findall(r"(--[a-z0-9-]+)\s*:", everything))
    source = path.read_text()

    assert set(re.findall(r"var\((--[a-z0-9-]+)", source)) - defined == set()
    if path.name not in {"tokens.css", "print.css"}:
        assert re.findall(r"#[0-9a-f]{3,8}\b|\brgb\(|\bhsl\(", source) == []


def test_icons_named_by_pages_are_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons/sprite.svg").read_text()))
    named = {
        name
        for path in PAGES
        for name in re.findall(
            r'icon\.html" with name="([^"]+)"|icon="([^"]+)"', (TEMPLATES / path).read_text()
        )
    }

    assert {name for pair in named for name in pair if name} - drawn == set()
    assert {right.value for right in Right} - drawn == set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_contrast_is_at_least_4_5(scheme: str, text: str, ground: str) -> None:
    colours = _colours(scheme)

    assert _contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("control", "ground"), CONTROL_PAIRS)
def test_control_contrast_is_at_least_3(scheme: str, control: str, ground: str) -> None:
    colours = _colours(scheme)

    assert _contrast(colours[control], colours[ground]) >= 3


def test_contrast_of_black_on_white_is_21() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_page_of_last_resort_needs_no_context(name: str) -> None:
    assert 'href="/"' in render_to_string(name)


@cache
def _styled_classes() -> frozenset[str]:
    source = "\n".join(sheet.read_text() for sheet in STYLE_SHEETS)
    return frozenset(re.findall(r"\.(-?[a-zA-Z_][\w-]*)", source))


def _is_font(name: str) -> bool:
    return name in {f"fonts/{file}" for file in FONT_FILES.values()}


@cache
def _colours(scheme: str) -> dict[str, str]:
    light, dark = (STATIC / "css/tokens.css").read_text().split("prefers-color-scheme: dark")
    colours = dict(_declared(light))
    return colours if scheme == "light" else colours | dict(_declared(dark))


def _declared(source: str) -> Iterator[tuple[str, str]]:
    yield from re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", source)


def _contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
