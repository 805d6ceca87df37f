"""The words for the codes of the domain, in the reader's language."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from datamap.domain.vocabulary import DataKind, LegalBasis
from requests_portal.domain.lifecycle import State
from requests_portal.domain.questions import Kind
from requests_portal.domain.rights import Outcome, Right

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class RightText:
    """A right in plain words: what it is called, what it does, when a person wants it."""

    title: Text
    summary: Text
    detail: Text


RIGHTS: dict[Right, RightText] = {
    Right.ACCESS: RightText(
        title=_("See my data"),
        summary=_("Get a copy of everything we hold about you."),
        detail=_(
            "We search all our systems and send you a copy: what we hold, why, how long we keep it "
            "and who else receives it."
        ),
    ),
    Right.RECTIFICATION: RightText(
        title=_("Correct my data"),
        summary=_("Have wrong or incomplete data put right."),
        detail=_("Tell us what is wrong and what it should be. We correct it where it is stored."),
    ),
    Right.ERASURE: RightText(
        title=_("Delete my data"),
        summary=_("Have data erased that we no longer need."),
        detail=_(
            "We erase what we may. What the law obliges us to keep stays until a stated date "
            "and is then erased."
        ),
    ),
    Right.RESTRICTION: RightText(
        title=_("Pause the use of my data"),
        summary=_("We keep the data but stop using it."),
        detail=_(
            "Useful while we check whether data is correct, or if you need it for a legal claim."
        ),
    ),
    Right.OBJECTION: RightText(
        title=_("Object to a use of my data"),
        summary=_("Say no to a use that rests on our own interest."),
        detail=_(
            "Marketing stops at once. For other uses we stop while we weigh your reasons and ours."
        ),
    ),
    Right.PORTABILITY: RightText(
        title=_("Take my data elsewhere"),
        summary=_("Get data you gave us in a form another company can read."),
        detail=_("You receive it as JSON and CSV files, or we send it to another company."),
    ),
    Right.WITHDRAWAL: RightText(
        title=_("Withdraw a consent"),
        summary=_("Take back a permission you gave, at any time."),
        detail=_("It takes effect at once. What was done before stays lawful."),
    ),
    Right.COMPLAINT: RightText(
        title=_("Complain to the authority"),
        summary=_("You can turn to the data protection authority, before or after us."),
        detail=_("It costs nothing, and you do not need our answer first."),
    ),
}

#: What has reached us, as the acknowledgement says it.
REQUEST_RECEIVED: dict[Right, Text] = {
    Right.ACCESS: _(
        "Your request for a copy of your data has reached us. Its reference is %(reference)s."
    ),
    Right.RECTIFICATION: _(
        "Your request to correct your data has reached us. Its reference is %(reference)s."
    ),
    Right.ERASURE: _(
        "Your request to erase your data has reached us. Its reference is %(reference)s."
    ),
}

#: The formal name of each right, for staff and letters.
RIGHT_NAMES: dict[Right, Text] = {
    Right.ACCESS: _("Access"),
    Right.RECTIFICATION: _("Rectification"),
    Right.ERASURE: _("Erasure"),
    Right.RESTRICTION: _("Restriction"),
    Right.OBJECTION: _("Objection"),
    Right.PORTABILITY: _("Portability"),
    Right.WITHDRAWAL: _("Withdrawal of consent"),
    Right.COMPLAINT: _("Complaint"),
}

#: Where the right stands, as a label: a paragraph is not an article in every language.
ARTICLE_LABELS: dict[Right, Text] = {
    Right.ACCESS: _("Article 15 GDPR"),
    Right.RECTIFICATION: _("Article 16 GDPR"),
    Right.ERASURE: _("Article 17 GDPR"),
    Right.RESTRICTION: _("Article 18 GDPR"),
    Right.OBJECTION: _("Article 21 GDPR"),
    Right.PORTABILITY: _("Article 20 GDPR"),
    Right.WITHDRAWAL: _("Article 7(3) GDPR"),
    Right.COMPLAINT: _("Article 77 GDPR"),
}

STATES: dict[State, Text] = {
    State.RECEIVED: pgettext_lazy("state of a request", "Received"),
    State.IN_PROGRESS: pgettext_lazy("state of a request", "In progress"),
    State.DECIDED: pgettext_lazy("state of a request", "Decided"),
    State.FULFILLING: pgettext_lazy("state of a request", "Preparing the answer"),
    State.ANSWERED: pgettext_lazy("state of a request", "Answered"),
    State.CLOSED: pgettext_lazy("state of a request", "Closed"),
    State.AWAITING_IDENTITY: pgettext_lazy("state of a request", "Waiting for proof of identity"),
    State.AWAITING_CLARIFICATION: pgettext_lazy("state of a request", "Waiting for an answer"),
    State.WITHDRAWN: pgettext_lazy("state of a request", "Withdrawn"),
}

OUTCOMES: dict[Outcome, Text] = {
    Outcome.GRANTED: _("Granted: the person receives a copy of everything found"),
    Outcome.PARTLY: _(
        "Partly: something has to be kept, on a stated ground and until a stated day"
    ),
    Outcome.NOTHING_HELD: _("Nothing held: we searched everywhere and found no data"),
}

QUESTION_KINDS: dict[Kind, Text] = {
    Kind.IDENTITY: _("Who they are: there is reasonable doubt"),
    Kind.CLARIFICATION: _("Which data is meant: very much is held"),
}

AUDIT_VERBS: dict[str, Text] = {
    "case.received": _("Request received"),
    "case.confirmed": _("E-mail address confirmed by the person"),
    "case.link_sent": _("New link sent to the person"),
    "case.link_used": _("Link opened by the person"),
    "case.assigned": _("Case assigned"),
    "case.start": _("Work begun"),
    "case.decide": _("Decision taken"),
    "case.fulfil": _("Preparation of the answer begun"),
    "case.answer": _("Answer ready, person told"),
    "case.close": _("Case closed"),
    "case.ask_identity": _("Person asked who they are"),
    "case.ask_clarification": _("Person asked which data is meant"),
    "case.resume": _("Answer of the person received"),
    "case.dates_changed": _("Dates counted anew"),
    "case.withdraw": _("Request withdrawn by the person"),
    "collection.started": _("Search of all sources begun"),
    "collection.done": _("Source searched"),
    "collection.failed": _("Source could not be searched"),
    "collection.narrowed": _("Search ordered without numbers that are not proven"),
    "mail.requeued": _("Mail ordered again"),
    "collection.requeued": _("Search of a source ordered again"),
    "package.failed": _("Package could not be built"),
    "package.requeued": _("Package ordered again"),
    "package.downloaded": _("Package downloaded by the person"),
    "package.expired": _("Package removed after its time"),
    "data.viewed": _("Found data looked at"),
    "correction.proposed": _("Correction proposed"),
    "correction.withdrawn": _("Correction withdrawn"),
    "correction.ordered": _("Correction ordered"),
    "correction.requeued": _("Correction ordered again"),
    "correction.applied": _("Correction applied in the source"),
    "correction.conflicted": _("Correction not applied: another value stands there"),
    "correction.failed": _("Correction could not be applied"),
    "erasure.planned": _("Plan of the erasure ordered"),
    "erasure.plan_ordered": _("Counting for the plan begun"),
    "erasure.plan_ready": _("Plan of the erasure ready"),
    "erasure.plan_discarded": _("Plan withdrawn"),
    "erasure.plan_approved": _("Plan approved"),
    "erasure.plan_stopped": _("Plan stopped"),
    "erasure.plan_done": _("Plan carried out, confirmed by a new search"),
    "erasure.failed": _("Step of the erasure failed"),
    "erasure.requeued": _("Step of the erasure ordered again"),
    "erasure.schedule_looked": _("What was kept looked at again"),
    "erasure.schedule_failed": _("What was kept could not be looked at again"),
    "erasure.schedule_done": _("Nothing kept is left in a source"),
    "erasure.all_gone": _("What was kept has been erased too"),
}


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

#: What remains open to the person after an answer (Art. 15(1)(e), (f), (h); Art. 79).
RIGHTS_REMINDER: tuple[Text, ...] = (
    _("You can ask us to correct your data (Article 16) or to erase it (Article 17)."),
    _("You can ask us to restrict its use (Article 18) and object to it (Article 21)."),
    _("You can receive data you gave us in a portable form (Article 20)."),
    _("You can withdraw a consent at any time (Article 7(3))."),
    _("You can complain to the supervisory authority (Article 77) and go to court (Article 79)."),
    _("No decision about you is taken by a machine alone (Article 22)."),
    _("We do not transfer your data outside the European Union."),
)
