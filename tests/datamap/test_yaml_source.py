"""YAML without its surprises, and each mistake with its line."""

import pytest

from datamap.domain.yaml_source import MapError, Plain, read_document


def told(text: str) -> str:
    with pytest.raises(MapError) as refused:
        read_document("map.yaml", text)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on: {a: b}", {"on": {"a": "b"}}),
        ("country: NO", {"country": "NO"}),
        ("a: true\nb: false\nc: yes", {"a": True, "b": False, "c": "yes"}),
        ("a: 12\nb: -3\nc: 0\nd: 012\ne: 1.5", {"a": 12, "b": -3, "c": 0, "d": "012", "e": "1.5"}),
        ("a: 2026-01-31", {"a": "2026-01-31"}),
        ("a: null\nb:\nc: ~", {"a": None, "b": None, "c": None}),
        ("a: [1, {b: c}]", {"a": [1, {"b": "c"}]}),
        ("x: &t {a: b}\ny: *t", {"x": {"a": "b"}, "y": {"a": "b"}}),
        ("", {}),
    ],
)
def test_values_are_what_they_look_like(text: str, expected: dict[str, Plain]) -> None:
    assert read_document("map.yaml", text).data == expected


def test_lines_are_found_by_key_and_by_place() -> None:
    document = read_document("map.yaml", "a:\n  b:\n    - 1\n    - c: d\n  e: f\n")
    assert document.line_of(()) == 1
    assert document.line_of(("a", "b", 1, "c")) == 4
    assert document.line_of(("a", 1)) == 5
    assert document.line_of(("a", "b", "missing")) == 2
    assert document.line_of(("a", "b", 7)) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: 1\nb:\n  c: 1\n  c: 2",
            "map.yaml:4: b.c: is given twice, first in line 3; keep one of them",
        ),
        ("a: [1", "map.yaml:1: is not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\n---\nb: 2", "map.yaml:2: is not valid YAML: but found another document"),
        ("a: *nobody", "map.yaml:1: is not valid YAML: found undefined alias 'nobody'"),
        ("a: \x00", "map.yaml: is not valid YAML text"),
        ("- a", "map.yaml:1: must be a mapping, `key: value`, at its top"),
        ("a:\n  ? [b]\n  : c", "map.yaml:2: a: has a key that is not a word; write `key: value`"),
        ("x: &t {a: b}\ny:\n  <<: *t", "map.yaml:3: y: `<<` is not read; write the keys out"),
        ("a: " + "[" * 1000 + "]" * 1000, "map.yaml: is nested too deeply"),
        ("#" * 1_000_001, "map.yaml: is larger than 1 MB; divide it into several files"),
    ],
)
def test_what_is_no_map_is_told(text: str, expected: str) -> None:
    assert told(text) == expected


def test_an_alias_that_multiplies_itself_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert told("\n".join(lines)).endswith(
        "is too large once its aliases are followed; use fewer of them"
    )


def test_an_alias_that_holds_itself_is_refused() -> None:
    assert "once its aliases are followed" in told("a: &a\n  b: *a")
