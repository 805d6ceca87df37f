"""Fides datasets become drafts of a map; what has no counterpart is named."""

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from datamap.domain.assembly import assemble
from datamap.domain.drafting import Drafting
from datamap.domain.fides import datasets_of
from datamap.domain.fides_drafting import drafted_from, resource_id
from datamap.domain.fides_terms import class_of, delicate, key_of, kind_of, type_of
from datamap.domain.schema import Resource, Table
from datamap.domain.vocabulary import ColumnClass, ColumnType, DataKind
from datamap.domain.yaml_source import MapError, read_document

SHOP = """
dataset:
  - fides_key: shop-db
    name: The shop
    fides_meta: {namespace: {connection_type: postgres}}
    collections:
      - name: customers
        description: Who buys
        fields:
          - {name: id, data_categories: [user.unique_id], fides_meta: {primary_key: True}}
          - name: email
            data_categories: [user.contact.email]
            fides_meta: {identity: email, data_type: string}
          - {name: address_id, data_categories: [system.operations], fides_meta: {references: [
              {dataset: shop-db, field: addresses.id, direction: to}]}}
          - {name: pass, data_categories: [user.account.password]}
          - {name: created_at, data_categories: [system.operations]}
      - name: addresses
        fields:
          - {name: id, data_categories: [system.operations], fides_meta: {primary_key: True}}
          - {name: street, data_categories: [user.contact.address.street]}
          - {name: owner_id, data_categories: [system.operations], fides_meta: {references: [
              {dataset: shop-db, field: customers.id}]}}
      - name: orders
        fields:
          - {name: id, data_categories: [system.operations], fides_meta: {primary_key: True}}
          - {name: customer_id, data_categories: [system.operations], fides_meta: {references: [
              {dataset: shop-db, field: customers.id, direction: from}]}}
          - {name: product_id, data_categories: [system.operations], fides_meta: {references: [
              {dataset: shop-db, field: products.id, direction: to}]}}
      - name: products
        fields:
          - {name: id, data_categories: [system.operations], fides_meta: {primary_key: True}}
      - name: visitors
        fides_meta: {after: [shop-db.customers], skip_processing: true}
        fields:
          - {name: id, data_categories: [system.operations], fides_meta: {primary_key: True}}
          - name: phone
            data_categories: [user.contact.phone_number]
            fides_meta:
              identity: phone_number
              masking_strategy_override: {strategy: hmac}
          - {name: card, data_categories: [user.financial], fides_meta: {identity: loyalty_id}}
          - name: name
            data_categories: [user.name]
            masking_strategy_override:
              {strategy: string_rewrite, configuration: {rewrite_value: gone}}
          - {name: mood, data_categories: [user.health_and_medical.record]}
          - name: profile
            fields:
              - {name: city, data_categories: [user.contact.address.city]}
              - name: more
                fields: [{name: age, data_categories: [user.demographic.age_range]}]
          - {name: code, fides_meta: {masking_strategy_override: {strategy: random_string_rewrite}}}
"""
MAIL = """
dataset:
  - fides_key: mail
    collections:
      - name: letters
        fields:
          - {name: id, data_categories: [system.operations], fides_meta: {primary_key: true}}
          - {name: customer, data_categories: [user.unique_id], fides_meta: {references: [
              {dataset: shop-db, field: customers.id, direction: from}]}}
          - {name: order_no, data_categories: [user.unique_id], fides_meta: {references: [
              {dataset: shop-db, field: orders.id, direction: to}]}}
"""


def drafts(*texts: str) -> list[str]:
    """Return the drafts of these files with careful defaults, so that they load."""
    datasets = [
        one
        for place, text in enumerate(texts)
        for one in datasets_of(read_document(f"{place}.yml", text))
    ]
    return [
        Drafting(complete=True).text(drafted_from(one, [o for o in datasets if o is not one]))
        for one in datasets
    ]


def loaded(*texts: str) -> list[Resource]:
    files = {f"{place}.yaml": text for place, text in enumerate(drafts(*texts))}
    return list(assemble(files).resources)


@pytest.fixture
def shop() -> Resource:
    (resource,) = loaded(SHOP)
    return resource


