"""Makes the web fonts from the Inter wheel: `python -m embedded.fonts VAR_DIR`.

One full file per weight: files split by unicode-range garble Polish, Estonian and Latvian letters
in WeasyPrint. Cyrillic is in, because names of people are. The character set is cut down once,
before the weights are drawn in parallel, which takes a few seconds instead of fifteen.
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FONT_FILES = {400: "inter-400.woff2", 600: "inter-600.woff2", 700: "inter-700.woff2"}

_SOURCE = "files/Inter[opsz,wght].ttf"
_TEXT_OPTICAL_SIZE = 14
_FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "liga", "tnum", "case"]
_DIGITS = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
_RANGES = (
    (0x0020, 0x007E),  # Basic Latin
    (0x00A0, 0x024F),  # Latin-1, Latin Extended-A and -B
    (0x0300, 0x0338),  # combining marks
    (0x0400, 0x045F),  # Cyrillic
    (0x0490, 0x0491),
    (0x2010, 0x2044),  # dashes, quotation marks, bullets
    (0x2190, 0x2199),  # arrows
)
_SINGLE = (0x1E9E, 0x20AC, 0x2116, 0x2122, 0x2212, 0x2248, 0x2264, 0x2265, 0x2713, 0x2717)


def font_source() -> Path:
    """Return the variable font in the wheel."""
    spec = find_spec("fontpkg_inter")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("The package fontpkg-inter is not installed.")
    return Path(spec.origin).parent / _SOURCE


def build_fonts(var_dir: Path) -> list[Path]:
    """Write the weights that are missing to `var_dir`/fonts and return what was written.

    A weight is missing too when it was made from another version or by another recipe.
    Each file appears whole or not at all, so that two starters at once do no harm.
    """
    target = var_dir / "fonts"
    stamp = target / ".made-from"
    recipe = f"{version('fontpkg-inter')} {_RANGES} {_SINGLE} {_FEATURES} tabular digits"
    current = stamp.is_file() and stamp.read_text() == recipe
    missing = {
        weight: target / name
        for weight, name in FONT_FILES.items()
        if not (current and (target / name).is_file())
    }
    if not missing:
        return []
    target.mkdir(parents=True, exist_ok=True)
    cut_down = _subset(font_source())
    written = []
    with ProcessPoolExecutor(len(missing), mp_context=get_context("spawn")) as pool:
        drawn = pool.map(_draw_weight, [cut_down] * len(missing), missing)
        for path, content in zip(missing.values(), drawn, strict=True):
            written.append(_write(path, content))
    _write(stamp, recipe.encode())
    return written


def _codepoints() -> Iterator[int]:
    for first, last in _RANGES:
        yield from range(first, last + 1)
    yield from _SINGLE


def _subset(source: Path) -> bytes:
    options = Options()
    options.layout_features = _FEATURES
    options.hinting = False
    options.notdef_outline = True
    font = TTFont(source, lazy=True)
    _keep_tabular_digits(font)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=_codepoints())
    subsetter.subset(font)
    return _saved(font)


def _keep_tabular_digits(font: TTFont) -> None:
    """Give digits alone one width: Inter also widens hyphens and spaces, in the midst of words."""
    layout = font["GSUB"].table
    features = [f.Feature for f in layout.FeatureList.FeatureRecord if f.FeatureTag == "tnum"]
    for index in {number for feature in features for number in feature.LookupListIndex}:
        for extension in layout.LookupList.Lookup[index].SubTable:
            substitution = getattr(extension, "ExtSubTable", extension)
            digits = {key: value for key, value in substitution.mapping.items() if key in _DIGITS}
            substitution.mapping = digits


def _draw_weight(variable: bytes, weight: int) -> bytes:
    font = TTFont(BytesIO(variable))
    static = instantiateVariableFont(font, {"wght": weight, "opsz": _TEXT_OPTICAL_SIZE})
    static.flavor = "woff2"
    return _saved(static)


def _saved(font: TTFont) -> bytes:
    buffer = BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    return draft.rename(path)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("Usage: python -m embedded.fonts VAR_DIR", file=sys.stderr)
        return 2
    written = build_fonts(Path(arguments[0]))
    if written:
        print(f"Fonts made in {written[0].parent}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
