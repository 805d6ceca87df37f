"""What every page of the portal shows around its content."""

from dataclasses import dataclass

from django import template
from django.conf import settings
from django.template import Context
from django.urls import reverse, translate_url
from django.utils.translation import get_language, get_language_info, override

from lib.entities import ENTITIES, Authority

register = template.Library()


@dataclass(frozen=True, kw_only=True)
class LanguageLink:
    """The same page in one of the portal's languages, named in that language."""

    code: str
    name: str
    url: str
    is_current: bool


@register.simple_tag(takes_context=True)
def language_links(context: Context) -> list[LanguageLink]:
    """Return a link to this page in each language, or to the first page where there is no other."""
    request = context.get("request")
    path = request.get_full_path() if request is not None else ""
    current = get_language() or settings.LANGUAGE_CODE
    return [
        LanguageLink(
            code=code,
            name=get_language_info(code)["name_local"].capitalize(),
            url=_in_language(path, code, is_current=code == current),
            is_current=code == current,
        )
        for code, _name in settings.LANGUAGES
    ]


def _in_language(path: str, code: str, *, is_current: bool) -> str:
    translated = translate_url(path, code)
    if is_current or translated != path:
        return translated
    with override(code):
        return reverse("portal:home")


@register.simple_tag
def nearest_authorities() -> list[Authority]:
    """Return the authority of the country whose language is read, or all of them."""
    authorities = {entity.language: entity.authority for entity in ENTITIES.values()}
    language = get_language() or settings.LANGUAGE_CODE
    return [authorities[language]] if language in authorities else list(authorities.values())
