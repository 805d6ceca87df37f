"""What hangs on what, and in which order and company rows can go."""

from datamap.domain.hanging import Hanging, anchor_tables, bound_together, hangings, paths_to
from tests.datamap.contract import RESOURCE
from tests.datamap.maps import TEXT, shop, table

CONTRACT = Hanging("contracts", "customers", (("customer_id", "id"),), found=True)
COUNTED = Hanging("customers", "contracts", (("id", "customer_id"),), found=False)
CALL = Hanging("calls", "customers", (("customer_id", "id"),), found=True)
RECORDING = Hanging("recordings", "calls", (("call_id", "id"),), found=True)


def test_rows_hang_by_their_search_and_by_their_anchor() -> None:
    assert set(hangings(RESOURCE)) == {CONTRACT, COUNTED, CALL, RECORDING}


def test_ways_lead_down_and_not_back_to_the_same_row() -> None:
    ways = set(paths_to(RESOURCE, RESOURCE.table("customers")))
    assert ways == {(CONTRACT,), (CALL,), (CALL, RECORDING)}
    ways = set(paths_to(RESOURCE, RESOURCE.table("contracts")))
    # The customer counts from this contract, and the customer's other contracts hang on it.
    assert ways == {
        (COUNTED,),
        (COUNTED, CONTRACT),
        (COUNTED, CALL),
        (COUNTED, CALL, RECORDING),
    }
    assert list(paths_to(RESOURCE, RESOURCE.table("notes"))) == []


def test_tables_bound_by_an_anchor_go_together() -> None:
    assert bound_together(RESOURCE) == (frozenset({"customers", "contracts"}),)
    assert anchor_tables(RESOURCE, RESOURCE.table("recordings")) == {"calls"}
    assert anchor_tables(RESOURCE, RESOURCE.table("notes")) == frozenset()


def test_an_anchor_in_a_table_without_personal_data_binds_nothing() -> None:
    own = """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {anchor: {through: plans, on: {plan: id}, column: over_on}}
    columns: {id: technical, plan: technical, email: personal}
"""
    tail = "plain_tables:\n  plans: {reason: Prices., columns: [id, over_on]}\n"
    resource = shop(table("people", own), tail=tail)
    assert hangings(resource) == ()
    assert bound_together(resource) == ()


def test_groups_that_share_a_table_are_one() -> None:
    one = """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {anchor: {through: %s, on: {id: owner}, column: ended_on}}
    columns: {id: technical, email: personal}
"""
    both = """
    primary_key: [id]
    find: [{through: firsts, on: {owner: id}}, {through: seconds, on: {other: id}}]
    retention: {anchor: ended_on}
    columns: {id: technical, owner: technical, other: technical, ended_on: personal}
"""
    resource = shop(
        table("firsts", one % "ends"), table("seconds", one % "ends"), table("ends", both)
    )
    assert bound_together(resource) == (frozenset({"firsts", "seconds", "ends"}),)


def test_a_circle_of_two_joins_ends() -> None:
    # Counted by other columns than found: the way goes on, but takes no step twice.
    people = f"""
    primary_key: [id]
    find: [{{key: email, column: email}}]
    retention: {{anchor: {{through: deals, on: {{id: payer}}, column: ended_on}}}}
    columns: {{id: technical, email: personal, note: {{class: personal, title: {TEXT}}}}}
"""
    deals = """
    primary_key: [id]
    find: [{through: people, on: {owner: id}}]
    retention: {anchor: ended_on}
    columns: {id: technical, owner: technical, payer: technical, ended_on: personal}
"""
    resource = shop(table("people", people), table("deals", deals))
    ways = list(paths_to(resource, resource.table("deals")))
    assert [[step.child for step in way] for way in ways] == [["people"], ["people", "deals"]]
