"""The first security officer comes in by a command."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.domain.roles import Role
from accounts.models import User
from audit.models import Event
from outbox.models import Message


def create(email: str = "Sec@Example.org") -> str:
    out = StringIO()
    call_command(
        "staff_create", "--email", email, "--name", "Sec", "--role", "security", stdout=out
    )
    return out.getvalue()


def test_staff_create_invites_and_leaves_a_trace(db: None) -> None:
    assert "Created." in create()
    user = User.objects.get()
    assert (user.email, user.roles, user.has_usable_password()) == (
        "sec@example.org",
        [Role.SECURITY.value],
        False,
    )
    assert {message.to for message in Message.objects.all()} >= {"sec@example.org"}
    assert Event.objects.get(verb="staff.invited").actor_kind == "system"


@pytest.mark.parametrize("email", ["no address", "sec@example.org"])
def test_staff_create_refuses_in_one_sentence(db: None, email: str) -> None:
    create()
    with pytest.raises(CommandError):
        create(email)
    assert User.objects.count() == 1
