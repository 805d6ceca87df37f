"""`datamap check` and `datamap indexes` where people are the source."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.datamap import archive

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("datamap", *arguments, stdout=out)
    return out.getvalue()


def test_an_owner_without_an_account_is_told(tmp_path: Path) -> None:
    archive.load(tmp_path)
    expected = "^archive: its owner, archive@apifonica.com, has no active account; invite them$"
    with pytest.raises(CommandError, match=expected):
        run("check")
    owner = archive.make_owner()
    assert run("check").startswith("The map and its sources agree: 1 resources, 2 tables")
    owner.is_active = False
    owner.save()
    with pytest.raises(CommandError, match=expected):
        run("check")


def test_people_need_no_indexes(tmp_path: Path) -> None:
    archive.load(tmp_path)
    assert run("indexes") == ""
