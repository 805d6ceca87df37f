"""What can be wrong with a source, in words for staff.

A message names resource, table or variable. It never holds a value of a row, a statement, an
address or a password, and the driver's own text is not carried along.
"""

from django.utils.translation import gettext_lazy as _

ADVICE = {
    "unavailable": _(
        "%(resource)s does not answer. It is tried again. If this goes on, ask the owner of the "
        "source whether it is running and reachable."
    ),
    "timeout": _(
        "%(resource)s answers too slowly. It is tried again. If this goes on, run "
        "`manage.py datamap check`: an index may be missing."
    ),
    "refused": _(
        "%(resource)s refuses the access. Check the user and password in %(variable)s and that "
        "this user may read %(subject)s."
    ),
    "url_missing": _("%(resource)s has no address. Set the environment variable %(variable)s."),
    "url_invalid": _(
        "The address of %(resource)s cannot be read. %(variable)s looks like "
        "postgres://user:password@host:5432/database."
    ),
    "mismatch": _(
        "%(resource)s does not look as the data map says at %(subject)s. Run "
        "`manage.py datamap check`, which names the difference."
    ),
    "constraint": _(
        "%(resource)s refuses the change of %(subject)s: a rule of the database (a trigger, a "
        "required or unique column, a reference from another table) stands against it. Nothing "
        "was changed. Ask the owner of the source which rule it is, then change the data map or "
        "the rule; it is tried again."
    ),
    "changed": _(
        "%(subject)s in %(resource)s was being changed at the same moment. Nothing was changed "
        "by us. It is tried again."
    ),
    "unreadable": _(
        "%(resource)s holds a value in %(subject)s that cannot be read, such as a date before "
        "year 1. Ask the owner of the source to look for it."
    ),
}


class SourceError(Exception):
    """A source could not be used; `code` is stable, `advice` a sentence in the current language."""

    def __init__(self, code: str, *, resource: str, variable: str = "", table: str = "") -> None:
        self.code = code
        self.resource = resource
        self.table = table
        self.advice = str(ADVICE[code]) % {
            "resource": resource,
            "variable": variable,
            "subject": table or resource,
        }
        super().__init__(self.advice)


class SourceUnavailable(SourceError):
    """Not reachable, or the connection broke: worth another try."""


class SourceTimeout(SourceError):
    """Too slow, or waited too long for a lock: worth another try."""


class SourceRefused(SourceError):
    """Wrong credentials, or rights that are missing: somebody has to act."""


class SourceMismatch(SourceError):
    """Map and source, or map and environment, do not fit: somebody has to act."""
