"""The rights in the reader's language: for the portal, for staff, for letters."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.rights import Right

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
    Right.RESTRICTION: _(
        "Your request to pause the use of your data has reached us. Its reference is %(reference)s."
    ),
    Right.OBJECTION: _(
        "Your objection to the use of your data has reached us. Its reference is %(reference)s."
    ),
    Right.PORTABILITY: _(
        "Your request to take your data elsewhere has reached us. Its reference is %(reference)s."
    ),
    Right.WITHDRAWAL: _(
        "The withdrawal of your consent has reached us. Its reference is %(reference)s."
    ),
    Right.COMPLAINT: _("Your complaint has reached us. Its reference is %(reference)s."),
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
