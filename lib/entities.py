"""The entities of the group, and the supervisory authority of each (GDPR Art. 77)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from lib.days import shown
from lib.refusals import Refusal


class UnknownEntity(Refusal):
    """The code names no entity of the group."""


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A supervisory authority, under its own name and in English; its address likewise."""

    name_local: str
    name_en: str
    address_local: str
    address: str
    phone: str
    email: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Entity:
    """A company of the group: its local days count, and its country's authority is named.

    `code` is the ISO 3166 code of its country, `language` the ISO 639 code of its language.
    """

    code: str
    legal_name: str
    address: str
    tz: ZoneInfo
    language: str
    authority: Authority

    def authority_address(self, language: str) -> str:
        """Return the address of the authority as readers of a language write it."""
        own = self.authority
        return own.address_local if language == self.language else own.address


_HEAD_OFFICE = "Maakri 19/1-7K, 10145 Tallinn, Estonia"

#: Every entity by the code of its country.
ENTITIES: Final[Mapping[str, Entity]] = MappingProxyType(
    {
        "EE": Entity(
            code="EE",
            legal_name="SmartTel Plus OÜ",
            address=_HEAD_OFFICE,
            tz=ZoneInfo("Europe/Tallinn"),
            language="et",
            authority=Authority(
                name_local="Andmekaitse Inspektsioon",
                name_en="Data Protection Inspectorate",
                address_local="Tatari 39, 10134 Tallinn",
                address="Tatari 39, 10134 Tallinn",
                phone="+372 627 4135",
                email="info@aki.ee",
                url="https://www.aki.ee",
            ),
        ),
        "LV": Entity(
            code="LV",
            legal_name="Apifonica Latvia",
            address=f"c/o SmartTel Plus OÜ, {_HEAD_OFFICE}",
            tz=ZoneInfo("Europe/Riga"),
            language="lv",
            authority=Authority(
                name_local="Datu valsts inspekcija",
                name_en="Data State Inspectorate",
                address_local="Elijas iela 17, Rīga, LV-1050",
                address="Elijas 17, LV-1050 Riga",
                phone="+371 6722 3131",
                email="info@dvi.gov.lv",
                url="https://www.dvi.gov.lv",
            ),
        ),
        "PL": Entity(
            code="PL",
            legal_name="Apifonica Poland",
            address=f"c/o SmartTel Plus OÜ, {_HEAD_OFFICE}",
            tz=ZoneInfo("Europe/Warsaw"),
            language="pl",
            authority=Authority(
                name_local="Urząd Ochrony Danych Osobowych (UODO)",
                name_en="Personal Data Protection Office",
                address_local="Stawki 2, 00-193 Warszawa",
                address="Stawki 2, 00-193 Warsaw",
                phone="+48 22 531 03 00",
                email="kancelaria@uodo.gov.pl",
                url="https://uodo.gov.pl",
            ),
        ),
    }
)


def entity(code: object) -> Entity:
    """Return the entity of a country code such as ``EE``; raise UnknownEntity otherwise."""
    found = ENTITIES.get(code) if isinstance(code, str) else None
    if found is None:
        raise UnknownEntity(f"The entity must be one of {', '.join(ENTITIES)}, not {shown(code)}.")
    return found
