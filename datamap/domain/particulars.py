"""What is told beside the data of a table (GDPR Art. 15(1)), computed from the map. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from datamap.domain.schema import DataMap, LocalizedText, Location, Recipient, Resource, Table
from datamap.domain.vocabulary import ColumnClass, DataKind, LegalBasis


def recipients_of(datamap: DataMap, resource: Resource, table: Table) -> Sequence[Recipient]:
    """Return who receives the data of a table: its own list, or else the resource's."""
    named = resource.recipients if table.recipients is None else table.recipients
    known = {recipient.id: recipient for recipient in datamap.recipients}
    return [known[name] for name in named]


def data_kinds_of(table: Table) -> Sequence[DataKind]:
    """Return the categories of personal data a table holds, in the order of its columns."""
    about_people = (ColumnClass.PERSONAL, ColumnClass.THIRD_PARTY)
    kinds = (one.data or table.data for one in table.columns if one.column_class in about_people)
    return list(dict.fromkeys(kinds)) or [table.data]


@dataclass(frozen=True)
class Particulars:
    """What Art. 15(1)(a), (b), (c) and (g) ask to be said beside the data of one table."""

    purpose: LocalizedText
    legal_basis: LegalBasis | None
    data_kinds: Sequence[DataKind]
    recipients: Sequence[Recipient]
    location: Location
    source: LocalizedText


def particulars_of(datamap: DataMap, resource: Resource, table: Table) -> Particulars:
    """Return the particulars of a table; the retention end dates are `retention`'s to say."""
    return Particulars(
        purpose=table.purpose,
        legal_basis=table.legal_basis,
        data_kinds=data_kinds_of(table),
        recipients=recipients_of(datamap, resource, table),
        location=resource.location,
        source=table.source,
    )
