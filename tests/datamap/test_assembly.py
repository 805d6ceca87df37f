"""A map is read whole, or every mistake in it is told with file, line and key."""

import pytest

from datamap.domain.assembly import assemble
from datamap.domain.schema import ByKey, Column, DataMap, ManualConnector, Through
from datamap.domain.vocabulary import Anonymising, ColumnClass, Erasing, KeyKind
from datamap.domain.yaml_source import MapError
from tests.datamap.maps import CONTRACTS, CUSTOMERS, HEAD, TEXT, example_files, map_of, table

NOTES = """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {anchor: written_on}
    columns:
      id: technical
      email: personal
      written_on: personal
"""


def told(*tables: str, tail: str = "") -> list[str]:
    """Return what is told about a map of these tables, without its lines."""
    with pytest.raises(MapError) as refused:
        map_of(*tables, tail=tail)
    return [f"{one.key}: {one.message}" for one in refused.value.problems]


def changed(old: str, new: str, notes: str = NOTES) -> str:
    assert old in notes
    return table("notes", notes.replace(old, new))


def test_the_handbook_example_is_a_map() -> None:
    datamap = assemble(example_files())
    platform = datamap.resource("platform")
    assert [one.name for one in platform.tables] == ["customers", "contracts", "calls"]
    assert [one.name for one in platform.plain_tables] == ["tariffs"]
    assert datamap.controller("acme").dpa_months == 6
    calls = platform.table("calls")
    assert calls.find == (
        Through(through="customers", on={"customer_id": "id"}),
        ByKey(key=KeyKind.PHONE, column="callee"),
    )
    assert platform.table("customers").column("id").column_class is ColumnClass.TECHNICAL
    assert platform.zone(calls, calls.column("started_at")).key == "UTC"
    assert platform.zone(calls).key == "Europe/Tallinn"
    assert platform.title.in_language("pl") == "Platforma telefoniczna"
    assert platform.title.in_language("de-AT") == "Telephony platform"
    assert platform.table("customers").erasure.on_request is Erasing.KEEP
    assert platform.table("customers").erasure.when_due is Erasing.DELETE


def test_a_stored_map_is_the_same_map() -> None:
    datamap = assemble(example_files())
    document = datamap.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert DataMap.model_validate(document) == datamap


def test_names_that_are_not_there_are_key_errors() -> None:
    datamap = assemble(example_files())
    platform = datamap.resource("platform")
    for lookup in (
        lambda: datamap.resource("x"),
        lambda: datamap.controller("x"),
        lambda: platform.table("x"),
        lambda: platform.table("calls").column("x"),
    ):
        with pytest.raises(KeyError):
            lookup()


