"""Whether data that goes to a country may go there (GDPR Chapter V). Pure.

Safety: doubt asks for a safeguard. A country is free of one only where the law or a decision in
force says so, and a decision that covers only some recipients there does not speak for itself.

Sources. The European Economic Area: Decision 154/2018 of the EEA Joint Committee makes the GDPR
apply in Iceland, Liechtenstein and Norway; the outermost regions and Åland belong to the Union's
territory (Art. 355(1), (4) TFEU). Adequacy: the Commission's list of decisions under Art. 45, at
commission.europa.eu, "Data protection adequacy for non-EU countries". A decision adopted later is
added here; until then a transfer to that country needs a safeguard of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from datamap.domain.schema import LocalizedText, Location, Recipient

_UNION = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_EFTA = "IS LI NO"
_REGIONS = "AX GF GP MF MQ RE YT"  # Åland and the outermost regions that have a code
EEA: Final = frozenset(f"{_UNION} {_EFTA} {_REGIONS}".split())


@dataclass(frozen=True, kw_only=True)
class Adequacy:
    """A decision of the Commission under Art. 45(3), or 25(6) of Directive 95/46/EC.

    `until` is its last day. `in_part`: it covers only some recipients there.
    """

    decision: str
    until: date | None = None
    in_part: bool = False


ADEQUATE: Final[Mapping[str, Adequacy]] = MappingProxyType(
    {
        "AD": Adequacy(decision="2010/625/EU"),
        "AR": Adequacy(decision="2003/490/EC"),
        # Recipients subject to the Personal Information Protection and Electronic Documents Act.
        "CA": Adequacy(decision="2002/2/EC", in_part=True),
        "CH": Adequacy(decision="2000/518/EC"),
        "FO": Adequacy(decision="2010/146/EU"),
        "GB": Adequacy(decision="(EU) 2021/1772", until=date(2031, 12, 27)),
        "GG": Adequacy(decision="2003/821/EC"),
        "IL": Adequacy(decision="2011/61/EU"),
        "IM": Adequacy(decision="2004/411/EC"),
        "JE": Adequacy(decision="2008/393/EC"),
        "JP": Adequacy(decision="(EU) 2019/419"),
        "KR": Adequacy(decision="(EU) 2022/254"),
        "NZ": Adequacy(decision="2013/65/EU"),
        # Organisations certified under the EU-US Data Privacy Framework.
        "US": Adequacy(decision="(EU) 2023/1795", in_part=True),
        "UY": Adequacy(decision="2012/484/EU"),
    }
)


class Cover(StrEnum):
    """On what a transfer to a third country rests."""

    ADEQUACY = "adequacy"  # a decision that covers every recipient there, Art. 45
    SAFEGUARD = "safeguard"  # what the map states, Art. 46 to 49
    IN_PART = "in_part"  # a decision covers some recipients, and the map does not say which
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Data that goes to a third country: to whom or where, and on what it rests.

    `place` is where the map says it, as in `recipients.mailer`.
    """

    place: str
    name: str
    country: str
    cover: Cover
    decision: str = ""
    safeguard: LocalizedText | None = None


def transfer_to(recipient: Recipient, *, on: date) -> Transfer | None:
    """Return the transfer that handing data to `recipient` is on a day; None inside the EEA."""
    return _transfer(f"recipients.{recipient.id}", recipient.name, recipient, on)


def transfer_by(location: Location, resource: str, *, on: date) -> Transfer | None:
    """Return the transfer that keeping data at `location` is on a day; None inside the EEA."""
    return _transfer(f"{resource}.location", location.place, location, on)


def _transfer(place: str, name: str, told: Recipient | Location, on: date) -> Transfer | None:
    if told.country in EEA:
        return None
    decision = ADEQUATE.get(told.country)
    if decision is not None and decision.until is not None and on > decision.until:
        decision = None
    return Transfer(
        place=place,
        name=name,
        country=told.country,
        cover=_cover(decision, told.safeguard),
        decision=decision.decision if decision else "",
        safeguard=told.safeguard,
    )


def _cover(decision: Adequacy | None, safeguard: LocalizedText | None) -> Cover:
    if decision is not None and not decision.in_part:
        return Cover.ADEQUACY
    if safeguard is not None:
        return Cover.SAFEGUARD
    return Cover.IN_PART if decision is not None else Cover.NONE
