"""The words a data map may use; each is a term of the field, fixed in meaning."""

from enum import StrEnum


class Category(StrEnum):
    """The retention categories of the privacy policy."""

    IDENTITY_BILLING = "identity_billing"
    TRAFFIC = "traffic"
    COMMUNICATIONS = "communications"
    UPLOADED = "uploaded"
    ENTRUSTED = "entrusted"
    LOGS = "logs"


class Obstacle(StrEnum):
    """Why a purge leaves a source in peace for a while."""

    REPLICA_LAG = "replica_lag"
    LONG_TRANSACTION = "long_transaction"
    LOCK_WAIT = "lock_wait"  # somebody waits for a lock on the table


class Role(StrEnum):
    """Whose data it is: ours (controller) or another controller's (GDPR Art. 28)."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"


class LegalBasis(StrEnum):
    """Art. 6(1)(a)-(f)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL = "vital"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTEREST = "legitimate_interest"


class DataKind(StrEnum):
    """Categories of personal data, as told to the person (Art. 15(1)(b))."""

    IDENTIFICATION = "identification"
    CONTACT = "contact"
    CONTRACT = "contract"
    BILLING = "billing"
    PAYMENT = "payment"
    TRAFFIC = "traffic"
    CONTENT = "content"
    RECORDING = "recording"
    PREFERENCES = "preferences"
    ONLINE = "online"
    LOCATION = "location"
    OTHER = "other"


class ColumnClass(StrEnum):
    """What a column holds, and so what an answer shows of it."""

    PERSONAL = "personal"  # about the person: shown
    TECHNICAL = "technical"  # keys, states, counters: shown, names nobody
    THIRD_PARTY = "third_party"  # about somebody else: masked, unless it is the person's own
    # Password hashes and tokens never leave the source.
    SECRET = "secret"  # noqa: S105 (the name of a class, no password)


class KeyKind(StrEnum):
    """The identifiers that are normalised; a map may name further ones, compared as they are."""

    EMAIL = "email"
    PHONE = "phone"
    CUSTOMER_NUMBER = "customer_number"
    IP = "ip"


class Mask(StrEnum):
    """How a third party's value is shown in somebody else's answer."""

    ALL = "all"  # nothing of it
    PHONE = "phone"  # country code and the last two digits
    EMAIL = "email"  # the first letter and the domain
    NAME = "name"  # initials


class Erasing(StrEnum):
    """What becomes of a row."""

    DELETE = "delete"
    ANONYMISE = "anonymise"
    KEEP = "keep"


class Anonymising(StrEnum):
    """What becomes of a column of an anonymised row."""

    NULL = "null"
    HASH = "hash"
    MASK = "mask"
    TEXT = "text"


class ColumnType(StrEnum):
    """Kinds of column types, told apart as far as `datamap check` compares them."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    JSON = "json"
    UUID = "uuid"
    BINARY = "binary"