def test_every_mistake_is_told_at_once_with_its_line() -> None:
    files = example_files()
    faulty = (
        files["platform.yaml"]
        .replace("class: secret", "clas: secret")
        .replace("category: traffic", "category: trafic")
        .replace("    erasure: keep\n    portable: true\n", "    portable: true\n")
    )
    files["platform.yaml"] = faulty
    files["organisation.yaml"] = files["organisation.yaml"].replace("country: IE", "country: Eire")
    with pytest.raises(MapError) as refused:
        assemble(files)
    lines = faulty.splitlines()
    where = [
        next(n for n, text in enumerate(lines, 1) if word in text)
        for word in ("  customers:", "clas: secret", "trafic")
    ]
    assert str(refused.value).splitlines() == [
        (
            "organisation.yaml:5: recipients.google_cloud.country: is no country code; write two "
            "capitals (ISO 3166), as in EE"
        ),
        f"platform.yaml:{where[0]}: tables.customers.erasure: is missing; add it",
        (
            f"platform.yaml:{where[1]}: tables.customers.columns.password_hash.class: is missing; "
            "add it"
        ),
        (
            f"platform.yaml:{where[1]}: tables.customers.columns.password_hash.clas: is not "
            f"a known "
            "key; did you mean `class`?"
        ),
        (
            f"platform.yaml:{where[2]}: tables.calls.category: must be 'identity_billing', "
            f"'traffic', "
            "'communications', 'uploaded', 'entrusted' or 'logs'"
        ),
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "primary_key: [id]",
            "primary_key: [key]",
            (
                "tables.notes.primary_key: names the column `key`, which is not among `columns`; "
                "list it there"
            ),
        ),
        (
            "primary_key: [id]",
            "primary_key: [id, id]",
            "tables.notes.primary_key: names a column twice",
        ),
        (
            "primary_key: [id]",
            "primary_key: []",
            "tables.notes.primary_key: is empty; it needs at least one entry",
        ),
        (
            "column: email}",
            "column: mail}",
            (
                "tables.notes.find.0.column: names the column `mail`, which is not among "
                "`columns`; "
                "list it there"
            ),
        ),
        (
            "find: [{key: email, column: email}]",
            "find: []",
            "tables.notes.find: is empty; it needs at least one entry",
        ),
        (
            "{key: email, column: email}",
            "{through: people, on: {email: mail}}",
            (
                "tables.notes.find.0.through: names the table `people`, which this resource "
                "does not "
                "have"
            ),
        ),
        (
            "{key: email, column: email}",
            "{through: notes, on: {email: email}}",
            "tables.notes.find: leads back to this table through its joins; break the circle",
        ),
        (
            "{key: email, column: email}",
            "email",
            "tables.notes.find.0: must be a mapping; see docs/datamap.md",
        ),
        (
            "anchor: written_on",
            "anchor: sent_on",
            (
                "tables.notes.retention.anchor: names the column `sent_on`, which is not among "
                "`columns`"
            ),
        ),
        (
            "{anchor: written_on}",
            "{}",
            "tables.notes.retention: needs one of `anchor`, `dpa_end: true` and `none: reason`",
        ),
        ("{anchor: written_on}", "{anchor: {}}", "tables.notes.retention.anchor: names no column"),
        (
            "{anchor: written_on}",
            "{anchor: {through: notes, column: id}}",
            "tables.notes.retention.anchor: `through` and `on` go together",
        ),
        (
            "{anchor: written_on}",
            "{dpa_end: true}",
            "tables.notes.retention.dpa_end: is for tables whose role is processor",
        ),
        (
            "email: personal",
            "email: {class: third_party, identifier: email}",
            (
                "tables.notes.columns.email.identifier: stands on a column that is not "
                "personal, so "
                "that it may be somebody else's"
            ),
        ),
        (
            "email: personal",
            "email: {class: personal, identifier: Shoe size}",
            (
                "tables.notes.columns.email.identifier: is not right: String should match pattern "
                "'^[a-z][a-z0-9_]{0,62}$'"
            ),
        ),
        (
            "email: personal",
            "email: {class: personal, generated: true}",
            (
                "tables.notes.columns.email.generated: is for columns that searches alone use: "
                "class secret or technical, no `erase`"
            ),
        ),
        (
            "email: personal",
            "email: {class: personal, region: PL, region_column: id}",
            "tables.notes.columns.email.region_column: stands beside `region`; give one of them",
        ),
        (
            "id: technical",
            "id: {class: technical, erase: null}",
            "tables.notes.columns.id.erase: would change the primary key; delete the row instead",
        ),
        (
            "email: personal",
            "email: {class: personal, erase: text}",
            "tables.notes.columns.email.erase: names no text; write {text: the fixed text}",
        ),
        (
            "email: personal",
            "email: {class: personal, erase: {words: gone}}",
            "tables.notes.columns.email: `erase` is null, hash, mask or {text: the fixed text}",
        ),
        (
            "email: personal",
            "email: {class: personal, time_zone: Tallinn}",
            "tables.notes.columns.email.time_zone: is no time zone; write one as in Europe/Tallinn",
        ),
    ],
)
def test_a_mistake_in_a_table_is_told(old: str, new: str, expected: str) -> None:
    assert told(changed(old, new)) == [expected]


