"""By which rows are a person's: the alternatives of a table's `find`."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Tag

from datamap.domain.basics import ColumnName, Identifier, Join, Part, TableName


class ByKey(Part):
    """Rows are the person's when `column` equals one of their identifiers of kind `key`."""

    key: Identifier
    column: ColumnName

    @property
    def kind(self) -> str:
        """Return the kind of identifier that is looked for."""
        return self.key


class Through(Part):
    """Rows are the person's when they join a row of `through` that is."""

    through: TableName
    on: Join  # {column here: column there}


def _one_pair(on: dict[str, str]) -> dict[str, str]:
    if len(on) > 1:
        raise ValueError("names several pairs of columns; across databases it is one")
    return on


class Link(Part):
    """Rows are the person's when they join a row in another resource that is.

    No query spans two databases: the values of the column there are gathered like identifiers,
    of the kind `kind`, and looked for here.
    """

    resource: Identifier
    through: TableName
    on: Annotated[Join, AfterValidator(_one_pair)]  # {column here: column there}

    @property
    def column(self) -> str:
        """Return the column here."""
        return next(iter(self.on))

    @property
    def their_column(self) -> str:
        """Return the column there."""
        return self.on[self.column]

    @property
    def kind(self) -> str:
        """Return the kind of identifier that the values there are; no map can name one so."""
        return link_kind(self.resource, self.through, self.their_column)


def link_kind(resource: str, table: str, column: str) -> str:
    """Return the kind of identifier under which rows elsewhere join this column."""
    return f"@{resource}/{table}/{column}"


def is_link_kind(kind: str) -> bool:
    """Tell whether values of this kind join rows, and are no identifiers that people know."""
    return kind.startswith("@")


def _form_of(alternative: Any) -> str:  # noqa: ANN401 (raw YAML or a model)
    if isinstance(alternative, Mapping):
        keys = {"resource": "a link", "through": "a join"}
        return next((form for key, form in keys.items() if key in alternative), "a key")
    if isinstance(alternative, Link):
        return "a link"
    return "a join" if isinstance(alternative, Through) else "a key"


Alternative = Annotated[
    Annotated[ByKey, Tag("a key")]
    | Annotated[Through, Tag("a join")]
    | Annotated[Link, Tag("a link")],
    Discriminator(_form_of),
]
