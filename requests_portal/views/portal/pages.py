"""The pages anybody can read."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lib.entities import ENTITIES
from requests_portal.domain.rights import Right
from requests_portal.forms.portal import questions_for
from requests_portal.texts.rights import ARTICLE_LABELS, RIGHTS


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    rights = [(right, RIGHTS[right], ARTICLE_LABELS[right]) for right in Right]
    return render(request, "requests_portal/portal/home.html", {"rights": rights})


@require_safe
def right_detail(request: HttpRequest, right: str) -> HttpResponse:
    try:
        chosen = Right(right)
    except ValueError:
        raise Http404 from None
    context = {
        "right": chosen,
        "text": RIGHTS[chosen],
        "article": ARTICLE_LABELS[chosen],
        "entities": ENTITIES.values(),
        "questions": len(questions_for(chosen, {})),
    }
    return render(request, "requests_portal/portal/right_detail.html", context)
