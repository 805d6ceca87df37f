"""The words for the data map and for what people keep by hand, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from datamap.domain.changes import Kind
from datamap.domain.loads import LoadState
from datamap.domain.tasks import Outcome, Verb
from datamap.domain.vocabulary import Anonymising, Category, ColumnClass, Erasing

Text = str | Promise

CATEGORIES: dict[Category, Text] = {
    Category.IDENTITY_BILLING: _("Customer identity, invoices, payments"),
    Category.TRAFFIC: _("Calls and messages: numbers, times, addresses"),
    Category.COMMUNICATIONS: _("Communication with the customer"),
    Category.UPLOADED: _("What customers loaded into the system"),
    Category.ENTRUSTED: _("Data entrusted by another controller"),
    Category.LOGS: _("Access and system logs"),
}

CLASSES: dict[ColumnClass, Text] = {
    ColumnClass.PERSONAL: _("about the person"),
    ColumnClass.TECHNICAL: _("technical"),
    ColumnClass.THIRD_PARTY: _("about somebody else"),
    ColumnClass.SECRET: _("secret, never shown"),
}

ERASING: dict[Erasing, Text] = {
    Erasing.DELETE: _("delete the row"),
    Erasing.ANONYMISE: _("anonymise the row"),
    Erasing.KEEP: _("keep to its date"),
}

ANONYMISING: dict[Anonymising, Text] = {
    Anonymising.NULL: _("emptied"),
    Anonymising.HASH: _("replaced by a pseudonym"),
    Anonymising.MASK: _("masked"),
    Anonymising.TEXT: _("replaced by a fixed text"),
}

LOAD_STATES: dict[LoadState, tuple[Text, str]] = {
    LoadState.APPLIED: (_("in force at once"), ""),
    LoadState.PROPOSED: (_("waits for a second person"), "warning"),
    LoadState.CONFIRMED: (_("confirmed"), "success"),
    LoadState.REJECTED: (_("rejected"), "danger"),
    LoadState.REPLACED: (_("replaced by another"), ""),
}

CHANGES: dict[Kind, Text] = {
    Kind.ADDED: _("new"),
    Kind.REMOVED: _("gone"),
    Kind.CHANGED: _("changed"),
}

VERBS: dict[Verb, Text] = {
    Verb.SEARCH: _("Search"),
    Verb.RECTIFY: _("Correct"),
    Verb.RESTRICT: _("Mark as restricted"),
    Verb.ERASE: _("Erase"),
}

OUTCOMES: dict[Outcome, Text] = {
    Outcome.FOUND: _("Found and uploaded"),
    Outcome.NOTHING_FOUND: _("Searched, nothing found"),
    Outcome.DONE: _("Done"),
}

KINDS: dict[str, Text] = {
    "email": _("E-mail address"),
    "phone": _("Phone number"),
    "customer_number": _("Customer number"),
    "ip": _("IP address"),
}

#: What is signed. `resource` is its title.
STATEMENTS: dict[tuple[Verb, Outcome], Text] = {
    (Verb.SEARCH, Outcome.FOUND): _(
        "I have searched %(resource)s for every identifier shown here. The files uploaded here "
        "hold everything I found about this person, and nothing about anybody else."
    ),
    (Verb.SEARCH, Outcome.NOTHING_FOUND): _(
        "I have searched %(resource)s for every identifier shown here and found nothing."
    ),
    (Verb.RECTIFY, Outcome.DONE): _(
        "I have made every change shown here in %(resource)s, and nothing else."
    ),
    (Verb.RESTRICT, Outcome.DONE): _(
        "I have changed the mark of every record shown here in %(resource)s, and nothing else."
    ),
    (Verb.ERASE, Outcome.DONE): _(
        "I have removed or changed in %(resource)s everything shown here, and nothing else. "
        "No copy of what was removed is left there."
    ),
}

MISTAKES: dict[str, Text] = {
    "unreadable": _("cannot be read as CSV or JSON in UTF-8"),
    "empty": _("the file is empty"),
    "too_many": _("the file holds too many rows; ask the data protection officer"),
    "fields": _("has more or fewer fields than the header"),
    "unknown_column": _("“%(column)s” is no column of this table"),
    "missing_column": _("the column “%(column)s” is missing"),
    "repeated_column": _("the column “%(column)s” stands there twice"),
    "no_object": _("is no JSON object"),
    "no_key": _("“%(column)s” is empty, and tells the rows apart"),
    "repeated_key": _("has the key of an earlier row"),
    "value": _("“%(column)s” is not of its type: %(expected)s"),
    "not_theirs": _(
        "holds none of the identifiers and belongs to no uploaded row that does: it may be "
        "somebody else’s"
    ),
}

TYPES: dict[str, Text] = {
    "text": _("text"),
    "integer": _("a whole number"),
    "decimal": _("a number such as 12.50"),
    "boolean": _("true or false"),
    "date": _("a date such as 2026-01-31"),
    "datetime": _("a date or time such as 2026-01-31 08:30"),
    "json": _("JSON"),
    "uuid": _("a UUID"),
    "binary": _("base64"),
}
