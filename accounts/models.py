"""Staff: who may sign in, in which roles, and who tried to."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.domain.roles import Role
from accounts.domain.sign_in import Outcome
from lib.fields import EncryptedTextField

_ROLES = [role.value for role in Role]


class UserManager(BaseUserManager["User"]):
    def create_user(self, *, email: str, password: str | None = None, **fields: Any) -> "User":  # noqa: ANN401 (model fields)
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff. Deactivated when they leave, never deleted: events refer to them."""

    email = models.EmailField()
    name = models.CharField(max_length=120)
    roles = ArrayField(
        models.CharField(max_length=16, choices=[(role, role) for role in _ROLES]),
        default=list,
    )
    language = models.CharField(max_length=5, default="en")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.CheckConstraint(
                name="user_roles_known", condition=Q(roles__contained_by=_ROLES)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def has_role(self, *roles: Role) -> bool:
        """True when the person holds at least one of the roles."""
        return self.is_active and any(role.value in self.roles for role in roles)


class SignInAttempt(models.Model):
    """One attempt to sign in: who, when, from where, and what came of it. Never the password.

    An unknown address is kept as a keyed hash only, so that repeated attempts can be told.
    """

    at = models.DateTimeField()
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="sign_in_attempts"
    )
    email_hash = models.BinaryField(max_length=32)
    outcome = models.CharField(max_length=24, choices=[(o.value, o.value) for o in Outcome])
    ip = EncryptedTextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["-at", "-id"], name="sign_in_attempt_at"),
            models.Index(fields=["user", "-at"], name="sign_in_attempt_user_at"),
        ]
        constraints = [
            models.CheckConstraint(
                name="sign_in_attempt_user_when_known",
                condition=Q(outcome="throttled")
                | Q(outcome="unknown", user__isnull=True)
                | (~Q(outcome__in=["throttled", "unknown"]) & Q(user__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.at.isoformat()}"
