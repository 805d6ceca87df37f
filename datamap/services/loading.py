"""Loading a data map: from files to the version in force, or to a proposal.

Safety: a content that may let more be erased than the one in force takes force only when a second
person has confirmed it, see `confirming` (ADR 8).
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from audit.services import record
from datamap.domain.assembly import assemble
from datamap.domain.changes import differences, document_of, widens
from datamap.domain.loads import LoadState
from datamap.domain.schema import DataMap
from datamap.domain.yaml_source import MapError, Problem
from datamap.models import MapLoad, MapVersion
from datamap.queries import map_of
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


def hash_of(document: Mapping[str, object]) -> str:
    """Return the SHA-256 (hex) of the document as canonical JSON."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


@transaction.atomic
def load_map(*, directory: Path, by: Actor, at: datetime, user: User | None = None) -> MapLoad:
    """Load the content of `directory`: into force, or as a proposal where it widens what is erased.

    The first map of all takes force at once. `user` is who loads it, where known. The content in
    force loaded again changes nothing, but withdraws a proposal that waits; the same proposal
    loaded again stays as it is. Raises MapError with all mistakes; nothing is changed then.
    """
    datamap = read_map(directory)
    document = document_of(datamap)
    digest = hash_of(document)
    hold_loading_lock()
    current = MapVersion.objects.filter(is_current=True).first()
    waiting = MapLoad.objects.filter(state=LoadState.PROPOSED.value).select_related("version")
    proposed = waiting.first()
    if proposed is not None and proposed.version.hash == digest:
        return proposed
    if current is not None and current.hash == digest:
        if proposed is None and (last := current.loads.first()) is not None:
            return last
        return _loaded(current, current, LoadState.APPLIED, by=by, at=at, user=user)
    version, _ = MapVersion.objects.get_or_create(
        hash=digest,
        defaults={
            "document": document,
            "loaded_at": at,
            "loaded_by": f"{by.kind.value}:{by.ref}",
        },
    )
    if current is not None and widens(differences(document_of(map_of(current.hash)), document)):
        return _loaded(version, current, LoadState.PROPOSED, by=by, at=at, user=user)
    put_in_force(version)
    return _loaded(version, current, LoadState.APPLIED, by=by, at=at, user=user)


def put_in_force(version: MapVersion) -> None:
    """Make a version the current one; call under the loading lock."""
    MapVersion.objects.filter(is_current=True).update(is_current=False)
    MapVersion.objects.filter(pk=version.pk).update(is_current=True)
    version.is_current = True


def _loaded(
    version: MapVersion,
    before: MapVersion | None,
    state: LoadState,
    *,
    by: Actor,
    at: datetime,
    user: User | None,
) -> MapLoad:
    """Write the load and its event; a proposal that waited is replaced."""
    MapLoad.objects.filter(state=LoadState.PROPOSED.value).update(state=LoadState.REPLACED.value)
    load = MapLoad.objects.create(
        version=version, before=before, state=state.value, loaded_at=at, loaded_by=user
    )
    tables = [table for one in map_of(version.hash).resources for table in one.tables]
    verb = "datamap.proposed" if state is LoadState.PROPOSED else "datamap.loaded"
    record(
        verb,
        by=by,
        at=at,
        object_kind="datamap",
        object_id=version.hash,
        data={
            "hash": version.hash,
            "resources": len(map_of(version.hash).resources),
            "tables": len(tables),
            "columns": sum(len(table.columns) for table in tables),
        },
    )
    return load
