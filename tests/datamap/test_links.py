"""Joins across databases: what a map may say of them, and the values they are made by."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import override_settings

from datamap.connectors import SourceMismatch, connector_for
from datamap.connectors.sql_indexes import index_statements
from datamap.domain import links
from datamap.domain.assembly import assemble
from datamap.domain.correcting import NotCorrectable, correctable_column
from datamap.domain.finding import Link, is_link_kind, link_kind
from datamap.domain.keys import FoundKey, SubjectKeys
from datamap.domain.links import LinkedColumn, linked_columns
from datamap.domain.schema import DataMap
from datamap.domain.yaml_source import MapError
from datamap.services import check_sources
from tests.datamap.conftest import Source
from tests.datamap.maps import CONTRACTS, CUSTOMERS, HEAD, shop, table

ANNA = SubjectKeys(emails=("anna@example.pl",))
KIND = "@shop/customers/id"


def resource(name: str, *tables: str) -> str:
    """Return the YAML of one more resource."""
    head = HEAD[HEAD.index("resource:") :]
    return head.replace("id: shop", f"id: {name}").replace("_TEST_", f"_{name.upper()}_") + "".join(
        tables
    )


def found_by(find: str, name: str = "visits") -> str:
    return table(
        name,
        f"""
    primary_key: [id]
    find: [{find}]
    retention: {{anchor: at}}
    columns: {{id: technical, customer: technical, at: personal}}
