"""`manage.py datamap load` and `diff`: contents of the map beside the one in force."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import CommandError, OutputWrapper
from django.utils import timezone

from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.changes import Change, Kind, differences, document_of, widens
from datamap.domain.loads import LoadState
from datamap.queries import changes_of, current_map
from datamap.services import load_map, read_map

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_SIGNS = {Kind.ADDED: "+", Kind.REMOVED: "-", Kind.CHANGED: "~"}


def add_arguments(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the verbs that load a content or compare one with the map in force."""
    load = verbs.add_parser(
        "load", help="validate the files; in force at once, or proposed where they widen"
    )
    load.add_argument("--dir", type=Path, default=settings.DATAMAP_DIR)
    load.add_argument("--by", metavar="EMAIL", default="", help="whose proposal it is")
    diff = verbs.add_parser("diff", help="what the files would change; exit 1 where they widen")
    diff.add_argument("--dir", type=Path, default=settings.DATAMAP_DIR)


def load(options: dict[str, Any], out: OutputWrapper) -> None:
    """Load the files and say whether they are in force."""
    user = _member(options["by"])
    by = Actor.staff(user.pk) if user else Actor.system("datamap")
    made = load_map(directory=options["dir"], by=by, at=timezone.now(), user=user)
    if LoadState(made.state) is not LoadState.PROPOSED:
        out.write(f"The data map in force is {made.version.hash}.")
        return
    _tell(changes_of(made), out)
    out.write(
        f"{made.version.hash} may let more be erased than the map in force. It waits for a second "
        "person to confirm it at /staff/data-map/; until then nothing changes."
    )


def diff(options: dict[str, Any], out: OutputWrapper) -> None:
    """Print what the files change; CommandError where that widens what is erased."""
    changes = differences(document_of(current_map()), document_of(read_map(options["dir"])))
    _tell(changes, out)
    if not changes:
        out.write("The files are the map in force.")
    if widens(changes):
        count = sum(one.widens for one in changes)
        raise CommandError(
            f"{count} of {len(changes)} changes may let more be erased: a second person confirms "
            "them after `load`."
        )


def _tell(changes: tuple[Change, ...], out: OutputWrapper) -> None:
    for one in changes:
        out.write(f"{_SIGNS[one.kind]} {one.where}{'  (widens)' if one.widens else ''}")


def _member(email: str) -> User | None:
    if not email:
        return None
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise CommandError("--by names no active member of staff; give their e-mail address.")
    return user
