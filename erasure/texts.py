"""The words for plans of erasures."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from datamap.domain.vocabulary import Erasing
from erasure.domain.states import StopReason
from retention.domain.treatments import Ground

Text = str | Promise

ACTIONS: dict[Erasing, Text] = {
    Erasing.DELETE: _("deleted"),
    Erasing.ANONYMISE: _("anonymised"),
    Erasing.KEEP: _("kept"),
}

#: Why rows stay, with the article where there is one.
GROUNDS: dict[Ground, Text] = {
    Ground.NONE: "",
    Ground.LEGAL_OBLIGATION: _(
        "Legal obligation to keep accounts: Article 17(3)(b) GDPR, Estonian Accounting Act § 12"
    ),
    Ground.POLICY: _("Retention period of the privacy policy"),
    Ground.SECURITY: _("Security of our systems: 60 days"),
    Ground.CLAIM: _("Needed for a legal claim: Article 17(3)(e) GDPR"),
    Ground.CONTROLLER: _("Entrusted to us: the company we process it for decides"),
    Ground.MAP: _("Kept by the data map until its retention period is over"),
}

PARTS: dict[str, Text] = {
    "going": pgettext_lazy("rows of a plan", "to be erased"),
    "kept": pgettext_lazy("rows of a plan", "kept"),
    "needed": pgettext_lazy("rows of a plan", "needed by rows that are kept"),
    "held": pgettext_lazy("rows of a plan", "under restriction or legal hold"),
}

STOPPED: dict[StopReason, Text] = {
    StopReason.MAP_CHANGED: _(
        "The data map has changed since this plan was computed. Nothing more was erased."
    ),
    StopReason.RULES_CHANGED: _(
        "The retention rules have changed since this plan was computed. Nothing more was erased."
    ),
    StopReason.ROWS_CHANGED: _(
        "The data has changed since this plan was computed. The step at hand changed nothing; "
        "what was erased before it stays erased."
    ),
    StopReason.ROWS_LEFT: _(
        "Everything planned was erased, but the search afterwards found other rows than the plan "
        "keeps."
    ),
}

#: Why rows stay while a legal hold covers them.
UNDER_HOLD: Text = _(
    "Needed for a legal claim or by a legal obligation: Article 17(3)(e) and (b) GDPR"
)