def test_an_anonymised_table_says_what_becomes_of_each_column_about_people() -> None:
    notes = table("notes", NOTES).replace("erasure: delete", "erasure: anonymise")
    needs = "the table is anonymised, so this column about people needs `erase`: null, hash, mask"
    assert told(notes) == [
        f"tables.notes.columns.email: {needs} or {{text: …}}",
        f"tables.notes.columns.written_on: {needs} or {{text: …}}",
    ]
    done = notes.replace("email: personal", "email: {class: personal, erase: {text: gone}}")
    done = done.replace("on: personal", "on: {class: personal, erase: null}")
    datamap = map_of(done)
    document = datamap.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert DataMap.model_validate(document) == datamap
    columns = datamap.resource("shop").table("notes").columns
    assert [(one.erase, one.erase_text) for one in columns] == [
        (None, None),
        (Anonymising.TEXT, "gone"),
        (Anonymising.NULL, None),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"category: communications": "category: entrusted"},
            ["tables.notes.role: must be `processor`: the category is entrusted"],
        ),
        (
            {"role: controller": "role: processor"},
            [
                "tables.notes.category: must be `entrusted`: the table's role is processor",
                (
                    "tables.notes.role: processor needs `controller` or "
                    "`controller_column`, one of them"
                ),
            ],
        ),
        (
            {"role: controller": "role: controller\n    controller: acme"},
            ["tables.notes.controller: is for tables whose role is processor"],
        ),
        (
            {"legal_basis: contract": ""},
            ["tables.notes.legal_basis: is missing; say on which ground we hold this"],
        ),
        (
            {
                "category: communications": "category: entrusted",
                "role: controller": "role: processor\n    controller: nobody",
            },
            [
                (
                    "tables.notes.controller: names `nobody`, which no file describes under "
                    "`controllers`"
                )
            ],
        ),
        (
            {"role: controller": "role: controller\n    recipients: [nobody]"},
            ["tables.notes.recipients: names `nobody`, which no file describes under `recipients`"],
        ),
    ],
)
def test_roles_and_names_have_to_agree(changes: dict[str, str], expected: list[str]) -> None:
    notes = table("notes", NOTES)
    for old, new in changes.items():
        notes = notes.replace(old, new)
    assert told(notes) == expected


def test_entrusted_data_may_end_with_the_agreement() -> None:
    notes = table("notes", NOTES.replace("{anchor: written_on}", "{dpa_end: true}"))
    notes = notes.replace("category: communications", "category: entrusted")
    notes = notes.replace("role: controller", "role: processor\n    controller_column: id")
    kept = map_of(notes.replace("legal_basis: contract", "")).resource("shop").table("notes")
    assert (kept.retention.dpa_end, kept.legal_basis) == (True, None)


def test_joins_are_checked_on_both_sides() -> None:
    contracts = CONTRACTS.replace("{customer_id: id}", "{owner: key}")
    problems = told(CUSTOMERS, contracts)
    assert problems == [
        "tables.contracts.find.0.on.owner: `owner` is not a column of `contracts`",
        "tables.contracts.find.0.on.owner: `key` is not a column of `customers`",
    ]


def test_a_circle_of_joins_is_told_for_each_table_in_it() -> None:
    people = CUSTOMERS.replace(
        "{key: email, column: email}", "{through: contracts, on: {id: customer_id}}"
    )
    assert told(people, CONTRACTS) == [
        f"tables.{name}.find: leads back to this table through its joins; break the circle"
        for name in ("customers", "contracts")
    ]


def test_an_anchor_of_a_joined_table_has_to_be_there() -> None:
    contracts = CONTRACTS.replace("{anchor: ended_on}", f"{{none: {TEXT}}}")
    assert told(CUSTOMERS.replace(", column: ended_on", ""), contracts) == [
        (
            "tables.customers.retention.anchor: `contracts` has no anchor of its own; name its "
            "`column`"
        ),
    ]
    assert told(CUSTOMERS.replace("column: ended_on", "column: over_on"), CONTRACTS) == [
        (
            "tables.customers.retention.anchor: names the column `over_on`, which `contracts` does "
            "not list"
        ),
    ]
    back = CONTRACTS.replace("{anchor: ended_on}", "{anchor: {through: customers, on: {id: id}}}")
    assert told(CUSTOMERS.replace(", column: ended_on", ""), back) == [
        f"tables.{name}.retention.anchor: leads back to this table; name a `column`"
        for name in ("customers", "contracts")
    ]


def test_an_anchor_may_stand_in_a_table_without_personal_data() -> None:
    notes = table(
        "notes",
        NOTES.replace(
            "{anchor: written_on}",
            "{anchor: {through: campaigns, on: {id: id}, column: ended_on}}",
        ),
    )
    tail = "plain_tables:\n  campaigns: {reason: Dates only., columns: [id, ended_on]}\n"
    assert map_of(notes, tail=tail).resource("shop").plain_tables[0].reason == "Dates only."
    assert told(notes, tail=tail.replace("id, ended", "key, ended")) == [
        "tables.notes.retention.anchor.on.id: `id` is not a column of `campaigns`",
    ]
    assert told(table("notes", NOTES), tail="plain_tables: {notes: {reason: None.}}\n") == [
        "tables.notes: is also listed under `plain_tables`; it is one or the other",
    ]


