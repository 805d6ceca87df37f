from datetime import UTC, datetime
from threading import Event as Flag
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from accounts.domain.roles import Role
from accounts.models import User
from accounts.services import change_roles, create_staff, deactivate, reactivate
from accounts.services.staff import (
    AddressTaken,
    AlreadyJoined,
    LastSecurityOfficer,
    NothingToChange,
    OwnRoles,
    invite_again,
    update_profile,
)
from audit.domain.actor import Actor
from audit.models import Event
from audit.queries import events_of
from outbox.domain.headers import UnsafeHeader
from outbox.models import Message
from outbox.queries import messages_for
from tests.accounts.factories import AT, make_user

SYSTEM = Actor.system("test")


def by(user: User) -> Actor:
    return Actor.staff(user.pk)


def verbs_of(user: User) -> list[str]:
    return [event.verb for event in events_of("staff", str(user.pk))]


def security_mails(user: User) -> list[Message]:
    return list(messages_for(f"staff:{user.pk}:change"))


def invited(officer: User, **changes: object) -> User:
    values: dict[str, object] = {
        "email": "Mari.Tamm@Example.ee",
        "name": "Mari Tamm",
        "roles": [Role.HANDLER, Role.AUDITOR],
        "language": "et",
        "by": by(officer),
        "at": AT,
    }
    return create_staff(**(values | changes))  # type: ignore[arg-type]


def test_create_staff_adds_somebody_who_cannot_sign_in_yet(officer: User) -> None:
    user = User.objects.get(pk=invited(officer).pk)

    assert (user.email, user.name, user.language) == ("mari.tamm@example.ee", "Mari Tamm", "et")
    assert user.roles == ["auditor", "handler"]
    assert (user.is_active, user.has_usable_password(), user.joined_at) == (True, False, AT)


