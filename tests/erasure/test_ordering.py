"""The order in which tables go."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from datamap.domain.assembly import assemble
from datamap.domain.hanging import bound_together, hangings
from datamap.domain.schema import DataMap
from erasure.domain.ordering import Block, TableId, children_of, erasure_order
from tests.datamap.maps import CALLS, CONTRACTS, CUSTOMERS, HEAD, map_of, table

_RESOURCE = HEAD.partition("resource:")[2]


def described(
    name: str,
    *,
    through: tuple[str, ...] = (),
    counted: str = "",
    identifies: bool = False,
    link: tuple[str, str] | None = None,
) -> str:
    """Return the YAML of a table with a column `x` for all joins."""
    find = ["{key: email, column: x}"]
    find += [f"{{through: {one}, on: {{x: id}}}}" for one in through]
    if link:
        find.append(f"{{resource: {link[0]}, through: {link[1]}, on: {{x: id}}}}")
    anchor = f"{{through: {counted}, on: {{id: x}}, column: x}}" if counted else "x"
    return table(
        name,
        f"""
    primary_key: [id]
    identifies: {str(identifies).lower()}
    find: [{", ".join(find)}]
    retention: {{anchor: {anchor}}}
    columns: {{id: technical, x: personal}}
""",
    )


def names(data_map: DataMap) -> list[str]:
    return [table.table for block in erasure_order(data_map) for table in block.tables]


def several(**tables: str) -> DataMap:
    """Return a map of several resources in this order, each with its tables."""
    head = HEAD.partition("resource:")[0]
    files = {"organisation.yaml": head}
    for place, (name, own) in enumerate(tables.items()):
        resource = _RESOURCE.replace("id: shop", f"id: {name}\n  order: {place}", 1)
        resource = resource.replace("SOURCE_TEST_URL", f"SOURCE_{name.upper()}_URL")
        files[f"{name}.yaml"] = f"resource:{resource}{own}"
    return assemble(files)


def test_children_go_before_parents_and_those_bound_together() -> None:
    assert erasure_order(map_of(CUSTOMERS, CONTRACTS, CALLS)) == (
        Block((TableId("shop", "calls"),), identifies=False),
        Block((TableId("shop", "contracts"), TableId("shop", "customers")), identifies=True),
    )


def test_a_table_amid_a_circle_is_of_its_block() -> None:
    """Customers count from contracts, found through sites, and these through customers."""
    data_map = map_of(
        described("customers", counted="contracts", identifies=True),
        described("contracts", through=("sites",)),
        described("sites", through=("customers",)),
    )

    (block,) = erasure_order(data_map)
    assert [one.table for one in block.tables] == ["contracts", "sites", "customers"]


def test_what_identifies_goes_last_though_it_could_go_first() -> None:
    data_map = map_of(
        described("accounts", identifies=True),
        described("logins", through=("people",), identifies=True),
        described("people"),
    )

    assert names(data_map) == ["logins", "people", "accounts"]


def test_resources_stay_together_and_identifying_tables_of_all_come_last() -> None:
    data_map = several(
        crm=described("clients", identifies=True) + described("notes"),
        web=described("users", identifies=True) + described("visits"),
    )

    assert names(data_map) == ["visits", "notes", "clients", "users"]


def test_child_in_another_database_goes_before_its_parent() -> None:
    data_map = several(
        crm=described("clients"),
        phone=described("calls", link=("crm", "clients"), identifies=True),
    )

    assert names(data_map) == ["calls", "clients"]
    assert children_of(data_map) == {
        TableId("crm", "clients"): {TableId("phone", "calls")},
        TableId("phone", "calls"): set(),
    }


def test_a_table_that_hangs_on_itself_is_no_circle() -> None:
    data_map = map_of(described("folders", counted="folders"))

    assert names(data_map) == ["folders"]
    assert children_of(data_map) == {TableId("shop", "folders"): frozenset()}


@st.composite
def maps(draw: st.DrawFn) -> DataMap:
    """Draw a map of up to two resources; `find` never leads back, anchors may."""
    tables: dict[str, list[str]] = {"one": [], "two": []}
    placed: list[tuple[str, str]] = []
    for number in range(draw(st.integers(1, 7))):
        resource = draw(st.sampled_from(["one", "two"]))
        name = f"t{number}"
        here = [other for home, other in placed if home == resource]
        # Two links in a row could lead back to a resource, which the loader refuses.
        there = [other for other in placed if other[0] == "one"] if resource == "two" else []
        tables[resource].append(
            described(
                name,
                through=tuple(draw(st.lists(st.sampled_from(here), unique=True)) if here else ()),
                link=draw(st.sampled_from([None, *there])),
                counted=draw(st.sampled_from(["", *here])),
                identifies=draw(st.booleans()),
            )
        )
        placed.append((resource, name))
    order = draw(st.permutations([home for home in tables if tables[home]]))
    return several(**{home: "".join(draw(st.permutations(tables[home]))) for home in order})


def found_children(data_map: DataMap) -> Iterator[tuple[TableId, TableId]]:
    for resource in data_map.resources:
        for one in hangings(resource):
            if one.found:
                yield TableId(resource.id, one.child), TableId(resource.id, one.parent)


@settings(max_examples=60, deadline=None)
@given(maps())
def test_order_of_any_map(data_map: DataMap) -> None:
    blocks = erasure_order(data_map)
    order = [table for block in blocks for table in block.tables]
    place = {table: number for number, table in enumerate(order)}
    block_of = {table: number for number, block in enumerate(blocks) for table in block.tables}

    assert len(order) == len(place) == sum(len(one.tables) for one in data_map.resources)
    assert blocks == erasure_order(data_map)
    for parent, children in children_of(data_map).items():
        for child in children:
            assert block_of[child] <= block_of[parent]
    for child, parent in found_children(data_map):
        assert place[child] < place[parent]
    for resource in data_map.resources:
        for group in bound_together(resource):
            assert len({block_of[TableId(resource.id, name)] for name in group}) == 1
    # After the first block that identifies, every other does too or had to wait for one.
    below: set[int] = set()
    for number, block in enumerate(blocks):
        hangs_on_it = {
            block_of[child] for table in block.tables for child in children_of(data_map)[table]
        } - {number}
        if block.identifies or hangs_on_it & below:
            below.add(number)
        else:
            assert not below
