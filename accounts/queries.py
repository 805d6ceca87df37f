"""Reading about staff and their sign-ins."""

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.domain.roles import Role
from accounts.domain.sign_in import Outcome
from accounts.models import SignInAttempt, User

_LATEST = 10


def active_with_role(role: Role) -> QuerySet[User]:
    """Return the active staff who hold `role`."""
    return User.objects.filter(is_active=True, roles__contains=[role.value])


def user_by_email(email: str) -> User | None:
    """Return the member of staff with this address, letter case aside."""
    return User.objects.filter(email__iexact=email.strip()).first()


def all_staff() -> list[User]:
    """Return everybody with `second_factor` (bool) annotated: the active first, then by name."""
    staff = User.objects.annotate(second_factor=Exists(_app_codes(OuterRef("pk"))))
    return sorted(staff, key=lambda user: (not user.is_active, user.name.casefold(), user.pk))


def has_second_factor(user: User) -> bool:
    """True when an authenticator app is set up; recovery codes alone are none."""
    return _app_codes(user.pk).exists()


def sign_in_attempts(*, outcome: Outcome | None = None) -> QuerySet[SignInAttempt]:
    """Return the attempts that are remembered, newest first, each with its user."""
    wanted = Q() if outcome is None else Q(outcome=outcome.value)
    return SignInAttempt.objects.filter(wanted).select_related("user").order_by("-at", "-id")


def latest_attempts_of(user: User) -> list[SignInAttempt]:
    """Return the newest ten attempts under this person's address."""
    return list(sign_in_attempts().filter(user=user)[:_LATEST])


def _app_codes(user_id: object) -> QuerySet[Authenticator]:
    apps: QuerySet[Authenticator] = Authenticator.objects.filter(
        user_id=user_id, type=Authenticator.Type.TOTP
    )
    return apps
