"""The words for restrictions, time limits and records of processing, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from datamap.domain.records import Gap
from datamap.domain.transfers import Cover
from datamap.domain.vocabulary import Category, DataKind, LegalBasis
from datamap.texts import CATEGORIES
from retention.domain.holding import HoldKind
from retention.domain.purge_stages import RunState, Stage
from retention.domain.purging import Alarm
from retention.domain.restricting import Reason

__all__ = [
    "ALARMS",
    "CATEGORIES",
    "COVERS",
    "DATA_KINDS",
    "GAPS",
    "HOLD_KINDS",
    "IDENTIFIERS",
    "LEGAL_BASES",
    "REASONS",
    "RETENTION",
    "RUN_STATES",
    "STAGES",
]

Text = str | Promise

REASONS: dict[Reason, Text] = {
    Reason.ACCURACY: _("The person says the data is wrong; it is being checked (Art. 18(1)(a))"),
    Reason.UNLAWFUL: _(
        "The use is unlawful, and the person wants the data kept and not erased (Art. 18(1)(b))"
    ),
    Reason.CLAIM: _(
        "We need the data no longer, but the person does for a legal claim (Art. 18(1)(c))"
    ),
    Reason.OBJECTION: _("The person objected to this use (Art. 21; while weighed, Art. 18(1)(d))"),
    Reason.CONSENT: _("The person withdrew the consent that the use rests on (Art. 7(3))"),
}

HOLD_KINDS: dict[HoldKind, Text] = {
    HoldKind.COURT: _("A court, or a dispute that may come before one"),
    HoldKind.LAW_ENFORCEMENT: _("Police or a prosecutor"),
    HoldKind.GOVERNMENT: _("Another authority"),
    HoldKind.OTHER: _("Somebody else"),
}

IDENTIFIERS: dict[str, Text] = {
    "email": _("E-mail address"),
    "phone": _("Phone number"),
    "customer_number": _("Customer number"),
    "ip": _("IP address"),
}

#: The time limits as people are told them; the rules are in `domain.categories`.
RETENTION: dict[Category, Text] = {
    Category.IDENTITY_BILLING: _(
        "Seven years after the end of the financial year in which the contract ended."
    ),
    Category.TRAFFIC: _("Seven years after the end of the calendar year of the communication."),
    Category.COMMUNICATIONS: _("Two years after the end of the month of the communication."),
    Category.UPLOADED: _("Two years after the upload."),
    Category.ENTRUSTED: _(
        "As agreed with the company we work for: one to twelve months after the agreement ends."
    ),
    Category.LOGS: _("60 days after the entry."),
}

#: Categories of personal data as a record of processing names them.
DATA_KINDS: dict[DataKind, Text] = {
    DataKind.IDENTIFICATION: _("Identification data"),
    DataKind.CONTACT: _("Contact details"),
    DataKind.CONTRACT: _("Contract data"),
    DataKind.BILLING: _("Billing data"),
    DataKind.PAYMENT: _("Payment data"),
    DataKind.TRAFFIC: _("Traffic data of calls and messages"),
    DataKind.CONTENT: _("Content of communication"),
    DataKind.RECORDING: _("Recordings"),
    DataKind.PREFERENCES: _("Preferences"),
    DataKind.ONLINE: _("Usage data"),
    DataKind.LOCATION: _("Location data"),
    DataKind.OTHER: _("Other data"),
}

LEGAL_BASES: dict[LegalBasis, Text] = {
    LegalBasis.CONSENT: _("Consent, Article 6(1)(a) GDPR"),
    LegalBasis.CONTRACT: _("Contract, Article 6(1)(b) GDPR"),
    LegalBasis.LEGAL_OBLIGATION: _("Legal obligation, Article 6(1)(c) GDPR"),
    LegalBasis.VITAL: _("Vital interests, Article 6(1)(d) GDPR"),
    LegalBasis.PUBLIC_TASK: _("Public task, Article 6(1)(e) GDPR"),
    LegalBasis.LEGITIMATE_INTEREST: _("Legitimate interest, Article 6(1)(f) GDPR"),
}

#: On what a transfer to a third country rests. `safeguard` is the map's own words.
COVERS: dict[Cover, Text] = {
    Cover.ADEQUACY: _("adequacy decision %(decision)s (Article 45 GDPR)"),
    Cover.SAFEGUARD: _("safeguard: %(safeguard)s"),
    Cover.IN_PART: _("adequacy decision %(decision)s, for some recipients only"),
    Cover.NONE: _("no adequacy decision and no safeguard stated"),
}

GAPS: dict[Gap, Text] = {
    Gap.SUBJECTS: _(
        "The categories of data subjects are missing: say them in the map at %(place)s."
    ),
    Gap.SECURITY: _("The security measures are missing: say them in the map at %(place)s."),
    Gap.SAFEGUARD: _(
        "Data goes to a third country without an adequacy decision or a safeguard: say the "
        "safeguard in the map at %(place)s, or end the transfer."
    ),
    Gap.COVERED: _(
        "The adequacy decision covers only some recipients in that country: say in the map at "
        "%(place)s why it covers this one, or which safeguard applies."
    ),
    Gap.CONTROLLER: _(
        "The controller is missing: no controller of the map has a source_key that could stand "
        "in %(place)s."
    ),
}

RUN_STATES: dict[RunState, Text] = {
    RunState.RUNNING: _("under way"),
    RunState.PAUSED: _("paused"),
    RunState.DONE: _("done, nothing due is left"),
    RunState.INCOMPLETE: _("incomplete"),
    RunState.ENDED: _("ended by a person"),
}

STAGES: dict[Stage, Text] = {
    Stage.PLAN: _("counting what is due"),
    Stage.PURGE: _("erasing"),
    Stage.CHECK: _("searching again"),
    Stage.OVER: _("over"),
}

#: Why a table waits for a person.
ALARMS: dict[Alarm, Text] = {
    Alarm.SHARE: _("A large part of the table is due."),
    Alarm.NUMBER: _("More rows are due than may go in one run."),
    Alarm.JUMP: _("Many more rows are due than in the runs before."),
    Alarm.NO_ANCHOR: _("Rows have no date to count from. They stay."),
    Alarm.FUTURE_ANCHOR: _("Rows are dated in the future. They stay."),
    Alarm.EARLY_ANCHOR: _("Rows are dated before 1990. They stay."),
}
