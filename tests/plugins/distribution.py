"""With `-n`: which tests stay together on one worker.

The browser tests share one running product, so one worker takes them all, and takes them first,
for they last the longest. Every other test goes to whichever worker is free.

xdist has marks for this (`xdist_group`), but with pytest 9.2 they are passed over in silence:
https://github.com/pytest-dev/pytest-xdist/issues/1386
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_TOGETHER = "tests/browser/"


class Together(LoadScopeScheduling):  # type: ignore[misc] # xdist says nothing of its types
    """Hands out the tests of one folder as one piece of work, all others one by one."""

    def _split_scope(self, nodeid: str) -> str:
        return _TOGETHER if nodeid.startswith(_TOGETHER) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together | None:
    """Ours stands in for xdist's default; who asks for another with `--dist` gets that."""
    return Together(config, log) if config.getvalue("dist") == "load" else None
