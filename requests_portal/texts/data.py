"""The words for kinds of data and legal bases, as told to the person (Art. 15(1))."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from datamap.domain.vocabulary import DataKind, LegalBasis

Text = str | Promise

DATA_KINDS: dict[DataKind, Text] = {
    DataKind.IDENTIFICATION: _("Who you are"),
    DataKind.CONTACT: _("How to reach you"),
    DataKind.CONTRACT: _("Your contract"),
    DataKind.BILLING: _("Invoices"),
    DataKind.PAYMENT: _("Payments"),
    DataKind.TRAFFIC: _("Connections: who, when, how long"),
    DataKind.CONTENT: _("What was written or said"),
    DataKind.RECORDING: _("Recordings"),
    DataKind.PREFERENCES: _("Your choices"),
    DataKind.ONLINE: _("Use of our website and systems"),
    DataKind.LOCATION: _("Places"),
    DataKind.OTHER: _("Other data"),
}

LEGAL_BASES: dict[LegalBasis, Text] = {
    LegalBasis.CONSENT: _("Your consent, Article 6(1)(a) GDPR"),
    LegalBasis.CONTRACT: _("A contract with you, Article 6(1)(b) GDPR"),
    LegalBasis.LEGAL_OBLIGATION: _("A legal obligation, Article 6(1)(c) GDPR"),
    LegalBasis.VITAL: _("Vital interests, Article 6(1)(d) GDPR"),
    LegalBasis.PUBLIC_TASK: _("A public task, Article 6(1)(e) GDPR"),
    LegalBasis.LEGITIMATE_INTEREST: _("Our legitimate interest, Article 6(1)(f) GDPR"),
}
