"""Letters as PDF/UA-1: tagged, titled, in a stated language, with our own fonts embedded.

Irreversible once sent, so nothing is guessed: a missing font, image, title or language is an error
and never a letter that looks almost right. Nothing is fetched from the network.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from django.conf import settings

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcherResponse

FONT_FAMILY = "Inter"
_FONT_FILES = {400: "inter-400.woff2", 600: "inter-600.woff2", 700: "inter-700.woff2"}
_ASSET = "asset:"
_OPTIONS: dict[str, Any] = {"pdf_variant": "pdf/ua-1"}


class PdfError(Exception):
    """A letter could not be made."""


class PangoMissing(PdfError):
    """The system library that lays out text is not installed."""


class FontsMissing(PdfError):
    """The fonts were not built."""


class ResourceRefused(PdfError):
    """The HTML asks for something that is not ours, or cannot be read."""


class NotAccessible(PdfError):
    """PDF/UA needs a title and a language, and the HTML has none."""


def render_pdf(html: str) -> bytes:
    """Return the PDF of a whole HTML document that has `<html lang>` and `<title>`.

    The font family is "Inter" in the weights 400, 600 and 700. Images and style sheets are
    `asset:PATH` (under static/) or `file:` URLs under static/ or VAR_DIR/fonts. A table of
    thousands of rows takes seconds: data belongs in the package's files, not in a letter.
    """
    try:
        import weasyprint  # noqa: PLC0415 (loads Pango, which may be missing)
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
        from weasyprint.urls import FatalURLFetchingError, URLFetcher  # noqa: PLC0415
    except OSError as error:
        raise PangoMissing(
            "WeasyPrint needs Pango. On Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0"
        ) from error

    class OwnFilesFetcher(URLFetcher):  # type: ignore[misc] # the base is known once Pango is there
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> "URLFetcherResponse":
            return super().fetch(_allowed(url).as_uri(), headers)

    fetcher = OwnFilesFetcher(fail_on_errors=True)
    fonts = FontConfiguration()
    try:
        document = weasyprint.HTML(string=html, base_url=_ASSET, url_fetcher=fetcher).render(
            stylesheets=[
                weasyprint.CSS(string=_font_css(), font_config=fonts, url_fetcher=fetcher)
            ],
            font_config=fonts,
            **_OPTIONS,
        )
        _refuse_inaccessible(document.metadata)
        return bytes(document.write_pdf(**_OPTIONS))
    except FatalURLFetchingError as error:
        raise ResourceRefused(str(error.__cause__)) from error


def _refuse_inaccessible(metadata: Any) -> None:  # noqa: ANN401 (untyped library)
    if not metadata.title:
        raise NotAccessible("The letter has no <title>.")
    if not metadata.lang:
        raise NotAccessible("The letter has no <html lang>.")


def _font_css() -> str:
    directory = Path(settings.VAR_DIR) / "fonts"
    missing = [name for name in _FONT_FILES.values() if not (directory / name).is_file()]
    if missing:
        raise FontsMissing(
            f"{', '.join(missing)} not found in {directory}. Make: python -m embedded.fonts VAR_DIR"
        )
    return "\n".join(
        f'@font-face {{ font-family: "{FONT_FAMILY}"; font-weight: {weight}; '
        f'src: url("{(directory / name).as_uri()}") }}'
        for weight, name in _FONT_FILES.items()
    )


def _allowed(url: str) -> Path:
    """Return the file behind `url` if it is one of ours, else raise ResourceRefused."""
    static = Path(settings.BASE_DIR) / "static"
    if url.startswith(_ASSET):
        path = static / url.removeprefix(_ASSET).lstrip("/")
    elif url.startswith("file:///"):
        path = Path(url2pathname(urlsplit(url).path))
    else:
        scheme = url.partition(":")[0]
        raise ResourceRefused(f"Letters fetch nothing by {scheme}:, only our own files.")
    resolved = path.resolve()
    roots = [static.resolve(), (Path(settings.VAR_DIR) / "fonts").resolve()]
    if not any(resolved.is_relative_to(root) for root in roots):
        raise ResourceRefused("A letter asks for a file outside static/ and fonts.")
    if not resolved.is_file():
        raise ResourceRefused(f"{resolved.name} is not there.")
    return resolved
