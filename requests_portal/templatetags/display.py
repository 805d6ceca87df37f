"""How single values are shown."""

import json

from django import template
from django.forms import BoundField
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def cell(value: object) -> str:
    """Show one value of a record: nothing as a dash, yes and no as words, structures as text."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


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
