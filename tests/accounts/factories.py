"""Staff, sign-in attempts and one-time codes for tests."""

import base64
import hmac
import struct
from datetime import UTC, datetime
from itertools import count

from accounts.domain.roles import Role
from accounts.domain.sign_in import Outcome
from accounts.models import SignInAttempt, User

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASSWORD = "seven-quiet-herons"
_number = count(1)


def make_user(*roles: Role, **fields: object) -> User:
    number = next(_number)
    values: dict[str, object] = {
        "email": f"person{number}@example.ee",
        "name": f"Person {number}",
        "roles": [role.value for role in roles],
        "password": PASSWORD,
    }
    return User.objects.create_user(**(values | fields))  # type: ignore[arg-type]


def make_attempt(user: User | None, outcome: Outcome, *, at: datetime = AT) -> SignInAttempt:
    return SignInAttempt.objects.create(
        user=user, outcome=outcome.value, at=at, email_hash=bytes(32), ip="192.0.2.7"
    )


def one_time_code(secret: str, *, at: float) -> str:
    """Compute the code of RFC 6238 (30 seconds, SHA-1, six digits) for a base32 secret."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(at) // 30), "sha1")
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
