"""From a driver's error to one of ours, by its code; the driver's text is only looked at."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from datamap.connectors.errors import (
    SourceError,
    SourceMismatch,
    SourceRefused,
    SourceTimeout,
    SourceUnavailable,
)
from datamap.domain.schema import Resource

_POSTGRES = {
    "57014": "timeout",  # statement_timeout
    "55P03": "timeout",  # lock_timeout
    "25P03": "timeout",  # idle_in_transaction_session_timeout
    "25006": "refused",  # the session is read-only
    "40001": "changed",  # somebody changed a row that we were about to change
    "40P01": "changed",  # a deadlock
    "P0001": "constraint",  # RAISE in a trigger
    "09000": "constraint",
    "27000": "constraint",
    "22001": "constraint",  # the new value is too long
    "44000": "constraint",
    "42501": "refused",
    "28000": "refused",
    "28P01": "refused",
    "3D000": "mismatch",
    "22021": "mismatch",
    "22P02": "mismatch",
}
_POSTGRES_CLASSES = {"23": "constraint", "42": "mismatch", "3F": "mismatch"}
_MYSQL = {
    **dict.fromkeys((1044, 1045, 1142, 1143, 1227, 1698, 1792), "refused"),
    **dict.fromkeys((1049, 1054, 1146, 1267, 1270, 1271, 1292, 1305), "mismatch"),
    **dict.fromkeys((1205, 1317, 1969, 3024), "timeout"),
    **dict.fromkeys((1020, 1213), "changed"),
    **dict.fromkeys((1048, 1062, 1169, 1264, 1265, 1364, 1366, 1406), "constraint"),
    **dict.fromkeys((1216, 1217, 1451, 1452, 1644, 3819, 4025), "constraint"),
}
# Errors before there is a session carry no code; SQLite's never do.
_WORDS = (
    ("password", "refused"),
    ("authentication failed", "refused"),
    ("no pg_hba.conf entry", "refused"),
    ("permission denied", "refused"),
    ("readonly database", "refused"),
    ("timeout expired", "timeout"),
    ("timed out", "timeout"),
    ("database is locked", "timeout"),
    ("no such table", "mismatch"),
    ("no such column", "mismatch"),
    ("invalid dsn", "url_invalid"),
    ("invalid connection option", "url_invalid"),
)
_CLASSES: dict[str, type[SourceError]] = {
    "unavailable": SourceUnavailable,
    "timeout": SourceTimeout,
    "refused": SourceRefused,
    "mismatch": SourceMismatch,
    "url_missing": SourceMismatch,
    "url_invalid": SourceMismatch,
    "unreadable": SourceMismatch,
    "too_many": SourceMismatch,
    "constraint": SourceRefused,
    "changed": SourceUnavailable,
}


def source_error(code: str, resource: Resource, table: str = "") -> SourceError:
    """Return the error for `code`, in terms of the resource."""
    return _CLASSES[code](
        code, resource=resource.title.en, variable=resource.address_variable, table=table
    )


@contextmanager
def told_as_source_error(resource: Resource, table: str = "") -> Iterator[None]:
    """Turn what SQLAlchemy or the driver raises inside into a SourceError, without its text."""
    try:
        yield
    except DBAPIError as error:
        raise source_error(_code_of(error), resource, table) from None
    except NoSuchModuleError:
        raise source_error("url_invalid", resource, table) from None
    except SQLAlchemyError:
        raise source_error("mismatch", resource, table) from None
    except (ValueError, OverflowError):
        raise source_error("unreadable", resource, table) from None


def _code_of(error: DBAPIError) -> str:
    original = error.orig
    sqlstate = getattr(original, "pgcode", None)
    if isinstance(sqlstate, str):
        by_class = _POSTGRES_CLASSES.get(sqlstate[:2], "unavailable")
        return _POSTGRES.get(sqlstate, by_class)
    number = original.args[0] if original is not None and original.args else None
    if isinstance(number, int):
        return _MYSQL.get(number, "unavailable")
    if isinstance(error, IntegrityError):  # SQLite's, which has words of the trigger's own
        return "constraint"
    text = str(original).lower()
    if "does not exist" in text:  # PostgreSQL, before the session: the database or the role
        return "refused" if "role" in text else "mismatch"
    return next((code for words, code in _WORDS if words in text), "unavailable")
