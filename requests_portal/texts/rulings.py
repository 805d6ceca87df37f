"""What a decision says, for each right and outcome, as its letter begins."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.rights import Outcome, Right

Text = str | Promise

#: What the person asked for, as the subject of the sentence above the decision.
ASKED: dict[Right, Text] = {
    Right.ACCESS: _("You asked us for a copy of your personal data."),
    Right.RECTIFICATION: _("You asked us to correct your personal data."),
    Right.ERASURE: _("You asked us to erase your personal data."),
    Right.RESTRICTION: _("You asked us to restrict the use of your personal data."),
    Right.OBJECTION: _("You objected to a use of your personal data."),
    Right.PORTABILITY: _("You asked us for your personal data in a portable form."),
    Right.WITHDRAWAL: _("You withdrew a consent."),
    Right.COMPLAINT: _("You complained about how we use your personal data."),
}

GRANTED: dict[Right, Text] = {
    Right.ACCESS: _("We grant your request and send you a copy of your data."),
    Right.RECTIFICATION: _("We have corrected your data as you asked."),
    Right.ERASURE: _("We have erased your data."),
    Right.RESTRICTION: _("We restrict the use of your data: from now on it is only stored."),
    Right.OBJECTION: _("Your objection is upheld: we no longer use your data for this."),
    Right.PORTABILITY: _("We grant your request and send you your data in a portable form."),
    Right.WITHDRAWAL: _("Your consent is withdrawn: we no longer use your data on its ground."),
    Right.COMPLAINT: _("Your complaint is justified."),
}
PARTLY: dict[Right, Text] = {
    Right.ACCESS: _("We grant your request in part."),
    Right.RECTIFICATION: _("We have corrected your data in part; something stays as it is."),
    Right.ERASURE: _("We have erased your data in part; something has to be kept."),
    Right.RESTRICTION: _("We restrict the use of your data in part."),
    Right.OBJECTION: _("Your objection is upheld in part."),
    Right.PORTABILITY: _("We grant your request in part."),
    Right.WITHDRAWAL: _("Your consent is withdrawn as far as there was one."),
    Right.COMPLAINT: _("Your complaint is justified in part."),
}
REFUSED: dict[Right, Text] = {
    Right.ACCESS: _("We refuse to give you a copy of your data."),
    Right.RECTIFICATION: _("We refuse to change your data."),
    Right.ERASURE: _("We refuse to erase your data."),
    Right.RESTRICTION: _("We refuse to restrict the use of your data."),
    Right.OBJECTION: _("We do not uphold your objection."),
    Right.PORTABILITY: _("We refuse to hand over your data in a portable form."),
    Right.WITHDRAWAL: _("There is no consent of yours that could be withdrawn."),
    Right.COMPLAINT: _("We find that your complaint is not justified."),
}
_NOTHING_HELD = _("We searched all our systems and hold no data of ours about you.")
_CANNOT_IDENTIFY = _("We cannot carry out your request, because we cannot identify you.")

DECIDED: dict[Outcome, dict[Right, Text]] = {
    Outcome.GRANTED: GRANTED,
    Outcome.PARTLY: PARTLY,
    Outcome.REFUSED: REFUSED,
    Outcome.NOTHING_HELD: dict.fromkeys(Right, _NOTHING_HELD),
    Outcome.CANNOT_IDENTIFY: dict.fromkeys(Right, _CANNOT_IDENTIFY),
}

#: How staff choose between outcomes.
CHOICES: dict[Outcome, Text] = {
    Outcome.GRANTED: _("Granted"),
    Outcome.PARTLY: _("Granted in part, refused in part"),
    Outcome.REFUSED: _("Refused"),
    Outcome.NOTHING_HELD: _("Nothing held"),
    Outcome.CANNOT_IDENTIFY: _("Cannot identify the person"),
    Outcome.FEE: _("Ask a reasonable fee first"),
}

#: What a restriction means beyond the sentence that decides it, by the right that brought it
#: about.
RESTRICTED: dict[Right, Text] = {
    Right.RESTRICTION: _(
        "We use restricted data for something else only if you agree, for a legal claim, or to "
        "protect the rights of another person (Article 18(2) GDPR). We tell you before this ends "
        "(Article 18(3) GDPR)."
    ),
    Right.OBJECTION: _(
        "The data is only stored where another law asks us to keep it, and erased when its time "
        "is over."
    ),
    Right.WITHDRAWAL: _("What was done before you withdrew it stays lawful (Article 7(3) GDPR)."),
}