def test_what_a_faulty_part_is_named_by_is_not_called_missing() -> None:
    assert told(CUSTOMERS.replace("      id: technical\n", "      id: technicl\n"), CONTRACTS) == [
        ("tables.customers.columns.id: must be 'personal', 'technical', 'third_party' or 'secret'"),
    ]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, ["the data map: no file has a `resource`; docs/datamap.md shows how to begin"]),
        (
            {"a.yaml": ""},
            ["the data map: no file has a `resource`; docs/datamap.md shows how to begin"],
        ),
        (
            {"a.yaml": "resources: {}"},
            ["a.yaml:1: resources: is not a known key; did you mean `resource`?"],
        ),
        (
            {"a.yaml": "tables: {}"},
            [
                (
                    "a.yaml:1: tables: belongs to no resource; add `resource` or "
                    "`tables_of` to this file"
                )
            ],
        ),
        (
            {"a.yaml": "resource: shop"},
            ["a.yaml:1: resource: must be a mapping; see docs/datamap.md"],
        ),
        (
            {"a.yaml": "recipients: [x]"},
            ["a.yaml:1: recipients: must be a mapping from a name to its description"],
        ),
        (
            {"a.yaml": "recipients: {x: y}"},
            ["a.yaml:1: recipients.x: must be a mapping; see docs/datamap.md"],
        ),
    ],
)
def test_a_mistake_in_a_file_is_told(files: dict[str, str], expected: list[str]) -> None:
    with pytest.raises(MapError) as refused:
        assemble(files)
    assert str(refused.value).splitlines() == expected


def test_a_mistake_in_the_resource_is_told() -> None:
    head = HEAD.replace("recipients: [host]", "recipients: [nobody]")
    with pytest.raises(MapError) as refused:
        assemble({"shop.yaml": head + table("notes", NOTES)})
    assert [one.key for one in refused.value.problems] == ["resource.recipients"]
    head = HEAD.replace("SOURCE_TEST_URL", "DATABASE_URL").replace(
        "  entity: EE\n", "  tabels: 1\n"
    )
    with pytest.raises(MapError) as refused:
        assemble({"shop.yaml": head + table("notes", NOTES)})
    assert [(one.key, one.message) for one in refused.value.problems] == [
        ("resource.entity", "is missing; add it"),
        (
            "resource.connector.url_env",
            "is not right: String should match pattern '^SOURCE_[A-Z0-9_]+_URL$'",
        ),
        ("resource.tabels", "is not a known key; docs/datamap.md lists the keys"),
    ]


@pytest.mark.parametrize(
    ("connector", "key", "message"),
    [
        (
            "{kind: fax}",
            "resource.connector",
            "must be {kind: sql, url_env} or {kind: manual, due_days}",
        ),
        (
            "{url_env: SOURCE_A_URL}",
            "resource.connector",
            "must be {kind: sql, url_env} or {kind: manual, due_days}",
        ),
        (
            "{kind: manual, due_days: 0}",
            "resource.connector.due_days",
            "is not right: Input should be greater than or equal to 1",
        ),
    ],
)
def test_a_mistake_in_the_connector_is_told(connector: str, key: str, message: str) -> None:
    head = HEAD.replace("{kind: sql, url_env: SOURCE_TEST_URL}", connector)
    with pytest.raises(MapError) as refused:
        assemble({"shop.yaml": head + table("notes", NOTES)})
    assert [(one.key, one.message) for one in refused.value.problems] == [(key, message)]


@pytest.mark.parametrize(
    ("name", "own", "expected"),
    [
        (
            "notes",
            NOTES,
            (
                "tables.notes.retention.anchor: counts from `notes.written_on`; give that column "
                "`type: date` or `type: datetime`, a file does not say it"
            ),
        ),
        (
            "visits",
            """
    primary_key: [id]
    find: [{key: phone, column: phone}, {through: clients, on: {client_id: id}}]
    retention: {none: {en: en, pl: pl, et: et, lv: lv}}
    columns: {id: technical, phone: personal, client_id: technical}
""",
            (
                "tables.visits.find.1: stands beside another way; what is kept by hand is found by "
                "one join, or by none"
            ),
        ),
        (
            "visits",
            """
    primary_key: [id]
    find: [{key: phone, column: phone}]
    retention: {anchor: {through: clients, on: {client_id: id}, column: left_on}}
    columns: {id: technical, phone: personal, client_id: technical}
""",
            (
                "tables.visits.retention.anchor: `clients` is neither found through this table nor "
                "leads to it"
            ),
        ),
    ],
)
def test_what_is_kept_by_hand_is_mapped_so_that_nobody_else_is_touched(
    name: str, own: str, expected: str
) -> None:
    head = HEAD.replace("{kind: sql, url_env: SOURCE_TEST_URL}", "{kind: manual}")
    clients = table(
        "clients",
        """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {anchor: left_on}
    columns: {id: technical, email: personal, left_on: {class: personal, type: date}}
""",
    )
    with pytest.raises(MapError) as refused:
        assemble({"shop.yaml": head + clients + table(name, own)})
    assert [f"{one.key}: {one.message}" for one in refused.value.problems] == [expected]


