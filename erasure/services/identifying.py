"""Which identifiers our records join to those that a plan searches with."""

from datamap.connectors import connector_for
from datamap.domain.keys import SubjectKeys
from datamap.domain.links import linked_columns
from datamap.domain.schema import DataMap
from erasure.services.leases import Beat


def joined_to(
    keys: SubjectKeys, data_map: DataMap, *, reference: str, beat: Beat
) -> set[tuple[str, str]]:
    """Return the further identifiers, as (kind, value), that records found by `keys` hold.

    One step only: a plan searches with what staff have looked at, and what is joined to it is
    shown or stops it, never taken up. `beat` is called before each source. Raises SourceError.
    """
    found: set[tuple[str, str]] = set()
    for resource in data_map.resources:
        columns = linked_columns(data_map, resource.id)
        if columns or any(table.identifies for table in resource.tables):
            beat()
            with connector_for(resource, reference=reference).snapshot() as reader:
                further = (*reader.locate(keys).found, *reader.links(columns, keys))
            found |= {(one.kind, one.value) for one in further}
    return found - set(keys)


def united(*many: SubjectKeys) -> SubjectKeys:
    """Return all identifiers of several sets, each once."""
    return SubjectKeys.of_pairs(pair for keys in many for pair in keys)
