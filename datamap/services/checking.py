"""Comparing the map with the live sources."""

from collections.abc import Iterator

from datamap.connectors.errors import SourceError
from datamap.connectors.manual_asking import owner_of
from datamap.connectors.sql_indexes import compared_expressions, generated_expressions
from datamap.connectors.sql_live import live_tables
from datamap.domain.by_hand import is_by_hand
from datamap.domain.live import Difference, differences
from datamap.domain.schema import DataMap, Resource


def check_sources(datamap: DataMap) -> Iterator[Difference]:
    """Yield every difference between the map and its sources; a source that cannot be asked is
    one too.
    """
    for resource in datamap.resources:
        yield from _check(resource)


def _check(resource: Resource) -> Iterator[Difference]:
    if is_by_hand(resource):  # no schema to compare with, but somebody has to be there
        if owner_of(resource) is None:
            message = f"its owner, {resource.owner.email}, has no active account; invite them"
            yield Difference(resource.id, message)
        return
    try:
        live, expressions = live_tables(resource), compared_expressions(resource)
        generated = generated_expressions(resource)
    except SourceError as error:
        yield Difference(resource.id, error.advice)
        return
    yield from differences(resource, live, expressions, generated)
