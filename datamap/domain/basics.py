"""The smallest parts of a data map: names, texts, places."""

from typing import Annotated
from zoneinfo import available_timezones

from phonenumbers import SUPPORTED_REGIONS
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no time zone; write one as in Europe/Tallinn")
    return name


def _known_country(code: str) -> str:
    if code not in SUPPORTED_REGIONS:
        raise ValueError("is no country code; write two capitals (ISO 3166), as in EE")
    return code


Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
# Letters of any language; blanks and hyphens inside: what a database allows between quotes.
_NAME = r"[\p{L}_](?:[\p{L}\p{M}\p{N}_$ -]*[\p{L}\p{M}\p{N}_$-])?"
TableName = Annotated[str, StringConstraints(pattern=rf"^{_NAME}(\.{_NAME})?$")]
ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
ZoneName = Annotated[str, AfterValidator(_known_zone)]
Country = Annotated[str, AfterValidator(_known_country)]
_TABLE_NAME: TypeAdapter[str] = TypeAdapter(TableName)
Join = Annotated[dict[ColumnName, ColumnName], Field(min_length=1)]


def is_table_name(name: str) -> bool:
    """Tell whether a map can name a table so."""
    try:
        _TABLE_NAME.validate_python(name)
    except ValidationError:
        return False
    return True


class Part(BaseModel):
    """Base of every part of a map: immutable, and no key that the schema does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class LocalizedText(Part):
    """A text that people read, in all four languages of the portal."""

    en: Text
    pl: Text
    et: Text
    lv: Text

    def in_language(self, code: str) -> str:
        """Return the text in `code` (en, pl, et, lv; a region such as en-gb is ignored)."""
        texts = {"en": self.en, "pl": self.pl, "et": self.et, "lv": self.lv}
        return texts.get(code.partition("-")[0].lower(), self.en)


class Contact(Part):
    name: Text
    email: EmailStr


class Location(Part):
    """Where the data physically lies."""

    place: Text
    country: Country
    safeguard: LocalizedText | None = None  # where it is a third country (Art. 44-49)
