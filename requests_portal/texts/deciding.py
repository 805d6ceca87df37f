"""The grounds of a denial: for staff, and as a letter explains them (Art. 12(4))."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.deciding import Ground

Text = str | Promise

#: How staff choose them: the article first.
GROUNDS: dict[Ground, Text] = {
    Ground.UNFOUNDED: _("Article 12(5): manifestly unfounded"),
    Ground.EXCESSIVE: _("Article 12(5): excessive, in particular because it is repeated"),
    Ground.NOT_IDENTIFIED: _("Article 11(2): the person cannot be identified"),
    Ground.OTHERS_RIGHTS: _("Articles 15(4) and 20(4): the rights of others"),
    Ground.ACCURATE: _("Article 16: the data is right as it stands"),
    Ground.STILL_NEEDED: _("Article 17(1)(a): still needed for its purpose"),
    Ground.EXPRESSION: _("Article 17(3)(a): freedom of expression and information"),
    Ground.LEGAL_OBLIGATION: _("Article 17(3)(b): a legal obligation to keep it"),
    Ground.ARCHIVE: _("Article 17(3)(d): archiving, research or statistics"),
    Ground.LEGAL_CLAIM: _("Articles 17(3)(e) and 21(1): legal claims"),
    Ground.NO_RESTRICTION_CASE: _("Article 18(1): none of the four cases applies"),
    Ground.COMPELLING: _("Article 21(1): compelling legitimate grounds"),
    Ground.OTHER_BASIS: _("Article 21(1): the use does not rest on a legitimate interest"),
    Ground.NOT_PROVIDED: _("Article 20(1): not provided by the person, or on another legal basis"),
    Ground.NO_CONSENT: _("Article 7(3): nothing rests on a consent"),
    Ground.LAWFUL: _("Articles 5 and 6: the processing is lawful"),
}

#: How a letter explains them to the person.
EXPLAINED: dict[Ground, Text] = {
    Ground.UNFOUNDED: _(
        "The law allows us to refuse a request that is manifestly unfounded, or to charge a "
        "reasonable fee for it (Article 12(5) GDPR). It is for us to show that this is so."
    ),
    Ground.EXCESSIVE: _(
        "The law allows us to refuse a request that is excessive, in particular because it is "
        "repeated, or to charge a reasonable fee for it (Article 12(5) GDPR). It is for us to "
        "show that this is so."
    ),
    Ground.NOT_IDENTIFIED: _(
        "We cannot tell which data is yours with what we know about you (Articles 11(2) and "
        "12(2) GDPR). If you tell us more, we look at your request again."
    ),
    Ground.OTHERS_RIGHTS: _(
        "A copy may not affect the rights and freedoms of others (Articles 15(4) and 20(4) GDPR)."
    ),
    Ground.ACCURATE: _(
        "You have the right to have inaccurate data corrected (Article 16 GDPR). We checked the "
        "data and found that it is right as it stands."
    ),
    Ground.STILL_NEEDED: _(
        "The data is still needed for the purpose it was collected for, so that the right to "
        "erasure does not apply to it yet (Article 17(1)(a) GDPR)."
    ),
    Ground.EXPRESSION: _(
        "The data is needed to exercise the right of freedom of expression and information "
        "(Article 17(3)(a) GDPR)."
    ),
    Ground.LEGAL_OBLIGATION: _(
        "A law obliges us to keep the data, for example accounting law (Article 17(3)(b) GDPR)."
    ),
    Ground.ARCHIVE: _(
        "The data is needed for archiving in the public interest, research or statistics, which "
        "erasing it would seriously impair (Article 17(3)(d) GDPR)."
    ),
    Ground.LEGAL_CLAIM: _(
        "The data is needed to establish, exercise or defend legal claims (Articles 17(3)(e) and "
        "21(1) GDPR)."
    ),
    Ground.NO_RESTRICTION_CASE: _(
        "The law restricts the use of data in four cases: its accuracy is contested, its use is "
        "unlawful, you need it for a legal claim, or an objection is being weighed (Article 18(1) "
        "GDPR). None of them applies."
    ),
    Ground.COMPELLING: _(
        "We have compelling legitimate grounds for this use that override your interests, rights "
        "and freedoms (Article 21(1) GDPR)."
    ),
    Ground.OTHER_BASIS: _(
        "The right to object applies to a use that rests on a legitimate interest or a public "
        "task (Article 21(1) GDPR). This use rests on another legal basis."
    ),
    Ground.NOT_PROVIDED: _(
        "The right to data portability covers data that you provided to us and that we process by "
        "automated means on your consent or a contract (Article 20(1) GDPR). This data is not "
        "such data."
    ),
    Ground.NO_CONSENT: _(
        "A consent can be withdrawn at any time (Article 7(3) GDPR). No use of your data rests on "
        "a consent of yours."
    ),
    Ground.LAWFUL: _(
        "We checked what you complained about and found that the processing keeps to Articles 5 "
        "and 6 GDPR."
    ),
}
