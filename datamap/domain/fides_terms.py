"""The words of fideslang in the words of a map. The longest prefix of a category counts.

Source: fideslang's default taxonomy of data categories; what is about a person begins with `user`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from datamap.domain.vocabulary import Anonymising, ColumnClass, ColumnType, DataKind, KeyKind

_KINDS: Final[Mapping[str, DataKind]] = {
    "user": DataKind.OTHER,
    "user.account": DataKind.IDENTIFICATION,
    "user.behavior": DataKind.ONLINE,
    "user.behavior.purchase_history": DataKind.CONTRACT,
    "user.biometric": DataKind.IDENTIFICATION,
    "user.contact": DataKind.CONTACT,
    "user.content": DataKind.CONTENT,
    "user.content.public": DataKind.CONTENT,
    "user.demographic": DataKind.IDENTIFICATION,
    "user.device": DataKind.ONLINE,
    "user.financial": DataKind.PAYMENT,
    "user.government_id": DataKind.IDENTIFICATION,
    "user.location": DataKind.LOCATION,
    "user.name": DataKind.IDENTIFICATION,
    "user.payment": DataKind.PAYMENT,
    "user.privacy_preferences": DataKind.PREFERENCES,
    "user.sensor": DataKind.ONLINE,
    "user.settings": DataKind.PREFERENCES,
    "user.social": DataKind.CONTENT,
    "user.telemetry": DataKind.ONLINE,
    "user.unique_id": DataKind.IDENTIFICATION,
    "user.user_sensor": DataKind.ONLINE,
}
_SECRETS: Final = ("user.account.password", "user.authorization", "user.credentials")
#: Categories that the law treats apart, and what has to be looked at.
_DELICATE: Final[Mapping[str, str]] = {
    "user.biometric": "biometric data (Art. 9)",
    "user.childrens": "data of children (Art. 8)",
    "user.criminal_history": "criminal offences (Art. 10)",
    "user.demographic.political_opinion": "political opinions (Art. 9)",
    "user.demographic.race_ethnicity": "ethnic origin (Art. 9)",
    "user.demographic.religious_belief": "religious beliefs (Art. 9)",
    "user.demographic.sexual_orientation": "sexual orientation (Art. 9)",
    "user.health_and_medical": "health (Art. 9)",
    "user.genetic": "genetic data (Art. 9)",
}
_KEYS: Final[Mapping[str, str]] = {
    "email": KeyKind.EMAIL.value,
    "phone": KeyKind.PHONE.value,
    "phone_number": KeyKind.PHONE.value,
    "customer_number": KeyKind.CUSTOMER_NUMBER.value,
    "ip": KeyKind.IP.value,
    "ip_address": KeyKind.IP.value,
}
_TYPES: Final[Mapping[str, ColumnType]] = {
    "string": ColumnType.TEXT,
    "integer": ColumnType.INTEGER,
    "float": ColumnType.DECIMAL,
    "boolean": ColumnType.BOOLEAN,
    "object": ColumnType.JSON,
    "object_id": ColumnType.TEXT,
}
_MASKING: Final[Mapping[str, Anonymising]] = {
    "null_rewrite": Anonymising.NULL,
    "string_rewrite": Anonymising.TEXT,
    "hash": Anonymising.HASH,
    "hmac": Anonymising.HASH,
}


def kind_of(categories: Iterable[str]) -> DataKind | None:
    """Return the category of personal data of the first that is about a person."""
    for category in categories:
        prefixes = [one for one in _KINDS if _is_under(category, one)]
        if prefixes:
            return _KINDS[max(prefixes, key=len)]
    return None


def class_of(categories: Sequence[str]) -> ColumnClass | None:
    """Return what a field holds; None where no category says it."""
    if any(_is_under(one, secret) for one in categories for secret in _SECRETS):
        return ColumnClass.SECRET
    if any(_is_under(one, "user") for one in categories):
        return ColumnClass.PERSONAL
    if categories and all(_is_under(one, "system") for one in categories):
        return ColumnClass.TECHNICAL
    return None


def delicate(categories: Iterable[str]) -> list[str]:
    """Return what the law treats apart among the categories, in words."""
    told = [
        words for one in categories for begin, words in _DELICATE.items() if _is_under(one, begin)
    ]
    return list(dict.fromkeys(told))


def key_of(identity: str) -> str:
    """Return the kind of identifier that a Fides identity is; a further one keeps its name."""
    known = _KEYS.get(identity)
    return known or "".join(c if c.isascii() and c.isalnum() else "_" for c in identity.lower())


def type_of(data_type: str) -> ColumnType | None:
    """Return the column type; a list of anything lies in a JSON column. None: not said."""
    return ColumnType.JSON if data_type.endswith("[]") else _TYPES.get(data_type)


def anonymising_of(strategy: str) -> Anonymising | None:
    """Return what becomes of a column under a masking strategy; None: nothing like it."""
    return _MASKING.get(strategy)


def _is_under(category: str, begin: str) -> bool:
    return category == begin or category.startswith(f"{begin}.")
