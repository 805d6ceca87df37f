"""Drafting a data map from a live database. Only a draft: nothing is loaded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from datamap.connectors.sql_discovering import seen_schema
from datamap.domain.basics import Contact, LocalizedText, Location
from datamap.domain.discovered import drafted
from datamap.domain.drafting import Drafting
from datamap.domain.schema import Resource, SqlConnector
from lib.refusals import Refusal

_VARIABLE = re.compile(r"SOURCE_([A-Z0-9_]+)_URL")
_ID = re.compile(r"[a-z][a-z0-9_]{0,62}")
_THE_ADDRESS = "SOURCE_DRAFTED_URL"  # stands in errors where no variable was named


class NothingToDiscover(Refusal):
    """What was given names no database, or one without tables."""


@dataclass(frozen=True)
class Discovered:
    """A drafted file of a map, and how much is in it."""

    text: str
    resource: str
    tables: int
    plain_tables: int
    columns: int
    decisions: int


def discover(*, source: str, urls: Mapping[str, str], resource: str = "") -> Discovered:
    """Return the draft of a map of a live database.

    `source` is the name of a variable such as SOURCE_PLATFORM_URL, looked up in `urls`, or an
    address; neither address nor password is ever told. Raises NothingToDiscover, SourceError.
    """
    named = _VARIABLE.fullmatch(source)
    if named is None and "://" not in source:
        raise NothingToDiscover(
            "Give the name of an environment variable such as SOURCE_PLATFORM_URL."
        )
    if named is not None and not urls.get(source):
        raise NothingToDiscover(f"The environment variable {source} is not set.")
    id_ = resource or (named[1].lower() if named else _named_by(source))
    if not _ID.fullmatch(id_):
        raise NothingToDiscover("--resource must be small letters, digits and _, as in platform.")
    variable = source if named else f"SOURCE_{id_.upper()}_URL"
    schema = seen_schema(
        _standing_for(id_, source if named else _THE_ADDRESS),
        address=urls[source] if named else source,
    )
    if not schema.tables:
        raise NothingToDiscover("The database holds no table that this user can see.")
    draft = drafted(schema, resource=id_, url_env=variable)
    text = Drafting(complete=False).text(draft)
    return Discovered(
        text=text,
        resource=id_,
        tables=len(draft.tables),
        plain_tables=len(draft.plain),
        columns=sum(len(table.columns) for table in draft.tables),
        decisions=text.count("decide: "),
    )


def _named_by(address: str) -> str:
    """Return an id made of the database's name."""
    try:
        name = make_url(address).database or ""
    except (ArgumentError, ValueError):
        raise NothingToDiscover("The address cannot be read.") from None
    plain = re.sub(r"[^a-z0-9]+", "_", name.rpartition("/")[2].partition(".")[0].lower())
    return plain.strip("_").lstrip("0123456789_")[:62] or "source"


def _standing_for(id_: str, variable: str) -> Resource:
    """Return a resource without tables, so that the database is reached as any other."""
    return Resource(
        id=id_,
        title=LocalizedText(en=id_, pl=id_, et=id_, lv=id_),
        connector=SqlConnector(kind="sql", url_env=variable),
        entity="EE",
        time_zone="UTC",
        location=Location(place=id_, country="EE"),
        owner=Contact(name=id_, email="dpo@apifonica.com"),
    )
