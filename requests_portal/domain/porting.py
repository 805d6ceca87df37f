"""What a person can take elsewhere, and where to (GDPR Art. 20; WP242 rev.01). Pure.

Portability covers what the person provided, processed on consent or contract. The data map says
what was provided; where it says nothing, the person is given it.
"""

from dataclasses import dataclass
from enum import StrEnum

from datamap.domain.schema import Column, Table
from datamap.domain.vocabulary import ColumnClass, LegalBasis, Role
from requests_portal.domain.rights import Right


class Target(StrEnum):
    """Who receives the data, and how."""

    ME = "me"
    URL = "url"  # another company, sent to the address it named
    CODE = "code"  # another company, which collects it with a one-time code


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Where the person wants the data to go; company and URL are empty for the person."""

    target: Target = Target.ME
    company: str = ""
    url: str = ""


class NotPorted(StrEnum):
    """Why data of a table is left out."""

    ENTRUSTED = "entrusted"  # another controller decides on it (Art. 28)
    OTHER_BASIS = "other_basis"  # 20(1)(a): neither consent nor contract
    NOT_PROVIDED = "not_provided"  # 20(1): not from the person


_BASES = frozenset({LegalBasis.CONSENT, LegalBasis.CONTRACT})
_ABOUT_PEOPLE = frozenset({ColumnClass.PERSONAL, ColumnClass.THIRD_PARTY})


def columns_for(right: Right, table: Table) -> tuple[Column, ...]:
    """Return the columns of a table of ours that an answer hands out, none for the whole table.

    A portability answer holds what `ported_columns` says, any other everything but secrets.
    """
    return ported_columns(table) if right is Right.PORTABILITY else _open_columns(table)


def ported_columns(table: Table) -> tuple[Column, ...]:
    """Return what a person can take elsewhere of a table (Art. 20(1)), in the map's order.

    Technical columns name nobody and go along, so that the rest can be read.
    """
    if why_not_ported(table) is not None:
        return ()
    return tuple(one for one in _open_columns(table) if _goes(table, one))


def why_not_ported(table: Table) -> NotPorted | None:
    """Return why nothing of a table can be taken elsewhere, or None where something can."""
    if table.role is not Role.CONTROLLER:
        return NotPorted.ENTRUSTED
    if table.legal_basis not in _BASES:
        return NotPorted.OTHER_BASIS
    provided = (_goes(table, one) for one in table.columns if one.column_class in _ABOUT_PEOPLE)
    return None if any(provided) else NotPorted.NOT_PROVIDED


def withheld_columns(table: Table) -> tuple[Column, ...]:
    """Return what is left out of a table of which something else goes: it was not provided."""
    if why_not_ported(table) is not None:
        return ()
    return tuple(
        one for one in table.columns if one.column_class in _ABOUT_PEOPLE and not _goes(table, one)
    )


def _open_columns(table: Table) -> tuple[Column, ...]:
    return tuple(one for one in table.columns if one.column_class is not ColumnClass.SECRET)


def _goes(table: Table, column: Column) -> bool:
    if column.portable is not None:
        return column.portable
    return column.column_class is ColumnClass.TECHNICAL or table.portable is not False
