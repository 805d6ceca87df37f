"""Loading a data map: from files to the current version."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.db import transaction

from audit.domain.actor import Actor
from audit.services import record
from datamap.domain.assembly import assemble
from datamap.domain.schema import DataMap
from datamap.domain.yaml_source import MapError, Problem
from datamap.models import MapVersion
from datamap.sql import hold_loading_lock

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


def document_of(datamap: DataMap) -> dict[str, object]:
    """Return the map as it is stored: names as in YAML, nothing that only says the default."""
    return datamap.model_dump(mode="json", by_alias=True, exclude_none=True)


def hash_of(document: Mapping[str, object]) -> str:
    """Return the SHA-256 (hex) of the document as canonical JSON."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


@transaction.atomic
def load_map(*, directory: Path, by: Actor, at: datetime) -> MapVersion:
    """Make the content of `directory` the map in force and return its version.

    The content in force loaded again changes nothing and records nothing. Raises MapError with
    all mistakes; the version in force then stays.
    """
    datamap = read_map(directory)
    document = document_of(datamap)
    digest = hash_of(document)
    hold_loading_lock()
    current = MapVersion.objects.filter(is_current=True).first()
    if current is not None and current.hash == digest:
        return current
    MapVersion.objects.filter(is_current=True).update(is_current=False)
    version, _ = MapVersion.objects.update_or_create(
        hash=digest,
        defaults={"is_current": True},
        create_defaults={
            "document": document,
            "loaded_at": at,
            "loaded_by": f"{by.kind.value}:{by.ref}",
            "is_current": True,
        },
    )
    tables = [table for resource in datamap.resources for table in resource.tables]
    record(
        "datamap.loaded",
        by=by,
        at=at,
        object_kind="datamap",
        object_id=digest,
        data={
            "hash": digest,
            "resources": len(datamap.resources),
            "tables": len(tables),
            "columns": sum(len(table.columns) for table in tables),
        },
    )
    return version
