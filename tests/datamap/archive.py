"""A small archive on paper for tests: contracts, and the visits noted in them."""

from datetime import UTC, datetime
from pathlib import Path

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from datamap.domain.loads import LoadState
from datamap.domain.schema import Resource
from datamap.models import ManualTask
from datamap.queries import current_map, current_version
from datamap.services import load_map
from datamap.services.confirming import confirm
from tests.accounts.factories import make_user
from tests.datamap.maps import TEXT

AT = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
OWNER = "archive@apifonica.com"
_TABLE = f"""    title: {TEXT}
    description: {TEXT}
    category: uploaded
    data: contract
    role: controller
    purpose: {TEXT}
    legal_basis: contract
    source: {TEXT}
    primary_key: [id]
"""
MAP = f"""
resource:
  id: archive
  title: {{en: Paper archive, pl: Archiwum, et: Paberarhiiv, lv: Arhīvs}}
  connector: {{kind: manual, due_days: 5}}
  entity: EE
  time_zone: Europe/Tallinn
  location: {{place: Tallinn, country: EE}}
  owner: {{name: Archive, email: {OWNER}}}
  order: 90
tables:
  contracts:
{_TABLE}    identifies: true
    find:
      - {{key: email, column: email}}
      - {{key: customer_number, column: customer}}
    retention: {{anchor: signed_on}}
    erasure: delete
    restriction_column: blocked
    columns:
      id: {{class: technical, type: integer}}
      email:
        class: personal
        identifier: email
        title: {{en: E-mail, pl: E-mail, et: E-post, lv: E-pasts}}
      customer: {{class: personal, identifier: customer_number}}
      signed_on: {{class: personal, type: date}}
      witness: {{class: third_party, mask: name}}
      blocked: {{class: technical, type: boolean}}
      pin: secret
  visits:
{_TABLE}    find: [{{through: contracts, on: {{contract_id: id}}}}]
    retention: {{anchor: at}}
    erasure: anonymise
    columns:
      id: {{class: technical, type: integer}}
      contract_id: {{class: technical, type: integer}}
      at: {{class: technical, type: datetime}}
      note: {{class: personal, erase: null}}
"""
CONTRACTS = """id;email;customer;signed_on;witness;blocked
1;Ana@example.com;AP-1;31.01.2020;Jan Kask;no
2;;AP-1;2021-02-03;;
"""
VISITS = (
    '{"id": 7, "contract_id": 1, "at": "2026-01-05T12:00:00+00:00", "note": "late"}\n'
    '{"id": 8, "contract_id": 2, "at": "2026-01-06 09:00", "note": null}\n'
)


def load(directory: Path, *others: str) -> Resource:
    """Put the archive's map in force, with further files; return the resource."""
    for number, content in enumerate((MAP, *others)):
        (directory / f"{number}.yaml").write_text(content)
    return load_directory(directory)


def load_directory(directory: Path) -> Resource:
    """Put the maps of a directory in force, confirmed where they widen; return the archive."""
    made = load_map(directory=directory, by=Actor.system("test"), at=AT)
    if made.state == LoadState.PROPOSED:
        confirm(load=made, seen_against=current_version().hash, by=make_user(Role.DPO), at=AT)
    return current_map().resource("archive")


def make_owner(**fields: object) -> User:
    return make_user(**{"email": OWNER, "name": "Kaur Tamm", **fields})


def only_task() -> ManualTask:
    return ManualTask.objects.get(state="open")
