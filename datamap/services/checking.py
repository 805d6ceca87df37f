"""Comparing the map with the live sources."""

from collections.abc import Iterator

from datamap.connectors.errors import SourceError
from datamap.connectors.sql_indexes import compared_expressions, generated_expressions
from datamap.connectors.sql_live import live_tables
from datamap.domain.live import Difference, differences
from datamap.domain.schema import DataMap, Resource


def check_sources(datamap: DataMap) -> Iterator[Difference]:
    """Yield every difference between the map and its sources; a source that cannot be asked is
    one too.
    """
    for resource in datamap.resources:
        yield from _check(resource)


def _check(resource: Resource) -> Iterator[Difference]:
    try:
        live, expressions = live_tables(resource), compared_expressions(resource)
        generated = generated_expressions(resource)
    except SourceError as error:
        yield Difference(resource.id, error.advice)
        return
    yield from differences(resource, live, expressions, generated)
