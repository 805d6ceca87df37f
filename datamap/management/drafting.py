"""`manage.py datamap discover` and `import-fides`: drafts of a map, written to files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import CommandError, OutputWrapper

from datamap.services.discovery import Discovered, discover
from datamap.services.fides import import_fides, read_texts

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_SOURCE = (
    "name of the environment variable with the address, such as SOURCE_PLATFORM_URL; an address "
    "is taken too, but stays in the history of your shell"
)


def add_arguments(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the verbs that draft maps."""
    found = verbs.add_parser("discover", help="draft the map of a live database")
    found.add_argument("source", metavar="VARIABLE", help=_SOURCE)
    found.add_argument("--resource", metavar="ID", default="", help="its id; default: by its name")
    found.add_argument("--out", type=Path, metavar="FILE", help="a new file; default: printed")
    brought = verbs.add_parser("import-fides", help="draft maps from Fides dataset files")
    brought.add_argument("files", type=Path, nargs="+", metavar="FILE")
    brought.add_argument("--out", type=Path, metavar="DIR", help="for one new file a dataset")


def draft_live(options: dict[str, Any], out: OutputWrapper, told: OutputWrapper) -> None:
    """Draft the map of a live database into a file or to `out`, and say what there is to do."""
    target: Path | None = options["out"]
    if target is not None and target.exists():
        raise CommandError(f"{target} exists already; name another file.")
    found = discover(
        source=options["source"], urls=settings.SOURCE_URLS, resource=options["resource"]
    )
    if target is None:
        out.write(found.text)
    else:
        write_new(target, found.text)
    told.write(_summary(found))


def draft_fides(options: dict[str, Any], out: OutputWrapper, told: OutputWrapper) -> None:
    """Draft the maps of Fides datasets into a directory or, for a single one, to `out`."""
    drafts = import_fides(read_texts(options["files"]))
    directory: Path | None = options["out"]
    if directory is None and len(drafts) > 1:
        raise CommandError(f"The files hold {len(drafts)} datasets; give a directory with --out.")
    targets = {one.resource: (directory or Path()) / f"{one.resource}.yaml" for one in drafts}
    if directory is not None and (there := [str(one) for one in targets.values() if one.exists()]):
        raise CommandError(f"{', '.join(there)} exists already; name another directory.")
    for one in drafts:
        if directory is None:
            out.write(one.text)
        else:
            write_new(targets[one.resource], one.text)
        told.write(
            f"Drafted {one.resource}: {one.tables} tables with {one.columns} columns, "
            f"{one.plain_tables} tables without personal data. "
            f"Look for the {one.decisions} comments `# decide:`."
        )


def _summary(found: Discovered) -> str:
    return (
        f"Drafted {found.resource}: {found.tables} tables with {found.columns} columns, "
        f"{found.plain_tables} tables without personal data. "
        f"Look for the {found.decisions} comments `# decide:`."
    )


def write_new(target: Path, text: str) -> None:
    """Write a file that does not exist yet; CommandError where that is not possible."""
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise CommandError(f"{target} exists already; name another file.") from None
    except OSError:
        raise CommandError(f"{target} cannot be written.") from None
