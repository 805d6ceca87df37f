"""The web fonts, made from the wheel."""

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from embedded.fonts import FONT_FILES, build_fonts, main


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    var_dir = tmp_path_factory.mktemp("var")
    written = build_fonts(var_dir)
    assert [path.name for path in written] == list(FONT_FILES.values())
    return var_dir


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
    (built / "fonts" / FONT_FILES[600]).unlink()

    assert main([str(built)]) == 0
    assert capsys.readouterr().out == f"Fonts made in {built / 'fonts'}\n"
    assert sorted(path.name for path in (built / "fonts").iterdir()) == [
        ".made-from",
        *FONT_FILES.values(),
    ]


def test_wrong_call_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err == "Usage: python -m embedded.fonts VAR_DIR\n"
