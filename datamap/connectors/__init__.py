"""Connectors: how a resource of the map is reached."""

from collections.abc import Callable

from datamap.connectors.base import Connector, ExtractedRow, JSONValue, Reader
from datamap.connectors.errors import (
    AwaitingPerson,
    SourceError,
    SourceMismatch,
    SourceRefused,
    SourceTimeout,
    SourceUnavailable,
)
from datamap.connectors.manual import ManualConnector
from datamap.connectors.sql import SqlConnector
from datamap.domain.schema import Resource

__all__ = [
    "AwaitingPerson",
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

_BY_KIND: dict[str, Callable[[Resource, str], Connector]] = {
    "sql": lambda resource, _reference: SqlConnector(resource),
    "manual": ManualConnector,
}


def connector_for(resource: Resource, *, reference: str = "") -> Connector:
    """Return the connector of a resource, by its `connector.kind`. Nothing is opened yet.

    `reference` is opaque and says for what the source is used ("case:<uuid>"). A database does not
    care; a person who is asked for the same reference a second time has answered already, so give
    the same one for a search and the change that follows from it, and another for a new search.
    """
    return _BY_KIND[resource.connector.kind](resource, reference)
