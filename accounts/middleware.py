"""What holds on every page for staff: their language, and a second factor where required."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation

from accounts.queries import has_second_factor

#: The pages behind the sign-in, as apifonica_privacy/urls.py places them.
STAFF_PAGES = ("/desk/", "/staff/")
#: What somebody can open who still has to set up a second factor.
_OPEN_BEFORE = {
    "mfa_index",
    "mfa_activate_totp",
    "account_reauthenticate",
    "account_logout",
}

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def _is_staff_page(request: HttpRequest) -> bool:
    return request.path_info.startswith(STAFF_PAGES)


class StaffLanguageMiddleware:
    """Speak the language a member of staff chose; before the sign-in, the browser's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _is_staff_page(request) and request.user.is_authenticated:
            # LocaleMiddleware, further out, reads it after the response and sets it anew each time.
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class SecondFactorMiddleware:
    """Lead staff without a second factor to its set-up before they see anything else."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: object,  # noqa: ARG002 (Django's signature)
        args: tuple[Any, ...],  # noqa: ARG002
        kwargs: dict[str, Any],  # noqa: ARG002
    ) -> HttpResponseBase | None:
        if not settings.REQUIRE_SECOND_FACTOR or not _is_staff_page(request):
            return None
        if not request.user.is_authenticated or has_second_factor(request.user):
            return None
        if request.resolver_match and request.resolver_match.url_name in _OPEN_BEFORE:
            return None
        return redirect("mfa_activate_totp")
