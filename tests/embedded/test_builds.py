import os

import pytest

from embedded.builds import manage, run_module
from embedded.refusals import StartRefused


def test_command_gives_what_it_printed() -> None:
    assert manage("version", environment=os.environ).startswith("5.2")


def test_command_that_fails_is_named_with_its_last_words() -> None:
    with pytest.raises(StartRefused) as refusal:
        manage("no_such_command", environment=os.environ)

    assert str(refusal.value).startswith("manage.py no_such_command failed:\n")
    assert "Unknown command: 'no_such_command'" in str(refusal.value)


def test_module_that_fails_is_named() -> None:
    with pytest.raises(StartRefused, match=r"-m embedded\.no_such_module failed:"):
        run_module("embedded.no_such_module", environment=os.environ)
