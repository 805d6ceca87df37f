"""The data map: which resource, table and column holds personal data, whose and why.

`docs/datamap.md` describes the YAML form key by key. Everything here is immutable; rules that
span several parts (a join to a missing table) are in `crossref`, so that all are told at once.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BeforeValidator,
    EmailStr,
    Field,
    field_validator,
    model_validator,
)

from datamap.domain.basics import (
    ColumnName,
    Contact,
    Country,
    Identifier,
    Join,
    LocalizedText,
    Location,
    Part,
    TableName,
    Text,
    ZoneName,
)
from datamap.domain.connecting import ManualConnector, SqlConnector
from datamap.domain.finding import Alternative, ByKey, Link, Through
from datamap.domain.vocabulary import (
    Anonymising,
    Category,
    ColumnClass,
    ColumnType,
    DataKind,
    Erasing,
    LegalBasis,
    Mask,
    Role,
)

__all__ = [
    "Alternative",
    "Anchor",
    "ByKey",
    "Column",
    "Contact",
    "Controller",
    "DataMap",
    "Erasure",
    "Link",
    "LocalizedText",
    "Location",
    "ManualConnector",
    "Part",
    "PlainTable",
    "Recipient",
    "Resource",
    "Retention",
    "SqlConnector",
    "Table",
    "Through",
]


class Recipient(Part):
    """Somebody who receives the data (Art. 15(1)(c)), by name."""

    id: Identifier
    name: Text
    role: LocalizedText
    country: Country
    safeguard: LocalizedText | None = None  # of a transfer to a third country (Art. 44-49)
    contact_email: EmailStr | None = None  # where it is told of corrections and erasures (Art. 19)


class Controller(Part):
    """Somebody whose data we process under a data processing agreement (Art. 28)."""

    id: Identifier
    name: Text
    contact_email: EmailStr
    dpa_ended_on: date | None = None  # None: the agreement is running
    dpa_months: Annotated[int, Field(ge=1, le=12)]
    source_key: Text | None = None  # how a row of a shared table names this controller


class Column(Part):
    """One column of a table; every column of a mapped table is listed."""

    name: ColumnName
    column_class: ColumnClass = Field(alias="class")
    title: LocalizedText | None = None
    data: DataKind | None = None  # None: as the table says
    identifier: Identifier | None = None  # gives a further identifier of the same person
    region: Country | None = None  # country of phone numbers written without +
    region_column: ColumnName | None = None  # ... or the column that holds that country
    mask: Mask = Mask.ALL
    erase: Anonymising | None = None
    erase_text: Text | None = None  # the fixed text of `erase: {text: ...}`
    portable: bool | None = None  # None: as the table says
    time_zone: ZoneName | None = None  # of timestamps without one; None: as the table says
    type: ColumnType | None = None
    generated: Literal[True] | None = None  # computed by the database, for searches alone

    @model_validator(mode="before")
    @classmethod
    def _expand_erase_text(cls, given: Any) -> Any:  # noqa: ANN401 (raw YAML)
        if not isinstance(given, dict) or "erase" not in given:
            return given
        if given["erase"] is None:  # YAML reads a bare `null` as nothing
            return {**given, "erase": Anonymising.NULL}
        if isinstance(given["erase"], dict):
            wording = given["erase"]
            if set(wording) != {"text"}:
                raise ValueError("`erase` is null, hash, mask or {text: the fixed text}")
            return {**given, "erase": Anonymising.TEXT, "erase_text": wording["text"]}
        return given


class Anchor(Part):
    """The column a retention period counts from, here or in a joined table.

    With `through` and no column, the anchor of that table is used: chains follow the map. Where
    several rows join (a customer's contracts) the latest counts, and none while one is open (NULL).
    """

    column: ColumnName | None = None
    through: TableName | None = None
    on: Join | None = None


class Retention(Part):
    """Exactly one of: an anchor, the end of the controller's DPA, or a reason for none."""

    anchor: Anchor | None = None
    dpa_end: Literal[True] | None = None
    none: LocalizedText | None = None

    @field_validator("anchor", mode="before")
    @classmethod
    def _column_shorthand(cls, given: Any) -> Any:  # noqa: ANN401 (raw YAML)
        return {"column": given} if isinstance(given, str) else given


class Erasure(Part):
    """What an erasure request does to a row, and what is done when its time is over.

    `erasure: keep` is short for {on_request: keep, when_due: delete}. Where the retention
    category keeps a row to a date (domain: identity_billing, traffic, logs), that comes first.
    """

    on_request: Erasing
    when_due: Literal[Erasing.DELETE, Erasing.ANONYMISE] = Erasing.DELETE


def _named_columns(given: Any) -> Any:  # noqa: ANN401 (raw YAML)
    if not isinstance(given, Mapping):
        return given
    return [
        {"name": name, "class": column} if isinstance(column, str) else _named(name, column)
        for name, column in given.items()
    ]


def _named(name: object, part: object) -> object:
    return {"name": name, **part} if isinstance(part, Mapping) else part


def _erasure_shorthand(given: Any) -> Any:  # noqa: ANN401 (raw YAML)
    if given == Erasing.ANONYMISE.value:
        return {"on_request": given, "when_due": given}
    return {"on_request": given} if isinstance(given, str) else given


class Table(Part):
    """A table that holds data about people."""

    name: TableName
    title: LocalizedText
    description: LocalizedText
    category: Category
    data: DataKind
    role: Role
    controller: Identifier | None = None  # whose data, where the whole table is one controller's
    controller_column: ColumnName | None = None  # ... or the column with their `source_key`
    purpose: LocalizedText
    legal_basis: LegalBasis | None = None  # None only for a processor: the controller knows it
    source: LocalizedText
    recipients: tuple[Identifier, ...] | None = None  # None: as the resource says
    subjects: tuple[LocalizedText, ...] | None = None  # whose data; None: as the resource says
    primary_key: Annotated[tuple[ColumnName, ...], Field(min_length=1)]
    find: Annotated[tuple[Alternative, ...], Field(min_length=1)]
    identifies: bool = False
    retention: Retention
    erasure: Annotated[Erasure, BeforeValidator(_erasure_shorthand)]
    portable: bool | None = None  # provided by the person (Art. 20); None: yes
    partitioned_on: ColumnName | None = None
    restriction_column: ColumnName | None = None  # the source's own mark of a restriction (Art. 18)
    time_zone: ZoneName | None = None
    columns: Annotated[
        tuple[Column, ...], BeforeValidator(_named_columns), Field(min_length=1, max_length=500)
    ]

    def column(self, name: str) -> Column:
        """Return the column `name`; KeyError when the map has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


class PlainTable(Part):
    """A table without personal data, named so that nothing is left out by oversight."""

    name: TableName
    reason: Text
    columns: tuple[ColumnName, ...] = ()  # only those that an anchor of another table names


class Pace(Part):
    """How hard a purge may press a source. Times in seconds, `minutes` of one run."""

    share: Annotated[float, Field(gt=0, le=1)] = 1.0  # of the time in which it works
    minutes: Annotated[int, Field(gt=0)] | None = None  # and no longer; the rest goes next time
    replica_lag: Annotated[int, Field(gt=0)] = 30
    long_transaction: Annotated[int, Field(gt=0)] = 3600


class Resource(Part):
    """One place that holds personal data: a database, or what people keep by hand."""

    id: Identifier
    title: LocalizedText
    connector: Annotated[SqlConnector | ManualConnector, Field(discriminator="kind")]
    entity: Literal["EE", "LV", "PL"]
    time_zone: ZoneName
    location: Location
    recipients: tuple[Identifier, ...] = ()
    subjects: tuple[LocalizedText, ...] | None = None  # categories of data subjects (Art. 30)
    security: tuple[LocalizedText, ...] | None = None  # measures in general (Art. 30, 32(1))
    owner: Contact
    order: int = 100
    purge: Pace | None = None
    tables: tuple[Table, ...] = ()
    plain_tables: tuple[PlainTable, ...] = ()

    @property
    def pace(self) -> Pace:
        """Return how hard a purge may press here."""
        return self.purge or Pace()

    @property
    def address_variable(self) -> str:
        """Return the environment variable that holds the address; empty where there is none."""
        return self.connector.url_env if isinstance(self.connector, SqlConnector) else ""

    def table(self, name: str) -> Table:
        """Return the table `name`; KeyError when the map has none."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)

    def zone(self, table: Table, column: Column | None = None) -> ZoneInfo:
        """Return the time zone of timestamps without one: the column's, table's or resource's."""
        own = column.time_zone if column else None
        return ZoneInfo(own or table.time_zone or self.time_zone)


class DataMap(Part):
    """All resources, with the recipients and controllers they name, in display order."""

    recipients: tuple[Recipient, ...] = ()
    controllers: tuple[Controller, ...] = ()
    resources: tuple[Resource, ...] = ()

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        expected = sorted(self.resources, key=lambda resource: (resource.order, resource.id))
        if list(self.resources) != expected:
            raise ValueError("resources are not in their order")
        return self

    def resource(self, id: str) -> Resource:  # noqa: A002 (its name in the map)
        """Return the resource `id`; KeyError when the map has none."""
        return {resource.id: resource for resource in self.resources}[id]

    def controller(self, id: str) -> Controller:  # noqa: A002 (its name in the map)
        """Return the controller `id`; KeyError when the map has none."""
        return {controller.id: controller for controller in self.controllers}[id]

    def recipient(self, id: str) -> Recipient:  # noqa: A002 (its name in the map)
        """Return the recipient `id`; KeyError when the map has none."""
        return {recipient.id: recipient for recipient in self.recipients}[id]