def test_a_resource_may_be_kept_by_hand() -> None:
    head = HEAD.replace("{kind: sql, url_env: SOURCE_TEST_URL}", "{kind: manual}")
    dated = NOTES.replace("written_on: personal", "written_on: {class: personal, type: date}")
    resource = assemble({"shop.yaml": head + table("notes", dated)}).resource("shop")
    assert resource.connector == ManualConnector(kind="manual", due_days=7)
    assert resource.address_variable == ""


def test_the_tables_of_a_resource_may_be_spread_over_files() -> None:
    files = {
        "1.yaml": HEAD + table("notes", NOTES),
        "2.yaml": "tables_of: shop\ntables:\n" + table("letters", NOTES),
    }
    assert [one.name for one in assemble(files).resource("shop").tables] == ["notes", "letters"]
    files["3.yaml"] = files["2.yaml"]
    files["4.yaml"] = files["1.yaml"]
    files["5.yaml"] = "tables_of: shed\ntables:\n" + table("tools", NOTES)
    files["6.yaml"] = "tables_of: shop\n" + HEAD
    with pytest.raises(MapError) as refused:
        assemble(files)
    assert [(one.file, one.key, one.message) for one in refused.value.problems] == [
        ("3.yaml", "tables.letters", "is already described in 2.yaml"),
        ("4.yaml", "recipients.host", "is already described in 1.yaml"),
        ("4.yaml", "controllers.acme", "is already described in 1.yaml"),
        ("4.yaml", "resource.id", "`shop` is already described in 1.yaml; give it another id"),
        ("4.yaml", "tables.notes", "is already described in 1.yaml"),
        ("6.yaml", "tables_of", "stands beside `resource`; a file has one of them"),
        ("6.yaml", "recipients.host", "is already described in 1.yaml"),
        ("6.yaml", "controllers.acme", "is already described in 1.yaml"),
        ("6.yaml", "resource.id", "`shop` is already described in 1.yaml; give it another id"),
        ("6.yaml", "tables", "must be a mapping from a name to its description"),
    ]
    with pytest.raises(MapError) as refused:
        assemble({"1.yaml": files["1.yaml"], "5.yaml": files["5.yaml"]})
    assert [one.message for one in refused.value.problems] == [
        "belongs to the resource `shed`, which no file describes"
    ]


def test_resources_stand_in_their_order() -> None:
    first = HEAD.replace("id: shop", "id: attic").replace("  entity", "  order: 200\n  entity")
    first = first.replace("SOURCE_TEST_URL", "SOURCE_ATTIC_URL")
    bare = "\n".join(line for line in first.splitlines() if "host:" not in line)
    bare = bare.replace("recipients:\n", "").replace("controllers:\n", "")
    bare = "\n".join(line for line in bare.splitlines() if "acme" not in line) + "\n"
    files = {"a.yaml": bare + table("notes", NOTES), "b.yaml": HEAD + table("notes", NOTES)}
    datamap = assemble(files)
    assert [one.id for one in datamap.resources] == ["shop", "attic"]
    with pytest.raises(ValueError, match="not in their order"):
        DataMap(resources=tuple(reversed(datamap.resources)))


def test_one_database_is_one_resource() -> None:
    again = HEAD.replace("id: shop", "id: attic")
    bare = "\n".join(again[again.index("resource:") :].splitlines()) + "\n"
    files = {"a.yaml": HEAD + table("notes", NOTES), "b.yaml": bare + table("others", NOTES)}
    with pytest.raises(MapError, match="is the address of `shop` already"):
        assemble(files)


def test_a_column_is_made_from_its_names_in_the_map() -> None:
    assert Column.model_validate({"name": "id", "class": "technical"}).column_class == "technical"
