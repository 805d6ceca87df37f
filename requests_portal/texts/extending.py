"""The words for extensions."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.extending import ExtensionGround

Text = str | Promise

#: How staff choose.
GROUNDS: dict[ExtensionGround, Text] = {
    ExtensionGround.COMPLEXITY: _("The request is complex"),
    ExtensionGround.NUMBER: _("The number of the requests"),
}

#: How the letter says it.
GROUNDS_TOLD: dict[ExtensionGround, Text] = {
    ExtensionGround.COMPLEXITY: _(
        "The law allows us to take two months more where a request is complex (Article 12(3) GDPR)."
    ),
    ExtensionGround.NUMBER: _(
        "The law allows us to take two months more because of the number of requests (Article "
        "12(3) GDPR)."
    ),
}

#: How the dates say it.
GROUNDS_SHORT: dict[ExtensionGround, Text] = {
    ExtensionGround.COMPLEXITY: _("because the request is complex"),
    ExtensionGround.NUMBER: _("because of the number of requests"),
}
