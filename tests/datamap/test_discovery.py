"""A live schema becomes the draft of a map that loads once a person has decided."""

from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from django.core.management import CommandError, call_command
from django.test import override_settings

from datamap.connectors.errors import SourceRefused
from datamap.domain.assembly import assemble
from datamap.domain.schema import Through
from datamap.domain.yaml_source import MapError, read_document
from datamap.services import check_sources
from datamap.services.discovery import discover
from tests.datamap.conftest import Source
from tests.datamap.drafts import make_everything, map_of_draft, open_lines


@pytest.fixture(scope="module")
def everything(source: Source) -> Source:
    make_everything(source)
    return source


def draft(source: Source) -> str:
    return discover(source="SOURCE_TEST_URL", urls={"SOURCE_TEST_URL": source.url}).text


def columns(text: str, table: str) -> dict[str, object]:
    document = read_document("draft.yaml", text).data
    tables = document["tables"]
    assert isinstance(tables, dict)
    found = tables[table]
    assert isinstance(found, dict)
    listed = found["columns"]
    assert isinstance(listed, dict)
    return dict(listed)


def finds(text: str, table: str) -> list[object]:
    return [
        (one.through, one.on) if isinstance(one, Through) else (one.kind, one.column)
        for one in map_of_draft(text).resource("test").table(table).find
    ]


def told(text: str) -> list[tuple[int, str]]:
    with pytest.raises(MapError) as caught:
        assemble({"draft.yaml": text})
    return [(one.line, one.key.rpartition(".")[2]) for one in caught.value.problems]


def test_the_draft_loads_and_fits_the_database_once_decided(everything: Source) -> None:
    found = [str(one) for one in check_sources(map_of_draft(draft(everything)))]
    refers = {one.partition(", ")[0] for one in found if "refers to" in one}
    assert refers >= {
        "test.customers: refers to `addresses` by address_id",
        "test.orders: refers to `employees` by handled_by",
    }
    unlike = [one for one in found if "has no index" not in one and "refers to" not in one]
    dotted = "is not in the map; describe it, or list it under `plain_tables` with a reason"
    of_postgres = [f"test.dotted.name: {dotted}", "test.call_log: its primary key is (none)"]
    assert [one.partition(" in the database")[0] for one in unlike] == (
        of_postgres if everything.is_postgres else of_postgres[1:]
    )


def test_loading_the_draft_names_what_is_open_and_nothing_else(everything: Source) -> None:
    text = draft(everything)
    assert sorted({line for line, _ in told(text)}) == open_lines(text)


def test_every_table_and_column_is_in_the_draft(everything: Source) -> None:
    resource = map_of_draft(draft(everything)).resource("test")
    billing = "billing." if everything.is_postgres else ""
    mapped = {
        "Osoby Kontaktowe", "addresses", f"{billing}invoices", "call_log", "customers",
        "employees", "guestbook", "order_lines", "orders", "sms_settings", "töötajad",
    }  # fmt: skip
    assert {table.name for table in resource.tables} == mapped
    assert {table.name for table in resource.plain_tables} == {"tariffs"}
    contacts = resource.table("Osoby Kontaktowe")
    names = ["id", "customer_id", "Imię i nazwisko", "nr tel.", "on"]
    assert [column.name for column in contacts.columns] == names


def test_columns_are_recognised_in_four_languages(everything: Source) -> None:
    text = draft(everything)
    assert columns(text, "customers") == {
        "id": {"class": "technical", "type": "integer"},
        "customer_no": personal("customer_number", identifier="customer_number"),
        "name": personal("plain_name"),
        "email": personal("email", data="contact", identifier="email"),
        "tel": personal("phone", data="contact", identifier="phone", region="EE"),
        "address_id": {"class": "technical", "type": "integer"},
        "contact_id": {"class": "technical", "type": "integer"},
        "created_at": {"class": "personal", "type": "datetime"},
    }  # fmt: skip
    workers = columns(text, "töötajad")
    assert workers["ik"] == personal("personal_code")
    assert workers["eesnimi"] == personal("name")
    assert workers["epost"] == personal("email", data="contact", identifier="email")
    assert workers["ülemus"] == {"class": "personal", "type": "text"}
    assert columns(text, "Osoby Kontaktowe")["Imię i nazwisko"] == personal("name")
    assert workers["salasõna"] == {"class": "secret", "type": "text"}
    assert columns(text, "employees")["password_hash"] == {"class": "secret", "type": "text"}


def personal(concept: str, **more: object) -> dict[str, object]:
    return {"class": "personal", "type": "text", "title": titles(concept), **more}


def titles(concept: str) -> dict[str, str]:
    from datamap.domain.concepts import BY_ID  # noqa: PLC0415 (only here)

    return dict(zip(("en", "pl", "et", "lv"), BY_ID[concept].title, strict=True))


def test_the_other_side_of_a_call_is_a_third_party(everything: Source) -> None:
    seen = columns(draft(everything), "call_log")
    number = {"class": "third_party", "type": "text", "data": "contact", "mask": "phone"}
    assert seen["caller_number"] == {**number, "title": titles("phone")}
    assert seen["callee_number"] == {**number, "region": "EE", "title": titles("phone")}


def test_people_are_found_by_columns_and_by_joins_of_any_length(everything: Source) -> None:
    text = draft(everything)
    assert finds(text, "customers") == [
        ("customer_number", "customer_no"), ("email", "email"), ("phone", "tel")
    ]  # fmt: skip
    assert finds(text, "orders") == [("customers", {"customer_id": "id"})]
    both = {"customer_id": "customer_id", "number": "number"}
    assert finds(text, "order_lines") == [("orders", both)]
    assert finds(text, "addresses") == [("customers", {"id": "address_id"})]
    assert finds(text, "call_log") == [("phone", "caller_number"), ("phone", "callee_number")]
    assert finds(text, "sms_settings") == [("employees", {"employee_id": "id"})]
    billing = "billing.invoices" if everything.is_postgres else "invoices"
    assert finds(text, billing) == [("customers", {"customer_id": "id"})]
    assert finds(text, "Osoby Kontaktowe") == [
        ("phone", "nr tel."), ("customers", {"customer_id": "id"})
    ]  # fmt: skip


