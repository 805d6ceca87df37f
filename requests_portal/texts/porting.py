"""The words of portability: where data goes, what is left out, why sending failed."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests_portal.domain.addresses import Fault
from requests_portal.domain.porting import NotPorted, Target

Text = str | Promise

#: How the person chooses where it goes.
TARGETS: dict[Target, Text] = {
    Target.ME: _("To me: I download it"),
    Target.URL: _("To another company: send it to the address they gave me"),
    Target.CODE: _("To another company: with a code that I give them"),
}

#: How staff read it.
TARGETS_AT_THE_DESK: dict[Target, Text] = {
    Target.ME: _("To the person"),
    Target.URL: _("To another company, sent to its address"),
    Target.CODE: _("To another company, collected with a one-time code"),
}

#: Why a table, or a part of it, is not handed over, as the letter says it.
LEFT_OUT: dict[NotPorted, Text] = {
    NotPorted.ENTRUSTED: _(
        "We process it for another company, which alone decides on it (Article 28)."
    ),
    NotPorted.OTHER_BASIS: _(
        "We process it neither on your consent nor on a contract with you (Article 20(1)(a))."
    ),
    NotPorted.NOT_PROVIDED: _("It does not come from you: we made it ourselves (Article 20(1))."),
}

#: What is wrong with an address, to whoever typed it.
ADDRESS_FAULTS: dict[Fault, Text] = {
    Fault.MALFORMED: _("Check the address. It should look like https://example.com/upload."),
    Fault.NOT_HTTPS: _("The address must begin with https://, so that nobody reads it on the way."),
    Fault.HAS_PASSWORD: _("Leave out the user name and password before the @."),
    Fault.NO_NAME: _("Enter a full name such as example.com, not a number or a single word."),
    Fault.OTHER_PORT: _("Leave out the number after the colon: only the usual port is possible."),
}

#: Why the package did not reach the company, by the code of the transfer.
TRANSFER_FAULTS: dict[str, Text] = {
    "address": _("The address cannot be used. Ask the person for another one."),
    "unknown_host": _("The name of the company’s server is not known on the internet."),
    "private_address": _(
        "The name leads into a network that is not public. Nothing was sent, for safety. Ask the "
        "person for another address."
    ),
    "unreachable": _("The company’s server cannot be reached, or does not answer."),
    "certificate": _(
        "The company’s server could not prove that it is the one named (its certificate is not "
        "valid). Nothing was sent."
    ),
    "interrupted": _("The connection broke off before everything was sent."),
    "too_slow": _("The company’s server was too slow to take everything."),
    "redirected": _(
        "The company’s server points to another address. It is not followed: the person named "
        "this one. Ask them for the right one."
    ),
    "rejected": _("The company’s server refused the package. Ask the person to ask them why."),
    "busy": _("The company’s server said that it cannot take it now."),
    "odd_answer": _("The company’s server gave an answer that means nothing."),
    "interrupted_here": _("Our own worker was interrupted again and again."),
    "internal": _("Something went wrong on our side. The server’s log names the fault."),
}
