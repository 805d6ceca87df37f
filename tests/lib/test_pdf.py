"""Read back with another library: what a screen reader or an archive would find in the file."""

import importlib
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from embedded.fonts import build_fonts
from lib.pdf import FontsMissing, NotAccessible, PangoMissing, ResourceRefused, render_pdf

LETTERS = ("Zażółć gęślą jaźń", "õäöü šž", "āčēģīķļņšūž")
WHOLE = """<!doctype html><html lang="{lang}"><head><title>Vastus — Kadri</title>
<style>body {{ font-family: Inter }} b {{ font-weight: 700 }}</style>{head}</head>
<body><h1>Vastus</h1>{body}</body></html>"""


@pytest.fixture(autouse=True)
def fonts(settings: Settings) -> Path:
    """The real fonts, built once for a run."""
    var_dir = Path(settings.VAR_DIR)
    build_fonts(var_dir)
    return var_dir / "fonts"


def letter(body: str = "", *, head: str = "", lang: str = "et") -> str:
    return WHOLE.format(body=body, head=head, lang=lang)


def read(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def test_letters_of_every_language_can_be_read_out() -> None:
    body = "".join(f"<p>{letters} <b>{letters}</b></p>" for letters in LETTERS)

    text = read(render_pdf(letter(body))).pages[0].extract_text()

    for letters in LETTERS:
        assert text.count(letters) == 2


def test_pdf_is_tagged_titled_and_in_a_language() -> None:
    reader = read(render_pdf(letter("<p>Tere</p>", lang="pl")))

    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 (a BooleanObject)
    assert root["/StructTreeRoot"]["/Type"] == "/StructTreeRoot"
    assert root["/Lang"] == "pl"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert reader.metadata is not None
    assert reader.metadata.title == "Vastus — Kadri"
    xmp = root["/Metadata"].get_data().decode()
    assert 'pdfuaid:part="1"' in xmp


def test_only_our_font_is_in_it_and_embedded() -> None:
    reader = read(render_pdf(letter("<p>Zażółć <b>āčē</b></p>")))

    resources: Any = reader.pages[0]["/Resources"]
    fonts = resources["/Font"]
    names = {font.get_object()["/BaseFont"] for font in fonts.values()}
    assert len(names) == 2
    assert all("Inter" in name for name in names)
    for font in fonts.values():
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)


@pytest.mark.parametrize(
    "html",
    [
        '<html lang="et"><body>no title</body></html>',
        "<html><head><title>no language</title></head><body></body></html>",
    ],
)
def test_no_title_or_language_is_refused(html: str) -> None:
    with pytest.raises(NotAccessible):
        render_pdf(html)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/a.png",
        "https://example.com/a.png",
        "ftp://example.com/a.png",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "file://host/etc/passwd",
        "asset:../pyproject.toml",
        "asset:../../etc/passwd",
        "../pyproject.toml",
        "asset:not-there.png",
    ],
)
def test_anything_but_our_own_files_is_refused(url: str) -> None:
    with pytest.raises(ResourceRefused):
        render_pdf(letter(f'<img alt="x" src="{url}">'))


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("", '<p style="background: url(https://example.com/a.png)">x</p>'),
        ('<link rel="stylesheet" href="https://example.com/a.css">', ""),
        ("<style>@import url(https://example.com/a.css);</style>", ""),
        ("<style>@font-face { font-family: F; src: url(https://example.com/f.ttf) }</style>", ""),
        ('<link rel="attachment" href="file:///etc/passwd">', ""),
    ],
)
def test_no_way_of_asking_fetches_anything_else(head: str, body: str) -> None:
    with pytest.raises(ResourceRefused):
        render_pdf(letter(body, head=head))


def test_style_sheet_of_our_own_is_used(settings: Settings, tmp_path: Path, fonts: Path) -> None:
    (tmp_path / "static" / "css").mkdir(parents=True)
    (tmp_path / "static" / "css" / "letter.css").write_text("h1 { display: none }")
    settings.BASE_DIR = tmp_path
    linked = '<link rel="stylesheet" href="asset:css/letter.css">'
    by_file = f'<link rel="stylesheet" href="{(tmp_path / "static/css/letter.css").as_uri()}?v=1">'

    for head in (linked, by_file):
        assert read(render_pdf(letter("Tere", head=head))).pages[0].extract_text() == "Tere"


def test_symlink_out_of_the_folder_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "way-out.png").symlink_to("/etc/passwd")
    settings.BASE_DIR = tmp_path

    with pytest.raises(ResourceRefused):
        render_pdf(letter('<img alt="x" src="asset:way-out.png">'))


def test_missing_fonts_are_named(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path

    with pytest.raises(FontsMissing, match=r"inter-400\.woff2.*python -m embedded\.fonts"):
        render_pdf(letter())


def test_missing_pango_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a bare machine: importing WeasyPrint finds no system library."""
    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    ffi = importlib.import_module("cffi").FFI
    load = ffi.dlopen

    def without_pango(self: object, name: str, *args: object) -> object:
        if "pango" in str(name):
            raise OSError(f"cannot load library {name!r}")
        return load(self, name, *args)

    monkeypatch.setattr(ffi, "dlopen", without_pango)

    with pytest.raises(PangoMissing, match=r"libpango-1\.0-0 libpangoft2-1\.0-0"):
        render_pdf(letter())
