"""The words for restrictions, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from datamap.texts import CATEGORIES
from retention.domain.restricting import Reason

__all__ = ["CATEGORIES", "IDENTIFIERS", "REASONS"]

Text = str | Promise

REASONS: dict[Reason, Text] = {
    Reason.ACCURACY: _("The person says the data is wrong; it is being checked (Art. 18(1)(a))"),
    Reason.UNLAWFUL: _(
        "The use is unlawful, and the person wants the data kept and not erased (Art. 18(1)(b))"
    ),
    Reason.CLAIM: _(
        "We need the data no longer, but the person does for a legal claim (Art. 18(1)(c))"
    ),
    Reason.OBJECTION: _("The person objected; the reasons are being weighed (Art. 18(1)(d))"),
}

IDENTIFIERS: dict[str, Text] = {
    "email": _("E-mail address"),
    "phone": _("Phone number"),
    "customer_number": _("Customer number"),
    "ip": _("IP address"),
}
