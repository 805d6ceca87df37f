"""What staff type in: allauth's forms in our words, and our own."""

from typing import Any

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as second_factor
from allauth.mfa.totp import forms as totp
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.domain.roles import Role
from accounts.models import User
from accounts.queries import user_by_email
from accounts.services.sign_ins import record_throttled, record_wrong_code
from accounts.texts import ROLE_DUTIES, ROLE_NAMES
from lib.keyed_hash import keyed_hash
from lib.throttle import client_address

#: Longer than a code is valid with one step of tolerance on either side.
_CODE_LIFETIME = 120
_NEW_PASSWORD_HINT = _(
    "At least 12 characters. Not a common password, and not like your name or address."
)
_CODE_HINT = _("The six digits that your authenticator app shows now.")
_EMAIL_ERRORS = {
    "required": _("Enter an e-mail address."),
    "invalid": _("Enter an e-mail address like name@example.com."),
}
_ANY_CODE_HINT = _("The six digits from your authenticator app, or one of your recovery codes.")


def _reword(form: forms.BaseForm, name: str, label: object, hint: object = "") -> None:
    """Give a field of allauth our label and hint; a placeholder is no label."""
    field = form.fields[name]
    field.label, field.help_text = label, hint  # type: ignore[assignment] # lazy texts
    field.widget.attrs.pop("placeholder", None)


class SignInForm(account.LoginForm):  # type: ignore[misc] # allauth is untyped
    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        _reword(self, "login", _("E-mail address"))
        self.fields["login"].error_messages |= _EMAIL_ERRORS
        _reword(self, "password", _("Password"))
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class ForgottenPasswordForm(account.ResetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        _reword(self, "email", _("E-mail address"))
        self.fields["email"].error_messages |= _EMAIL_ERRORS


class NewPasswordForm(account.ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        _reword(self, "password1", _("New password"), _NEW_PASSWORD_HINT)
        _reword(self, "password2", _("New password, once more"))


class PasswordChangeForm(account.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        _reword(self, "oldpassword", _("Current password"))
        _reword(self, "password1", _("New password"), _NEW_PASSWORD_HINT)
        _reword(self, "password2", _("New password, once more"))


class ConfirmPasswordForm(account.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        _reword(self, "password", _("Password"))


class _RememberedCode:
    """A code is good for one use, and a wrong one is remembered as an attempt."""

    user: User

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()  # type: ignore[misc] # allauth's form, mixed in below
            self._refuse_second_use(code)
        except ValidationError as error:
            self._remember(throttled=error.code == "too_many_login_attempts")
            raise
        return code

    def _refuse_second_use(self, code: str) -> None:
        """Remember a used code while it is valid, 90 seconds; allauth forgets it after 30."""
        digits = "".join(filter(str.isdigit, code))
        mark = keyed_hash(f"{self.user.pk}:{digits}", purpose="second factor").hex()
        if not cache.add(f"second-factor-used:{mark}", True, timeout=_CODE_LIFETIME):
            raise get_adapter().validation_error("incorrect_code")

    def _remember(self, *, throttled: bool) -> None:
        ip, at = client_address(context.request), timezone.now()
        if throttled:
            record_throttled(email=self.user.email, ip=ip, at=at)
        else:
            record_wrong_code(user=self.user, ip=ip, at=at)


class SecondFactorForm(_RememberedCode, second_factor.AuthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        _reword(self, "code", _("Code"), _ANY_CODE_HINT)


class ConfirmCodeForm(_RememberedCode, second_factor.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        _reword(self, "code", _("Code"), _ANY_CODE_HINT)


class SetUpAppForm(totp.ActivateTOTPForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        _reword(self, "code", _("Code"), _CODE_HINT)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


def _role_choices() -> list[tuple[str, str]]:
    return [(role.value, f"{ROLE_NAMES[role]}: {ROLE_DUTIES[role]}") for role in Role]


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=_role_choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one role.")},
    )

    def chosen_roles(self) -> list[Role]:
        return [Role(value) for value in self.cleaned_data["roles"]]


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Enter a name.")},
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=lambda: settings.LANGUAGES,
        widget=forms.RadioSelect,
    )


class InvitationForm(ProfileForm, RolesForm):
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("The link to choose a password goes to this address."),
        max_length=254,
        error_messages=_EMAIL_ERRORS,
    )
    field_order = ("name", "email", "language", "roles")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if user_by_email(email):
            raise ValidationError(_("Somebody with this address is among the staff already."))
        return email
