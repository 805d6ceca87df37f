"""Small maps for tests, and the example of the handbook."""

import re
from pathlib import Path

from datamap.domain.assembly import assemble
from datamap.domain.schema import DataMap, Resource

_HANDBOOK = Path(__file__).parents[2] / "docs" / "datamap.md"
TEXT = "{en: en, pl: pl, et: et, lv: lv}"

HEAD = f"""
recipients:
  host: {{name: Host, role: {TEXT}, country: IE}}
controllers:
  acme: {{name: Acme, contact_email: a@acme.example, dpa_months: 6, source_key: "42"}}
resource:
  id: shop
  title: {{en: Shop, pl: Sklep, et: Pood, lv: Veikals}}
  connector: {{kind: sql, url_env: SOURCE_TEST_URL}}
  entity: EE
  time_zone: Europe/Tallinn
  location: {{place: Hamina, country: FI}}
  recipients: [host]
  owner: {{name: Shop team, email: shop@apifonica.com}}
tables:
"""

TABLE = f"""
    title: {TEXT}
    description: {TEXT}
    category: communications
    data: contact
    role: controller
    purpose: {TEXT}
    legal_basis: contract
    source: {TEXT}
"""


def example_files() -> dict[str, str]:
    """Return the example of docs/datamap.md as files."""
    text = _HANDBOOK.read_text("utf-8")
    organisation, platform = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return {"organisation.yaml": organisation, "platform.yaml": platform}


def table(name: str, own: str) -> str:
    """Return the YAML of one table: common keys, then `own` (indented by the caller, 4)."""
    return f"  {name}:{TABLE}    erasure: delete\n{own.strip(chr(10))}\n"


def map_of(*tables: str, tail: str = "") -> DataMap:
    """Return a map of one resource with these tables."""
    return assemble({"shop.yaml": HEAD + "".join(tables) + tail})


def shop(*tables: str, tail: str = "") -> Resource:
    """Return the resource of such a map."""
    return map_of(*tables, tail=tail).resource("shop")


def with_generated(described: str) -> str:
    """Return a table that is searched by columns that MariaDB generates."""
    for name in ("email", "phone", "number", "callee"):
        region = ", region_column: country" if name == "phone" else ""
        searched = f", column: {name}}}"
        if searched in described:
            added = f"{name}_search: {{class: secret, generated: true{region}}}"
            described = described.replace(searched, f", column: {name}_search}}")
            described = described.replace("    columns:\n", f"    columns:\n      {added}\n")
    return described


CUSTOMERS = table(
    "customers",
    """
    primary_key: [id]
    identifies: true
    find:
      - {key: email, column: email}
      - {key: phone, column: phone}
      - {key: customer_number, column: number}
    retention: {anchor: {through: contracts, on: {id: customer_id}, column: ended_on}}
    columns:
      id: technical
      number: {class: personal, identifier: customer_number}
      email: {class: personal, identifier: email}
      phone: {class: personal, identifier: phone, region_column: country}
      country: technical
      password: secret
""",
)
CONTRACTS = table(
    "contracts",
    """
    primary_key: [id]
    find: [{through: customers, on: {customer_id: id}}]
    retention: {anchor: ended_on}
    columns: {id: technical, customer_id: technical, ended_on: {class: personal, type: date}}
""",
)
CALLS = table(
    "calls",
    """
    primary_key: [day, id]
    find:
      - {through: contracts, on: {contract_id: id}}
      - {key: phone, column: callee}
    retention: {anchor: {through: contracts, on: {contract_id: id}}}
    columns:
      day: technical
      id: technical
      contract_id: technical
      callee: {class: third_party, mask: phone}
""",
)
SHOP_SQL = (
    """CREATE TABLE customers (id INTEGER PRIMARY KEY, number VARCHAR(20), email VARCHAR(200),
       phone VARCHAR(60), country VARCHAR(4), password VARCHAR(60))""",
    "CREATE TABLE contracts (id INTEGER PRIMARY KEY, customer_id INTEGER, ended_on DATE)",
    """CREATE TABLE calls (day INTEGER, id INTEGER, contract_id INTEGER, callee VARCHAR(60),
       PRIMARY KEY (day, id))""",
)
