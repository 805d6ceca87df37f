"""Loading a data map: from files to the current version."""

from pathlib import Path

from datamap.domain.assembly import assemble
from datamap.domain.schema import DataMap
from datamap.domain.yaml_source import MapError, Problem

_MAX_FILES = 500


def read_map(directory: Path) -> DataMap:
    """Return the map that the YAML files of `directory` make; MapError tells all mistakes."""
    try:
        paths = sorted(
            path for path in directory.iterdir() if path.suffix.lower() in {".yaml", ".yml"}
        )
    except OSError:
        message = "is no directory that can be read; set DATAMAP_DIR or --dir"
        raise MapError([Problem(str(directory), 0, "", message)]) from None
    if not paths or len(paths) > _MAX_FILES:
        message = f"must hold between 1 and {_MAX_FILES} YAML files, and holds {len(paths)}"
        raise MapError([Problem(str(directory), 0, "", message)])
    files, unreadable = {}, []
    for path in paths:
        try:
            files[path.name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            unreadable.append(Problem(path.name, 0, "", "cannot be read as UTF-8 text"))
    if unreadable:
        raise MapError(unreadable)
    return assemble(files)
