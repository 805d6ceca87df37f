"""Connectors: how a resource of the map is reached."""

from collections.abc import Callable

from datamap.connectors.base import Connector, ExtractedRow, JSONValue, Reader
from datamap.connectors.errors import (
    SourceError,
    SourceMismatch,
    SourceRefused,
    SourceTimeout,
    SourceUnavailable,
)
from datamap.connectors.sql import SqlConnector
from datamap.domain.schema import Resource

__all__ = [
    "Connector",
    "ExtractedRow",
    "JSONValue",
    "Reader",
    "SourceError",
    "SourceMismatch",
    "SourceRefused",
    "SourceTimeout",
    "SourceUnavailable",
    "connector_for",
]

_BY_KIND: dict[str, Callable[[Resource], Connector]] = {"sql": SqlConnector}


def connector_for(resource: Resource) -> Connector:
    """Return the connector of a resource, by its `connector.kind`. Nothing is opened yet."""
    return _BY_KIND[resource.connector.kind](resource)
