"""The words for roles and outcomes."""

from django.utils.translation import gettext_lazy as _

from accounts.domain.roles import Role
from accounts.domain.sign_in import Outcome

ROLE_NAMES = {
    Role.HANDLER: _("Handler"),
    Role.DPO: _("Data protection officer"),
    Role.SECURITY: _("Security officer"),
    Role.ENGINEER: _("Engineer"),
    Role.AUDITOR: _("Auditor"),
}

ROLE_DUTIES = {
    Role.HANDLER: _("Works on requests: looks for the data, decides and answers."),
    Role.DPO: _("Does what a handler does, and is responsible for it."),
    Role.SECURITY: _("Invites and removes colleagues, gives roles, sees every sign-in."),
    Role.ENGINEER: _("Connects the data sources and keeps the data map."),
    Role.AUDITOR: _("Reads everything and changes nothing."),
}

OUTCOMES = {
    Outcome.SUCCEEDED: _("Signed in"),
    Outcome.WRONG_PASSWORD: _("Wrong password"),
    Outcome.UNKNOWN: _("Unknown address"),
    Outcome.INACTIVE: _("Account not active"),
    Outcome.THROTTLED: _("Too many attempts"),
    Outcome.SECOND_FACTOR_FAILED: _("Wrong code"),
}

OUTCOME_TONES = {
    Outcome.SUCCEEDED: "success",
    Outcome.WRONG_PASSWORD: "warning",
    Outcome.UNKNOWN: "warning",
    Outcome.INACTIVE: "danger",
    Outcome.THROTTLED: "danger",
    Outcome.SECOND_FACTOR_FAILED: "warning",
}