def test_what_only_staff_did_is_told_and_not_joined(everything: Source) -> None:
    text = draft(everything)
    wanted = "leads to employees; add it to `find` if the rows are also about that person"
    assert f"  orders:  # decide: handled_by {wanted}\n" in text
    assert f"# decide: is that so?; decide: updated_by {wanted}\n" in text


def test_views_are_named(everything: Source) -> None:
    text = draft(everything)
    assert "# Views, whose rows are those of their tables: customer_names.\n" in text
    copies = "# decide: materialised views keep copies until they are refreshed: copied.\n"
    assert (copies in text) is everything.is_postgres
    dotted = "# decide: a map cannot write these names; give the tables others: dotted.name.\n"
    assert (dotted in text) is everything.is_postgres


def test_values_are_counted_and_never_told(everything: Source) -> None:
    text = draft(everything)
    lines = {line.split(":")[0].strip(): line for line in text.split("\n")}
    assert lines["caller_number"].endswith("  # 100% of 4 values look like phone numbers")
    assert lines["free_text"].endswith("  # 100% of 4 values look like texts with e-mail addresses")
    assert "secret" not in text.replace("class: secret", "")
    assert "60212345" not in text
    assert "60112345" not in text


def test_anchors_are_guessed_from_dates(everything: Source) -> None:
    text = draft(everything)
    assert (
        "retention: {anchor: called_at}  # decide: what the period counts from; guessed\n" in text
    )
    through = "{through: orders, on: {customer_id: customer_id, number: number}}"
    assert f"retention: {{anchor: {through}}}" in text


def command(*arguments: str, urls: dict[str, str]) -> str:
    out = StringIO()
    with override_settings(SOURCE_URLS=urls):
        call_command("datamap", "discover", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_the_command_writes_a_new_file_and_says_what_to_do(
    everything: Source, tmp_path: Path
) -> None:
    target = tmp_path / "shop.yaml"
    urls = {"SOURCE_SHOP_URL": everything.url}
    said = command("SOURCE_SHOP_URL", "--out", str(target), urls=urls)
    text = target.read_text("utf-8")
    decisions = text.count("decide: ")
    assert said == (
        f"Drafted shop: 11 tables with {48 if everything.is_postgres else 47} columns, "
        f"1 tables without personal data. Look for the {decisions} comments `# decide:`.\n"
    )
    assert "  id: shop\n" in text
    assert "url_env: SOURCE_SHOP_URL}" in text
    with pytest.raises(CommandError, match="exists already; name another file"):
        command("SOURCE_SHOP_URL", "--out", str(target), urls=urls)
    with pytest.raises(CommandError, match="cannot be written"):
        command("SOURCE_SHOP_URL", "--out", str(tmp_path / "no" / "shop.yaml"), urls=urls)


def test_an_address_is_taken_and_never_told(everything: Source) -> None:
    said = command(everything.url, "--resource", "shop", urls={})
    assert "url_env: SOURCE_SHOP_URL}" in said
    address = sa.make_url(everything.url)
    assert everything.url not in said
    assert address.password is None or address.password not in said


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["SOURCE_OTHER_URL"], "The environment variable SOURCE_OTHER_URL is not set."),
        (["PLATFORM"], "Give the name of an environment variable such as SOURCE_PLATFORM_URL."),
        (
            ["sqlite:///x.db", "--resource", "A b"],
            "--resource must be small letters, digits and _, as in platform.",
        ),
        (["sqlite:///:memory:"], "The database holds no table that this user can see."),
        (["postgres://tester:geheim@host:no-port/x"], "The address cannot be read."),
    ],
)
def test_what_names_no_database_is_refused_in_words(arguments: list[str], why: str) -> None:
    with pytest.raises(CommandError) as caught:
        command(*arguments, urls={})
    assert str(caught.value) == why


def test_a_refused_password_is_not_told(everything: Source) -> None:
    if everything.backend == "sqlite":
        return  # it has none
    wrong = sa.make_url(everything.url).set(password="geheim-und-falsch")
    address = wrong.render_as_string(hide_password=False)
    with pytest.raises(SourceRefused) as caught:
        discover(source=address, urls={})
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_tables_that_may_not_be_read_are_drafted_without_a_look(postgres: Source) -> None:
    postgres.run(
        "CREATE TABLE clients (id integer PRIMARY KEY, email text)",
        "CREATE ROLE onlooker LOGIN PASSWORD 'onlooker'",
        "GRANT USAGE ON SCHEMA public TO onlooker",
    )
    try:
        url = sa.make_url(postgres.url.replace("postgres://", "postgresql://"))
        address = url.set(username="onlooker", password="onlooker")
        text = discover(source=address.render_as_string(hide_password=False), urls={}).text
    finally:
        postgres.run("REVOKE USAGE ON SCHEMA public FROM onlooker", "DROP ROLE onlooker")
    assert "  clients:  # values were not looked at: the user may not read it\n" in text


def test_the_id_of_a_resource_is_made_of_the_database_name(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/9-Weird Name.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE users (email TEXT PRIMARY KEY)")
    engine.dispose()
    found = discover(source=f"sqlite:///{tmp_path}/9-Weird Name.db", urls={})
    assert found.resource == "weird_name"
    assert "url_env: SOURCE_WEIRD_NAME_URL}" in found.text
