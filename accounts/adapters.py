"""How staff sign in, in terms of django-allauth: nobody signs up, every attempt is remembered."""

import base64
from typing import Any, cast

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathFillImage

from accounts.models import User
from accounts.services import sign_ins
from accounts.services.credentials import CredentialChange, note_change
from accounts.services.links import first_page
from accounts.services.mails import send_password_link
from lib.encryption import seal, unseal
from lib.throttle import client_address

_NOTICES = {
    "account/email/password_changed": CredentialChange.PASSWORD_CHANGED,
    "account/email/password_reset": CredentialChange.PASSWORD_RESET,
    "mfa/email/totp_activated": CredentialChange.SECOND_FACTOR_ADDED,
    "mfa/email/totp_deactivated": CredentialChange.SECOND_FACTOR_REMOVED,
    "mfa/email/recovery_codes_generated": CredentialChange.RECOVERY_CODES_MADE,
}
_SEAL_CONTEXT = "mfa.authenticator.data"


class UnexpectedMail(RuntimeError):
    """allauth wants to send a text that is not ours; its own words never leave the house."""


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth is untyped
    """Staff are invited. One sentence answers every failed attempt, whatever was wrong."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("This e-mail address and password do not match."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your password."),
        "invalid_password_reset": _("This link was used already or has expired."),
        "rate_limited": _("Too many attempts. Wait five minutes, then try again."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 (allauth's signature)
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: str) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            sign_ins.record_throttled(**_attempt(request, credentials))
            raise

    def authenticate(self, request: HttpRequest, **credentials: str) -> User | None:
        """Return who it is; None for a closed account too, so that it looks like any other."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None and not user.is_active:
            sign_ins.record_refusal(**_attempt(request, credentials))
            return None
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: str) -> None:
        sign_ins.record_refusal(**_attempt(request, credentials))

    def login(self, request: HttpRequest, user: User) -> None:
        """Open the session, unless the account was closed between password and code."""
        ip, at = client_address(request), timezone.now()
        if not user.is_active:
            sign_ins.record_refusal(email=user.email, ip=ip, at=at)
            raise ImmediateHttpResponse(redirect(settings.LOGIN_URL))
        super().login(request, user)
        sign_ins.record_success(user=user, ip=ip, at=at)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return first_page(cast("User", request.user))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002
        return reverse("accounts:profile")

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:  # noqa: ARG002
        send_password_link(user=user, at=timezone.now())

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,  # noqa: ARG002
        email: str | None = None,  # noqa: ARG002
    ) -> None:
        note_change(user=user, change=_NOTICES[template_prefix], at=timezone.now())

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:  # noqa: ARG002
        raise UnexpectedMail(template_prefix)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth is untyped
    """Seeds of authenticator apps and recovery codes are sealed in the database."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right, or it was used already."),
    }

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal(text.encode(), context=_SEAL_CONTEXT)).decode()

    def build_totp_svg(self, url: str) -> str:
        """Return the QR code as an element to stand in the page: CSP allows no data: image."""
        code = qrcode.make(url, image_factory=SvgPathFillImage, border=2, box_size=14)
        svg: str = code.to_string(encoding="unicode")
        return mark_safe(svg)  # noqa: S308 (drawn here)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text), context=_SEAL_CONTEXT).decode()


def _attempt(request: HttpRequest, credentials: dict[str, str]) -> dict[str, Any]:
    return {
        "email": credentials.get("email", ""),
        "ip": client_address(request),
        "at": timezone.now(),
    }