def finds(table: Table) -> list[dict[str, object]]:
    return [one.model_dump() for one in table.find]


def test_a_draft_loads_with_its_tables(shop: Resource) -> None:
    assert (shop.id, shop.title.en, shop.address_variable) == (
        "shop_db",
        "The shop",
        "SOURCE_SHOP_DB_URL",
    )
    names = [table.name for table in shop.tables]
    assert names == ["customers", "addresses", "orders", "visitors"]
    assert [one.name for one in shop.plain_tables] == ["products"]


def test_references_become_joins_in_their_direction(shop: Resource) -> None:
    assert finds(shop.table("customers")) == [{"key": "email", "column": "email"}]
    assert finds(shop.table("orders")) == [{"through": "customers", "on": {"customer_id": "id"}}]
    assert finds(shop.table("addresses")) == [
        {"through": "customers", "on": {"id": "address_id"}},
        {"through": "customers", "on": {"owner_id": "id"}},
    ]
    assert "owner_id: id}}  # decide: Fides gives no direction" in drafts(SHOP)[0]


def test_a_circle_is_left_out_where_a_search_can_begin(shop: Resource) -> None:
    turned = SHOP.replace("field: addresses.id, direction: to", "field: addresses.id")
    text = drafts(turned)[0]
    assert "customers, found through this.addresses: left out, it would make a circle." in text
    (again,) = loaded(turned)
    assert finds(again.table("customers")) == finds(shop.table("customers"))
    assert finds(again.table("addresses")) == [{"through": "customers", "on": {"owner_id": "id"}}]


def test_joins_across_datasets_are_made_on_both_sides() -> None:
    mail, shop = sorted(loaded(SHOP, MAIL), key=lambda one: one.id)
    assert finds(mail.table("letters")) == [
        {"resource": "shop_db", "through": "customers", "on": {"customer": "id"}}
    ]
    assert len(finds(shop.table("orders"))) == 1
    assert (
        "orders, found through mail.letters: left out, it would make a circle."
        in (drafts(SHOP, MAIL)[0])
    )
    turned = MAIL.replace("customers.id, direction: from", "customers.id, direction: to").replace(
        "fides_meta: {primary_key: true}}", "fides_meta: {primary_key: true, identity: case_no}}"
    )
    shop = next(one for one in loaded(SHOP, turned) if one.id == "shop_db")
    assert finds(shop.table("orders"))[1:] == [
        {"resource": "mail", "through": "letters", "on": {"id": "order_no"}}
    ]
    assert finds(shop.table("customers"))[1:] == [
        {"resource": "mail", "through": "letters", "on": {"id": "customer"}}
    ]


def test_categories_and_identities_become_classes_and_keys(shop: Resource) -> None:
    customers, visitors = shop.table("customers"), shop.table("visitors")
    assert customers.identifies
    assert customers.column("email").identifier == "email"
    assert customers.column("pass").column_class is ColumnClass.SECRET
    assert customers.column("address_id").column_class is ColumnClass.TECHNICAL
    assert customers.retention.anchor is not None
    assert customers.retention.anchor.column == "created_at"
    assert finds(visitors) == [
        {"key": "phone", "column": "phone"},
        {"key": "loyalty_id", "column": "card"},
    ]
    assert visitors.column("phone").region == "EE"
    assert visitors.column("profile").type is ColumnType.JSON


def test_masking_strategies_become_anonymising(shop: Resource) -> None:
    visitors = shop.table("visitors")
    assert visitors.erasure.on_request == "anonymise"
    erased = {one.name: (one.erase, one.erase_text) for one in visitors.columns}
    assert erased == {
        "id": (None, None),
        "phone": ("hash", None),
        "card": ("hash", None),
        "name": ("text", "gone"),
        "mood": ("hash", None),
        "profile": ("null", None),
        "code": ("hash", None),
    }


