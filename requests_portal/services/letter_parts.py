"""The passages every letter shares: the clock, the remedies, the authority (Art. 12(3)-(4)).

They are computed and cannot be adjusted. Call these in the language of the letter.
"""

from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from requests_portal.domain.deciding import Ground
from requests_portal.domain.letters import Part, Passage
from requests_portal.models import Case
from requests_portal.services.clock import date_lines
from requests_portal.texts.deciding import EXPLAINED


def dates_part(case: Case, *further: tuple[str, str, str]) -> Passage:
    """The dates of the clock, each with its reason; `further` rows follow them."""
    lines = tuple((line.label, date_format(line.on), line.why) for line in date_lines(case))
    return Passage(part=Part.DATES, heading=_("The dates"), rows=(*lines, *further))


def remedies_part() -> Passage:
    """What the person can do against it (Art. 12(4))."""
    return Passage(
        part=Part.REMEDIES,
        heading=_("If you do not agree"),
        text=" ".join(
            (
                _("Write to our data protection officer; we look at it again."),
                _(
                    "You can also bring the matter before the courts of the country where you live "
                    "or where we are established (Article 79)."
                ),
            )
        ),
    )


def authority_part(case: Case) -> Passage:
    """The supervisory authority, by name and address (Art. 77)."""
    one = case.entity.authority
    complain = _(
        "You can complain to the supervisory authority (Article 77): "
        "%(name)s, %(address)s, %(phone)s, %(email)s, %(url)s."
    ) % {
        "name": one.name_local,
        "address": case.entity.authority_address(get_language() or ""),
        "phone": one.phone.replace(" ", "\N{NO-BREAK SPACE}"),
        "email": one.email,
        "url": one.url,
    }
    elsewhere = _("You can also turn to the authority of the country where you live or work.")
    return Passage(part=Part.AUTHORITY, text=f"{complain} {elsewhere}")


def closing_parts(case: Case, *further: tuple[str, str, str]) -> tuple[Passage, ...]:
    """Dates, remedies and authority, as every letter to the person ends."""
    return dates_part(case, *further), remedies_part(), authority_part(case)


def ground_part(grounds: Sequence[Ground]) -> Passage:
    """The grounds of a denial, each explained with its article."""
    return Passage(
        part=Part.GROUND,
        heading=_("The ground"),
        lines=tuple(str(EXPLAINED[ground]) for ground in grounds),
    )


def reasons_part(text: str, *, heading: str = "") -> Passage:
    """Why, in this case: staff's own words, which they may adjust until it is sent."""
    return Passage(
        part=Part.REASONS, heading=heading or _("The reasons"), text=text, adjustable=True
    )
