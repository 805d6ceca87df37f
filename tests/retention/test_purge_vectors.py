"""Every vector of the end of retention as a row in a real table: kept until its instant, then gone.

`financial_year_end` is no part of a rule in force yet; those vectors hold for the pure function.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from audit.domain.actor import Actor
from datamap.services import load_map
from retention.domain.purge_stages import RunState
from retention.models import PurgeRun
from retention.services.purge_runs import start_run
from tests.retention.conftest import NOW, Sources
from tests.retention.test_expiry import VECTORS as ALL
from tests.retention.test_purge_runs import BY, table, work

_TEXT = "{en: A, pl: A, et: A, lv: A}"
_MAP = """
controllers:
  acme: {{name: Acme, contact_email: a@acme.example, dpa_months: {months}, dpa_ended_on: {ended}}}
resource:
  id: shop
  title: {text}
  connector: {{kind: sql, url_env: SOURCE_SHOP_URL}}
  entity: {entity}
  time_zone: UTC
  location: {{place: Tallinn, country: EE}}
  owner: {{name: Register, email: register@example.org}}
tables:
  things:
    title: {text}
    description: {text}
    category: {category}
    data: content
    {role}
    purpose: {text}
    source: {text}
    primary_key: [id]
    find: [{{key: email, column: email}}]
    retention: {retention}
    erasure: delete
    columns: {{id: technical, email: personal, at: technical}}
"""


def map_text(vector: dict[str, Any]) -> str:
    entrusted = vector["category"] == "entrusted"
    return _MAP.format(
        text=_TEXT,
        entity=vector["entity"],
        category=vector["category"],
        months=vector.get("dpa_months", 1),
        ended=vector["anchor"] if entrusted else "null",
        role="role: processor\n    controller: acme"
        if entrusted
        else "role: controller\n    legal_basis: contract",
        retention="{dpa_end: true}" if entrusted else "{anchor: at}",
    )


def run_at(instant: datetime) -> PurgeRun:
    run = start_run(by=BY, at=instant)
    work(instant)
    run.refresh_from_db()
    assert run.state == RunState.DONE
    return run


@pytest.mark.parametrize(
    "vector",
    [pytest.param(one, id=str(n)) for n, one in enumerate(ALL) if "financial_year_end" not in one],
)
def test_a_row_goes_at_its_instant_and_not_a_microsecond_before(
    db: None,
    make_database: Callable[[], str],
    settings: Settings,
    tmp_path: Path,
    vector: dict[str, Any],
) -> None:
    kind = "date" if len(vector["anchor"]) == len("2026-01-31") else "timestamptz"
    shop = Sources({"shop": make_database()})
    shop.run("shop", f"CREATE TABLE things (id int PRIMARY KEY, email text, at {kind})")
    row = f"(1, 'a', '{vector['anchor']}')"
    shop.run("shop", f"INSERT INTO things VALUES {row}")  # noqa: S608 (our own)
    settings.SOURCE_URLS = {"SOURCE_SHOP_URL": shop.urls["shop"]}
    (tmp_path / "shop.yaml").write_text(map_text(vector))
    load_map(directory=tmp_path, by=Actor.system("test"), at=NOW)
    due_at = datetime.fromisoformat(vector["expect"]["expires_at"])

    before = run_at(due_at - timedelta(microseconds=1))
    assert (table(before, "things").due, shop.rows("shop", "SELECT id FROM things")) == (0, [(1,)])
    after = run_at(due_at)
    assert (table(after, "things").erased, shop.rows("shop", "SELECT id FROM things")) == (1, [])
