"""A double tap on the button: two posts at the same moment make one case."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection

from audit.domain.actor import Actor
from requests_portal.domain.rights import Right
from requests_portal.models import Case
from requests_portal.services.cases import AlreadyFiled, receive_case
from requests_portal.services.drafts import save_answer
from tests.requests_portal.conftest import intake

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_filing_the_same_draft_at_once_makes_one_case() -> None:
    draft = save_answer(draft_id=None, right=Right.ACCESS, answers={"name": "Ana"}, at=NOW)

    def file(_number: int) -> bool:
        try:
            receive_case(intake=intake(), by=Actor.person(), at=NOW, draft=draft)
        except AlreadyFiled:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        filed = list(pool.map(file, range(4)))
    assert sum(filed) == 1
    assert Case.objects.count() == 1
