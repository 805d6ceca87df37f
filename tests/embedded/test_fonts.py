"""The web fonts, made from the wheel. The run itself had them made; see `tests.plugins.servers`."""

import os
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from embedded.fonts import FONT_FILES, main


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A copy of what was made from the wheel."""
    shutil.copytree(Path(os.environ["VAR_DIR"], "fonts"), tmp_path / "fonts")
    return tmp_path


@pytest.mark.parametrize(("weight", "name"), FONT_FILES.items())
def test_font_is_one_static_weight_with_the_letters_of_our_languages(
    built: Path, weight: int, name: str
) -> None:
    font = TTFont(built / "fonts" / name)
    letters = "aąćęłńóśźż ĀčēģīķļņŠū õäöü Привіт „“”–—…€→✓−"

    assert set(map(ord, letters)) - set(font.getBestCmap()) == set()
    assert font["OS/2"].usWeightClass == weight
    assert "fvar" not in font
    assert font.flavor == "woff2"


def test_tabular_figures_leave_hyphens_and_spaces_alone(built: Path) -> None:
    font = TTFont(built / "fonts" / FONT_FILES[400])
    layout = font["GSUB"].table
    features = [f.Feature for f in layout.FeatureList.FeatureRecord if f.FeatureTag == "tnum"]
    lookups = {index for feature in features for index in feature.LookupListIndex}
    widened = {
        glyph
        for index in lookups
        for extension in layout.LookupList.Lookup[index].SubTable
        for glyph in getattr(extension, "ExtSubTable", extension).mapping
    }

    assert len(widened) == 10
    assert not widened & {"hyphen", "space"}


def test_fonts_are_not_made_twice(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(built)]) == 0
    assert capsys.readouterr().out == ""


def test_fonts_are_made_again_when_one_is_missing(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = built / "fonts" / FONT_FILES[600]
    whole = missing.read_bytes()
    missing.unlink()
    others = {path: path.stat().st_mtime_ns for path in (built / "fonts").glob("*.woff2")}

    assert main([str(built)]) == 0
    assert TTFont(missing).getBestCmap() == TTFont(BytesIO(whole)).getBestCmap()
    assert {path: path.stat().st_mtime_ns for path in others} == others
    assert capsys.readouterr().out == f"Fonts made in {built / 'fonts'}\n"
    assert sorted(path.name for path in (built / "fonts").iterdir()) == [
        ".made-from",
        *FONT_FILES.values(),
    ]


def test_wrong_call_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err == "Usage: python -m embedded.fonts VAR_DIR\n"
