"""How single values are shown."""

import re
from datetime import datetime, tzinfo

from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lib.entities import Entity
from requests_portal.services.reading import own_day, read_value

register = template.Library()

#: “Article 15”, “art. 15”, “artikli 15”, “ust. 3”, “lõige 3”; “lit. a”, “punkt a”; “15. pants”,
#: “a) apakšpunkts”; “w”, “z”, “i” and the like in Polish.
_ARTICLE_AND_NUMBER = re.compile(
    r"\b([Aa]rt\w*\.?|ust\.|lõi[gk]\w*) (?=\d)|\b(lit\.|punkt) (?=[a-z]\b)"
    r"|(?<=\d)(\.) (?=pant|punkt)|(?<=\b[a-z])(\)) (?=apakšpunkt)"
)
_REFERENCE = re.compile(r"\bAP-[0-9A-Z]{4}-[0-9A-Z]{4}\b")
_ONE_LETTER_WORD = re.compile(r"(?<=[\s>(])([aiouwzAIOUWZ]) ")
_TIE = "\u00a0"


@register.filter
def cell(value: object) -> str:
    """Show one value of a record whose column is not at hand, instants in the active zone."""
    return read_value(value, column_type=None, zone=timezone.get_current_timezone())


register.filter("own_day", own_day)


@register.filter
def own_day_in(moment: datetime, zone: tzinfo) -> str:
    """Show the local day of an instant in a zone, which need not be the one of the settings."""
    return own_day(moment.astimezone(zone))


@register.filter
def grouped(number: int) -> str:
    """Show a whole number with its thousands apart, as the language does it."""
    return number_format(number, use_l10n=True, force_grouping=True)


@register.filter
def unbroken(text: str) -> SafeString:
    """Mark a text that stays on one line, such as a reference with hyphens."""
    return format_html('<span class="unbroken">{}</span>', text)


@register.filter
def breakable(address: str) -> SafeString:
    """Let an e-mail address break before its @ where the line is short, not amid a word."""
    local, at, domain = address.rpartition("@")
    return format_html("{}<wbr>{}{}", local, at, domain)


@register.filter(is_safe=True)
def tied(text: str) -> str:
    """Keep together what no line may end with: Polish words of one letter, “Article” and number."""
    text = _ARTICLE_AND_NUMBER.sub(rf"\1\2\3\4{_TIE}", text)
    return _ONE_LETTER_WORD.sub(rf"\1{_TIE}", text) if get_language() == "pl" else text


@register.filter(is_safe=True)
def references_whole(html: str) -> str:
    """Keep each reference of a request on one line, in HTML that has none in an attribute."""
    return _REFERENCE.sub(r'<span class="unbroken">\g<0></span>', html)


@register.filter
def authority_address(one: Entity) -> str:
    """Give the address of the authority, in its own spelling to readers of its language."""
    return one.authority_address(get_language() or "")


@register.filter
def home_address(one: Entity) -> str:
    """Give the address of a company of ours, its country by its name in the active language."""
    return one.address.replace("Estonia", _("Estonia"))


@register.filter
def answer_text(field: BoundField) -> str:
    """Show what a person answered: the words of a choice, or a dash where nothing was entered."""
    value = field.value()
    if not value:
        return "–"
    choices = dict(getattr(field.field, "choices", ()))
    return str(choices.get(value, value))


@register.filter
def lookup(mapping: dict[object, object], key: object) -> object:
    """Return the value under `key`, or an empty text."""
    return mapping.get(key, "")


@register.filter
def person_of(event: object, people: dict[int, str]) -> str:
    """Name who did what: a member of staff by name, the person, or the system."""
    kind, ref = getattr(event, "actor_kind", ""), getattr(event, "actor_ref", "")
    if kind == "staff":
        return people.get(int(ref), _("former staff")) if str(ref).isdecimal() else _("staff")
    return _("the person") if kind == "person" else _("the system")
