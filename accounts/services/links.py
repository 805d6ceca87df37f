"""Where to: a person's first page, and links in mails (never on the host a request names)."""

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import int_to_base36

from accounts.domain.roles import CASE_READERS, STAFF_READERS
from accounts.models import User


def absolute(path: str) -> str:
    """Return the full address of a path of this site."""
    return f"{settings.PUBLIC_URL}{path}"


def set_password_url(user: User) -> str:
    """Return a link under which `user` can choose a password: once, for PASSWORD_RESET_TIMEOUT."""
    path = reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": int_to_base36(user.pk),
            "key": default_token_generator.make_token(user),
        },
    )
    return absolute(path)


def first_page(user: User) -> str:
    """Return the path of the first page that the roles of `user` open."""
    if user.has_role(*CASE_READERS):
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    if user.has_role(*STAFF_READERS):
        return reverse("accounts:staff-list")
    return reverse("accounts:profile")
