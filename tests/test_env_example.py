"""`.env.example` is the one list of variables: nothing is missing in it, nothing is made up."""

import re
from itertools import pairwise

from embedded.launch import BASE_DIR, DATABASES

_READ = re.compile(r'(?:\benv\.\w+|\b_\w+|\bis_set|\w+_port|environ\.get)\(\s*"([A-Z][A-Z0-9_]+)"')
_COMPOSED = re.compile(r"\$\{([A-Z][A-Z0-9_]+)")


def named_in_example() -> list[str]:
    text = (BASE_DIR / ".env.example").read_text(encoding="utf-8")
    return re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, flags=re.MULTILINE)


def read_by_the_product() -> set[str]:
    packages = ("apifonica_privacy", "embedded", "demo")
    sources = [path for package in packages for path in (BASE_DIR / package).rglob("*.py")]
    found = {name for path in sources for name in _READ.findall(path.read_text(encoding="utf-8"))}
    return found | set(DATABASES)


def test_every_variable_that_is_read_is_in_the_example() -> None:
    compose = (BASE_DIR / "docker-compose.yml").read_text(encoding="utf-8")

    assert sorted(named_in_example()) == sorted(
        read_by_the_product() | set(_COMPOSED.findall(compose))
    )


def test_every_variable_is_explained_and_none_is_set() -> None:
    blocks = (BASE_DIR / ".env.example").read_text(encoding="utf-8").splitlines()
    for before, line in pairwise(blocks):
        if re.match(r"#?[A-Z][A-Z0-9_]+=", line):
            assert line.startswith("#"), line
            assert before.startswith("#"), line
