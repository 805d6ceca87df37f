"""Whose day it is: a case is late by the local day of the company that answers it."""

from datetime import UTC, datetime

from accounts.models import User
from audit.domain.actor import Actor
from requests_portal.services.cases import receive_case
from requests_portal.services.queue import queue
from tests.requests_portal.conftest import NOW, intake


def test_overdue_begins_at_each_companys_own_midnight(company: str, handler: User) -> None:
    tallinn = receive_case(intake=intake(), by=Actor.person(), at=NOW)
    warsaw = receive_case(intake=intake(entity_code="PL"), by=Actor.person(), at=NOW)
    assert tallinn.safe_on == warsaw.safe_on

    def late(at: datetime) -> set[str]:
        return {case.reference for case in queue(name="overdue", user=handler, at=at)}

    assert late(datetime(2026, 4, 5, 20, 59, tzinfo=UTC)) == set()
    assert late(datetime(2026, 4, 5, 21, 0, tzinfo=UTC)) == {tallinn.reference}
    assert late(datetime(2026, 4, 5, 22, 0, tzinfo=UTC)) == {tallinn.reference, warsaw.reference}