def test_nothing_is_dropped_without_a_word() -> None:
    text = drafts(SHOP)[0]
    for told in (
        "fides_meta.namespace has no counterpart",
        "collections.fides_meta.after has no counterpart",
        "collections.fides_meta.skip_processing has no counterpart",
        "decide: random_string_rewrite is not known here",
        "decide: health (Art. 9)",
        "decide: holds 3 fields in one",
        "decide: who knows a loyalty_id and asks by it?",
        "decide: not classified (no category)",
    ):
        assert told in text


def test_a_field_inside_another_is_no_join() -> None:
    text = drafts(SHOP.replace("field: customers.id, direction: from", "field: customers.a.id"))[0]
    assert "decide: orders, found through this.customers: a field inside another" in text
    gone = drafts(SHOP.replace("field: customers.id, direction: from", "field: nowhere.id"))[0]
    assert "decide: orders, found through this.nowhere: a field inside another, or none" in gone


def test_a_collection_that_is_deleted_is_not_anonymised() -> None:
    text = SHOP.replace("skip_processing: true", "masking_strategy_override: {strategy: delete}")
    assert loaded(text)[0].table("visitors").erasure.on_request == "delete"


def test_a_table_whose_name_a_map_cannot_write_is_named() -> None:
    text = drafts(SHOP.replace("name: products", 'name: "pro;ducts"'))[0]
    assert "a map cannot write the name of this table: pro;ducts" in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("system: []", "x.yml: has no list `dataset:`; is it a Fides dataset file?"),
        ("dataset:\n  - name: x\n", "x.yml:2: dataset.0.fides_key: has no `fides_key`"),
        ("dataset:\n  - fides_key: x\n", "must be a list: `collections:`"),
        (
            "dataset:\n  - fides_key: x\n    collections:\n      - name: a\n        fields: [b]\n",
            "x.yml:5: dataset.0.collections.0.fields.0: must be a mapping",
        ),
        (
            SHOP.replace("direction: from", "direction: back"),
            "direction: must be from or to",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(MapError) as refused:
        datasets_of(read_document("x.yml", text))
    assert told in str(refused.value)


def test_the_words_of_fideslang() -> None:
    assert kind_of(["system.operations", "user.financial.bank_account"]) is DataKind.PAYMENT
    assert kind_of(["user.behavior.purchase_history"]) is DataKind.CONTRACT
    assert kind_of(["system"]) is None
    assert kind_of(["username"]) is None
    assert class_of([]) is None
    assert class_of(["system.operations", "user"]) is ColumnClass.PERSONAL
    assert class_of(["mine.own"]) is None
    assert delicate(["user.childrens", "user.name"]) == ["data of children (Art. 8)"]
    assert (key_of("phone_number"), key_of("Loyalty-Id")) == ("phone", "loyalty_id")
    assert (type_of("integer[]"), type_of("vector")) == (ColumnType.JSON, None)
    assert (resource_id("9 <Key>"), resource_id("-")) == ("key", "source")


def run(*arguments: str) -> tuple[str, str]:
    out, told = StringIO(), StringIO()
    call_command("datamap", "import-fides", *arguments, stdout=out, stderr=told)
    return out.getvalue(), told.getvalue()


def test_the_command_writes_a_file_for_each_dataset(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_text(SHOP, encoding="utf-8")
    (tmp_path / "mail.yml").write_text(MAIL, encoding="utf-8")
    paths = [str(tmp_path / "shop.yml"), str(tmp_path / "mail.yml")]
    printed, told = run(paths[0])
    assert "tables:\n  customers:" in printed
    assert told.startswith("Drafted shop_db: 4 tables with 18 columns, 1 tables without")
    with pytest.raises(CommandError, match="2 datasets; give a directory"):
        run(*paths)
    target = tmp_path / "out"
    target.mkdir()
    run(*paths, "--out", str(target))
    assert sorted(one.name for one in target.iterdir()) == ["mail.yaml", "shop_db.yaml"]
    with pytest.raises(CommandError, match="exists already"):
        run(*paths, "--out", str(target))
    with pytest.raises(CommandError, match="is described by two datasets"):
        run(paths[0], str(shutil.copy(paths[0], tmp_path / "again.yml")))
    with pytest.raises(CommandError, match="cannot be read"):
        run(str(tmp_path / "nothing.yml"))