def test_create_staff_mails_the_link_in_the_colleagues_language(
    officer: User, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://privacy.example"

    user = invited(officer)

    mail = messages_for(f"staff:{user.pk}:invitation").get()
    assert (mail.to, mail.language) == ("mari.tamm@example.ee", "et")
    assert "https://privacy.example/staff/password/new/" in mail.text
    assert "https://privacy.example/staff/password/new/" in mail.html
    assert "Mari Tamm" in mail.text


def test_create_staff_is_on_record_and_told_to_security(officer: User, settings: Settings) -> None:
    settings.SECURITY_EMAIL = "watch@example.ee"

    user = invited(officer)

    event = events_of("staff", str(user.pk)).get()
    assert (event.verb, event.actor_kind, event.actor_ref, event.at) == (
        "staff.invited",
        "staff",
        str(officer.pk),
        AT,
    )
    assert event.data == {"roles": ["auditor", "handler"]}
    mail = messages_for(f"staff:{user.pk}:change").get()
    assert (mail.to, mail.language) == ("watch@example.ee", "en")
    assert "Mari Tamm was invited." in mail.text
    assert "Roles: Auditor, Handler." in mail.text
    assert "Done by: Signe Kuusk." in mail.text


def test_create_staff_with_a_taken_address_is_refused_and_leaves_nothing(officer: User) -> None:
    with pytest.raises(AddressTaken):
        invited(officer, email="SIGNE@example.ee")

    assert list(User.objects.all()) == [officer]
    assert not Event.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_create_staff_whose_security_mail_cannot_be_queued_did_not_happen(
    officer: User, settings: Settings
) -> None:
    settings.SECURITY_EMAIL = "no address"

    with pytest.raises(UnsafeHeader):
        invited(officer)

    assert list(User.objects.all()) == [officer]
    assert not Event.objects.exists()
    assert not Message.objects.exists()


def test_invite_again_mails_another_link(officer: User) -> None:
    user = invited(officer)

    invite_again(user=user, by=by(officer), at=AT)

    assert messages_for(f"staff:{user.pk}:invitation").count() == 2
    assert verbs_of(user) == ["staff.invited", "staff.invited_again"]


def test_invite_again_of_somebody_with_a_password_is_refused(officer: User, handler: User) -> None:
    with pytest.raises(AlreadyJoined):
        invite_again(user=handler, by=by(officer), at=AT)

    assert not Message.objects.exists()


def test_invite_again_of_a_closed_account_is_refused(officer: User) -> None:
    user = invited(officer)
    deactivate(user=user, by=by(officer), at=AT)

    with pytest.raises(AlreadyJoined):
        invite_again(user=user, by=by(officer), at=AT)

    assert messages_for(f"staff:{user.pk}:invitation").count() == 1


def test_change_roles_is_on_record_and_told_to_security(officer: User, handler: User) -> None:
    change_roles(user=handler, roles=[Role.ENGINEER, Role.DPO], by=by(officer), at=AT)

    assert User.objects.get(pk=handler.pk).roles == ["dpo", "engineer"]
    event = events_of("staff", str(handler.pk)).get()
    assert (event.verb, event.actor_ref) == ("staff.roles_changed", str(officer.pk))
    assert event.data == {"before": ["handler"], "after": ["dpo", "engineer"]}
    [mail] = security_mails(handler)
    assert "The roles of Hanna Lepp were changed." in mail.text
    assert "Before: Handler." in mail.text
    assert "Now: Data protection officer, Engineer." in mail.text


def test_change_roles_makes_a_security_officer(officer: User, handler: User) -> None:
    change_roles(user=handler, roles=[Role.SECURITY], by=by(officer), at=AT)

    assert User.objects.get(pk=handler.pk).has_role(Role.SECURITY)


def test_change_roles_to_none_says_so(officer: User, handler: User) -> None:
    change_roles(user=handler, roles=[], by=by(officer), at=AT)

    [mail] = security_mails(handler)
    assert "Now: none." in mail.text


def test_change_roles_of_oneself_is_refused(officer: User) -> None:
    with pytest.raises(OwnRoles):
        change_roles(user=officer, roles=[Role.SECURITY, Role.DPO], by=by(officer), at=AT)

    assert User.objects.get(pk=officer.pk).roles == ["security"]
    assert not Event.objects.exists()


def test_change_roles_to_what_they_are_is_refused(officer: User, handler: User) -> None:
    with pytest.raises(NothingToChange):
        change_roles(user=handler, roles=[Role.HANDLER], by=by(officer), at=AT)

    assert not Message.objects.exists()


def test_change_roles_leaves_a_security_officer(officer: User) -> None:
    make_user(Role.SECURITY, is_active=False)

    with pytest.raises(LastSecurityOfficer):
        change_roles(user=officer, roles=[Role.DPO], by=SYSTEM, at=AT)

    assert User.objects.get(pk=officer.pk).roles == ["security"]


def test_change_roles_of_one_of_two_officers_goes_through(officer: User) -> None:
    other = make_user(Role.SECURITY)

    change_roles(user=officer, roles=[Role.DPO], by=by(other), at=AT)

    assert User.objects.get(pk=officer.pk).roles == ["dpo"]


def test_deactivate_is_on_record_and_told_to_security(officer: User, handler: User) -> None:
    deactivate(user=handler, by=by(officer), at=AT)

    assert User.objects.get(pk=handler.pk).is_active is False
    assert verbs_of(handler) == ["staff.deactivated"]
    [mail] = security_mails(handler)
    assert "The account of Hanna Lepp was closed." in mail.text


def test_deactivate_of_the_last_security_officer_is_refused(officer: User) -> None:
    make_user(Role.SECURITY, is_active=False)

    with pytest.raises(LastSecurityOfficer):
        deactivate(user=officer, by=by(officer), at=AT)

    assert User.objects.get(pk=officer.pk).is_active is True
    assert not Event.objects.exists()


def test_deactivate_twice_is_refused(officer: User, handler: User) -> None:
    deactivate(user=handler, by=by(officer), at=AT)

    with pytest.raises(NothingToChange):
        deactivate(user=handler, by=by(officer), at=AT)

    assert verbs_of(handler) == ["staff.deactivated"]


@pytest.mark.django_db(transaction=True)
def test_deactivate_of_each_other_at_the_same_time_leaves_one_officer(officer: User) -> None:
    other = make_user(Role.SECURITY)
    first_has_the_rows, second_came = Flag(), Flag()
    refused: list[type[Exception]] = []

    def first() -> None:
        with transaction.atomic():
            deactivate(user=other, by=by(officer), at=AT)
            first_has_the_rows.set()
            second_came.wait(timeout=0.5)  # it waits for the rows, so this always runs out
        connection.close()

    def second() -> None:
        first_has_the_rows.wait(timeout=10)
        try:
            deactivate(user=officer, by=by(other), at=AT)
        except LastSecurityOfficer as error:
            refused.append(type(error))
        second_came.set()
        connection.close()

    threads = [Thread(target=first), Thread(target=second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert refused == [LastSecurityOfficer]
    assert list(User.objects.filter(is_active=True)) == [officer]


def test_reactivate_gives_the_account_back_as_it_was(officer: User, handler: User) -> None:
    deactivate(user=handler, by=by(officer), at=AT)

    user = reactivate(user=handler, by=by(officer), at=AT)

    assert (user.is_active, user.roles) == (True, ["handler"])
    assert verbs_of(handler) == ["staff.deactivated", "staff.reactivated"]
    assert "The account of Hanna Lepp was opened again." in security_mails(handler)[1].text


def test_reactivate_of_an_active_account_is_refused(officer: User, handler: User) -> None:
    with pytest.raises(NothingToChange):
        reactivate(user=handler, by=by(officer), at=AT)


def test_update_profile_with_a_new_name_is_told_to_security(handler: User) -> None:
    update_profile(user=handler, name="Hanna Mets", language="et", by=by(handler), at=AT)

    user = User.objects.get(pk=handler.pk)
    assert (user.name, user.language) == ("Hanna Mets", "et")
    assert events_of("staff", str(handler.pk)).get().data == {"fields": ["name", "language"]}
    [mail] = security_mails(handler)
    assert "Hanna Lepp is now called Hanna Mets." in mail.text


def test_update_profile_with_another_language_alone_is_told_to_nobody(handler: User) -> None:
    update_profile(user=handler, name=handler.name, language="lv", by=by(handler), at=AT)

    assert User.objects.get(pk=handler.pk).language == "lv"
    assert verbs_of(handler) == ["staff.profile_changed"]
    assert not Message.objects.exists()


def test_update_profile_without_a_change_is_refused(handler: User) -> None:
    with pytest.raises(NothingToChange):
        update_profile(
            user=handler, name=handler.name, language=handler.language, by=by(handler), at=AT
        )

    assert not Event.objects.exists()


def test_events_about_staff_hold_no_names_and_no_addresses(officer: User, handler: User) -> None:
    invited(officer)
    change_roles(user=handler, roles=[Role.DPO], by=by(officer), at=AT)
    update_profile(user=handler, name="Hanna Mets", language="et", by=by(handler), at=AT)

    told = " ".join(str(event.data) for event in Event.objects.all())
    assert "Mari" not in told
    assert "Hanna" not in told
    assert "@" not in told


def test_a_role_nobody_knows_is_refused_by_the_database(handler: User) -> None:
    handler.roles = ["king"]

    with pytest.raises(IntegrityError), transaction.atomic():
        handler.save()


def test_the_security_mail_gives_the_local_time(officer: User, handler: User) -> None:
    change_roles(
        user=handler,
        roles=[Role.DPO],
        by=SYSTEM,
        at=datetime(2026, 11, 22, 23, 30, tzinfo=UTC),
    )

    [mail] = security_mails(handler)
    assert "When: 23 November 2026, 01:30." in mail.text
    assert "Done by: test." in mail.text


def test_somebody_is_found_by_address_whatever_its_letter_case(handler: User) -> None:
    assert User.objects.get_by_natural_key("HANNA@Example.ee") == handler
    assert str(handler) == "Hanna Lepp"