""",
    )


LINK = "{resource: shop, through: customers, on: {customer: id}}"
SHOP = HEAD + CUSTOMERS + CONTRACTS


def map_with(*files: str) -> DataMap:
    return assemble({"shop.yaml": SHOP, **{f"{n}.yaml": text for n, text in enumerate(files)}})


def test_a_link_is_read_as_what_it_is() -> None:
    datamap = map_with(resource("web", found_by(LINK)))
    (link,) = datamap.resource("web").table("visits").find
    assert link == Link(resource="shop", through="customers", on={"customer": "id"})
    assert (link.column, link.their_column, link.kind) == ("customer", "id", KIND)
    document = datamap.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert DataMap.model_validate(document) == datamap
    assert DataMap(**dict(datamap)) == datamap
    assert linked_columns(datamap, "shop") == (LinkedColumn("customers", "id"),)
    assert linked_columns(datamap, "web") == ()
    assert is_link_kind(link_kind("shop", "customers", "id"))
    assert not is_link_kind("email")


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (
            LINK.replace("shop", "shoe"),
            ["tables.visits.find.0.resource: names `shoe`, which no file describes"],
        ),
        (
            LINK.replace("shop", "web"),
            ["tables.visits.find.0.resource: is this resource itself; leave `resource` out"],
        ),
        (
            LINK.replace("customers", "people"),
            ["tables.visits.find.0.through: names the table `people`, which `shop` does not have"],
        ),
        (
            LINK.replace("customer: id", "client: nr"),
            [
                "tables.visits.find.0.on.client: `client` is not a column of `visits`",
                "tables.visits.find.0.on.client: `nr` is not a column of `shop.customers`",
            ],
        ),
        (
            LINK.replace("customer: id", "customer: id, at: email"),
            ["tables.visits.find.0.on: names several pairs of columns; across databases it is one"],
        ),
    ],
)
def test_a_mistake_in_a_link_is_told(link: str, expected: list[str]) -> None:
    with pytest.raises(MapError) as refused:
        map_with(resource("web", found_by(link)))
    assert [f"{one.key}: {one.message}" for one in refused.value.problems] == expected


def test_resources_that_join_each_other_in_a_circle_are_told() -> None:
    shop_too = found_by("{resource: log, through: hits, on: {customer: id}}", "baskets")
    web = resource("web", found_by(LINK))
    log = resource("log", found_by("{resource: web, through: visits, on: {customer: id}}", "hits"))
    with pytest.raises(MapError) as refused:
        assemble({"shop.yaml": SHOP + shop_too, "web.yaml": web, "log.yaml": log})
    message = "leads back to this resource through the joins of others; break the circle"
    assert [(one.key, one.message) for one in refused.value.problems] == [
        ("tables.hits.find.0.resource", message),
        ("tables.baskets.find.0.resource", message),
        ("tables.visits.find.0.resource", message),
    ]
    # Without the last of the three it is none.
    acyclic = assemble({"shop.yaml": SHOP, "web.yaml": web, "log.yaml": log})
    assert linked_columns(acyclic, "web") == (LinkedColumn("visits", "id"),)


def test_what_is_missing_is_not_told_while_another_file_cannot_be_read() -> None:
    with pytest.raises(MapError) as refused:
        assemble(
            {
                "shop.yaml": SHOP.replace("category: communications", "category: odd"),
                "web.yaml": resource("web", found_by(LINK)),
                "log.yaml": resource("log", found_by(LINK.replace("shop", "shoe"), "hits")),
            }
        )
    assert {one.file for one in refused.value.problems} == {"shop.yaml"}


def test_a_column_that_joins_elsewhere_is_not_corrected() -> None:
    web = map_with(resource("web", found_by(LINK))).resource("web")
    with pytest.raises(NotCorrectable) as refused:
        correctable_column(web, web.table("visits"), "customer")
    assert refused.value.reason == "join"


@pytest.fixture(scope="module")
def filled(source: Source) -> Source:
    source.run(
        """CREATE TABLE customers (id INTEGER PRIMARY KEY, number VARCHAR(20), email VARCHAR(200),
           phone VARCHAR(60), country VARCHAR(4), password VARCHAR(60))""",
        "CREATE TABLE contracts (id INTEGER PRIMARY KEY, customer_id INTEGER, ended_on DATE)",
    )
    source.fill(
        "customers",
        [
            {"id": 7, "number": " A 7", "email": "anna@example.pl"},
            {"id": 5, "number": None, "email": "Anna@example.pl"},
            {"id": 6, "number": "B", "email": "jan@example.pl"},
        ],
    )
    return source


def test_links_are_the_values_in_the_persons_rows(filled: Source) -> None:
    connector = connector_for(shop(CUSTOMERS, CONTRACTS))
    columns = (LinkedColumn("customers", "id"), LinkedColumn("customers", "number"))
    assert connector.links(columns, ANNA) == (
        FoundKey(KIND, "5", "customers"),
        FoundKey(KIND, "7", "customers"),
        FoundKey("@shop/customers/number", " A 7", "customers"),  # as it stands there
    )
    known = SubjectKeys(emails=ANNA.emails, custom=((KIND, "5"),))
    assert [one.value for one in connector.links(columns[:1], known)] == ["7"]
    assert connector.links(columns, SubjectKeys(emails=("nobody@example.pl",))) == ()
    assert connector.links(columns, SubjectKeys()) == ()
    assert connector.links((), ANNA) == ()


def test_more_links_than_any_person_has_are_refused(
    filled: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datamap.connectors.sql_locating.MOST_VALUES", 1)
    assert links.MOST_VALUES == 100_000
    with pytest.raises(SourceMismatch) as refused:
        connector_for(shop(CUSTOMERS, CONTRACTS)).links((LinkedColumn("customers", "id"),), ANNA)
    assert (refused.value.code, refused.value.table) == ("too_many", "customers")
    assert str(refused.value).startswith("customers in Shop leads from one person to more rows")


def test_values_that_no_other_database_could_hold_are_refused(postgres: Source) -> None:
    postgres.run(
        "CREATE TABLE customers (id int PRIMARY KEY, number bytea, email text, phone text, country "
        "text, password text)",
        "INSERT INTO customers VALUES (1, 'x', 'anna@example.pl')",
    )
    with pytest.raises(SourceMismatch) as refused:
        connector_for(shop(CUSTOMERS, CONTRACTS)).links(
            (LinkedColumn("customers", "number"),), ANNA
        )
    assert (refused.value.code, refused.value.table) == ("mismatch", "customers.number")


Make = Callable[[], str]


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def web_url(
    request: pytest.FixtureRequest, tmp_path: Path, make_database: Make, make_mariadb: Make
) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'web.db'}"
    return make_database() if request.param == "postgresql" else make_mariadb()


@pytest.mark.parametrize("kind", ["INTEGER", "VARCHAR(40)"])
def test_rows_are_found_by_links_in_every_database(web_url: str, kind: str) -> None:
    web = map_with(resource("web", found_by(LINK))).resource("web")
    with override_settings(SOURCE_URLS={"SOURCE_WEB_URL": web_url}):
        engine = Source.at(web_url)
        engine.run(
            f"CREATE TABLE visits (id INTEGER PRIMARY KEY, customer {kind}, at TIMESTAMP NULL)",
            *(one for one in index_statements(web) if not one.startswith("--")),
        )
        engine.fill("visits", [{"id": n, "customer": n % 100} for n in range(1, 501)])
        connector = connector_for(web)

        def ids(keys: SubjectKeys) -> list[object]:
            with connector.extract(web.table("visits"), keys) as rows:
                return [row.values["id"] for row in rows]

        assert ids(SubjectKeys(custom=((KIND, "7"), ("customer", "8")))) == [7, 107, 207, 307, 407]
        many = SubjectKeys(custom=tuple((KIND, str(n)) for n in range(99, 20_099)))
        assert ids(many) == [99, 199, 299, 399, 499]
        assert ids(ANNA) == []
        datamap = map_with(resource("web", found_by(LINK)))
        only_web = datamap.model_copy(update={"resources": (web,)})
        assert [str(one) for one in check_sources(only_web)] == []


def test_a_link_without_an_index_is_told(web_url: str) -> None:
    web = map_with(resource("web", found_by(LINK))).resource("web")
    with override_settings(SOURCE_URLS={"SOURCE_WEB_URL": web_url}):
        Source.at(web_url).run(
            "CREATE TABLE visits (id INTEGER PRIMARY KEY, customer INTEGER, at TIMESTAMP NULL)"
        )
        (told,) = check_sources(DataMap(resources=(web,)))
    assert str(told) == (
        "web.visits.customer: has no index for the join to shop.customers; "
        "`manage.py datamap indexes` shows it"
    )
