import pytest
from allauth.mfa.models import Authenticator

from accounts.models import User
from accounts.queries import all_staff, has_second_factor
from accounts.services.credentials import OwnSecondFactor, reset_second_factor
from accounts.services.staff import NothingToChange
from audit.domain.actor import Actor
from audit.models import Event
from audit.queries import events_of
from outbox.queries import messages_for
from tests.accounts.factories import AT


def give(user: User, kind: str) -> None:
    Authenticator.objects.create(user=user, type=kind, data={})


def test_reset_second_factor_takes_app_and_codes_away_and_tells(
    officer: User, handler: User
) -> None:
    give(handler, "totp")
    give(handler, "recovery_codes")
    give(officer, "totp")

    reset_second_factor(user=handler, by=Actor.staff(officer.pk), at=AT)

    assert list(Authenticator.objects.values_list("user_id", flat=True)) == [officer.pk]
    event = events_of("staff", str(handler.pk)).get()
    assert (event.verb, event.actor_ref) == ("staff.second_factor_reset", str(officer.pk))
    assert (
        "The second factor of Hanna Lepp was taken away."
        in messages_for(f"staff:{handler.pk}:change").get().text
    )
    assert messages_for(f"staff:{handler.pk}:notice").get().to == handler.email


def test_reset_of_ones_own_second_factor_is_refused(officer: User) -> None:
    give(officer, "totp")

    with pytest.raises(OwnSecondFactor):
        reset_second_factor(user=officer, by=Actor.staff(officer.pk), at=AT)

    assert has_second_factor(officer)


def test_reset_of_no_second_factor_is_refused(officer: User, handler: User) -> None:
    with pytest.raises(NothingToChange):
        reset_second_factor(user=handler, by=Actor.staff(officer.pk), at=AT)

    assert not Event.objects.exists()


def test_recovery_codes_alone_are_no_second_factor(handler: User) -> None:
    give(handler, "recovery_codes")

    assert has_second_factor(handler) is False
    assert [user.second_factor for user in all_staff()] == [False]  # type: ignore[attr-defined]
