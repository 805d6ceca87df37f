"""What is written is read back as it was, whatever the texts hold."""

from hypothesis import given
from hypothesis import strategies as st

from datamap.domain.yaml_source import read_document
from datamap.domain.yaml_writing import Alias, Anchored, Flow, Noted, comment, write_yaml

# What YAML itself cannot hold, even escaped, and what its reader takes as the end of the text.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXTS.filter(bool)
FLOWS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(bool), inner, max_size=3)
    ),
    max_leaves=8,
)


def read(text: str) -> dict[str, object]:
    return dict(read_document("x.yaml", text).data)


@given(st.dictionaries(TEXTS.filter(bool), SCALARS | st.builds(Noted, SCALARS, TEXTS), max_size=5))
def test_texts_and_comments_come_back(document: dict[str, object]) -> None:
    wanted = {
        key: value.value if isinstance(value, Noted) else value for key, value in document.items()
    }
    assert read(write_yaml(document)) == wanted  # type: ignore[arg-type]


@given(st.dictionaries(TEXTS.filter(bool), FLOWS, max_size=4))
def test_nested_values_come_back(document: dict[str, object]) -> None:
    assert read(write_yaml(document)) == document  # type: ignore[arg-type]
    flows = {
        key: Flow(value) if isinstance(value, dict | list) else value
        for key, value in document.items()
    }
    assert read(write_yaml(flows)) == document  # type: ignore[arg-type]


def test_the_form() -> None:
    names = Anchored("name", Flow({"en": "Name", "pl": "Imię"}))
    text = write_yaml(
        {
            "x-titles": {"name": names},
            "tables": {
                "a b": Noted(
                    {"on": True, "find": [Noted(Flow({"key": "email"}), "decide: so?")]}, "x"
                ),
                "c": Flow({"class": "personal", "title": Alias("name"), "no": None}),
            },
        }
    )
    assert text == (
        "x-titles:\n"
        "  name: &name {en: Name, pl: Imię}\n"
        "\n"
        "tables:\n"
        '  "a b":  # x\n'
        "    on: true\n"
        "    find:\n"
        "      - {key: email}  # decide: so?\n"
        "  c: {class: personal, title: *name, no: }\n"
    )


def test_a_comment_stays_on_its_line() -> None:
    assert comment("a\nresource: b\x85c\u2028d") == "# a resource: b c d"


def test_words_that_yaml_reads_otherwise_are_quoted() -> None:
    document = {"a": "null", "b": "yes", "c": "12", "d": "2026-01-31", "e": "x: y", "f": "# z"}
    assert read(write_yaml(document)) == document
