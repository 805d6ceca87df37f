"""What a database makes of a value is what `masked` makes of it, and stays as it is."""

import pytest
import sqlalchemy as sa

from datamap.connectors import connector_for
from datamap.domain.anonymising import LiveColumn, live_obstacles
from datamap.domain.erasing import Permit, Scope, Tally, Treatment
from datamap.domain.masking import masked
from datamap.domain.vocabulary import ColumnType, Erasing, Mask
from datamap.domain.yaml_source import MapError
from tests.datamap.conftest import Source
from tests.datamap.maps import map_of, shop, table

PHONES_MASKED = ("+48•••67", "•••67", "•••")
VALUES = (
    *("+48 601 234 567", "0037251234567", "00 372 5123 4567", "+999 123 456", "601234567"),
    *("112", "anonymous", "anna@example.pl", " ANNA@Example.PL ", "anna", "@example.pl"),
    *("a@b@example.pl", "anna  maria Nowak", " ", "", "Żaneta", "żaneta o'hara", "•", "x•••", "."),
    *PHONES_MASKED,
    None,
)
ROWS = table(
    "masks",
    """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {anchor: made_on}
    columns:
      id: technical
      email: personal
      any: {class: personal, erase: mask}
      phone: {class: personal, erase: mask, mask: phone}
      mail: {class: personal, erase: mask, mask: email}
      name: {class: personal, erase: mask, mask: name}
      made_on: technical
""".replace("email: personal", "email: technical"),
)
KINDS = {"any": Mask.ALL, "phone": Mask.PHONE, "mail": Mask.EMAIL, "name": Mask.NAME}
RESOURCE = shop(ROWS)
SCOPE = Scope(None, {"masks": Treatment(Erasing.ANONYMISE)})


@pytest.fixture(scope="module")
def filled(source: Source) -> Source:
    columns = ", ".join(
        f"{source.engine.dialect.identifier_preparer.quote(one)} VARCHAR(60)" for one in KINDS
    )
    source.run(
        f"CREATE TABLE masks (id INTEGER PRIMARY KEY, email VARCHAR(9), {columns}, made_on DATE)"
    )
    rows = [{"id": number, **dict.fromkeys(KINDS, value)} for number, value in enumerate(VALUES)]
    source.fill("masks", rows)
    return source


def erase() -> Tally:
    with connector_for(RESOURCE).writing(Permit("shop", SCOPE)) as writer:
        return writer.erase(RESOURCE.table("masks"))


def test_every_database_masks_alike(filled: Source) -> None:
    assert erase().rows == len([one for one in VALUES if one not in (None, "•••")])
    with filled.engine.connect() as connection:
        query = sa.select(sa.table("masks", *(sa.column(one) for one in ("id", *KINDS))))
        after = {row.id: row for row in connection.execute(query)}
    for number, value in enumerate(VALUES):
        for name, mask in KINDS.items():
            made = getattr(after[number], name)
            if value == "•••" or (mask is Mask.PHONE and value in PHONES_MASKED):
                assert made == value
            else:
                assert (value, mask, made) == (value, mask, masked(value, mask))
    assert erase() == Tally()


WORDS = """
    primary_key: [id]
    find: [{key: email, column: email}]
    retention: {anchor: made_on}
    restriction_column: held
    columns:
      id: technical
      email: {class: personal, erase: {text: "(erased)"}}
      code: {class: personal, erase: hash}
      born: {class: personal, erase: null}
      nick: {class: personal, erase: mask}
      made_on: technical
      held: technical
"""


def test_what_a_database_could_not_do_is_told() -> None:
    words = shop(table("words", WORDS)).table("words")
    text, number = ColumnType.TEXT, ColumnType.INTEGER
    types: dict[str, ColumnType | None] = {
        "email": text,
        "code": text,
        "born": number,
        "nick": text,
        "held": number,
    }
    assert list(live_obstacles(words, types, {})) == []
    facts = {
        "email": LiveColumn(unique=True, length=5),
        "code": LiveColumn(required=True, unique=True, length=30),
        "born": LiveColumn(required=True),
        "nick": LiveColumn(required=True, length=1),
    }
    types |= {"nick": number, "held": text, "email": None}
    same = "would give several rows the same value, and the column is unique; use hash"
    assert list(live_obstacles(words, types, facts)) == [
        ("email", f"`erase: text` {same}"),
        ("email", "`erase: text` needs 8 characters, and the column holds 5"),
        ("code", "`erase: hash` needs 31 characters, and the column holds 30"),
        ("born", "`erase: null` cannot work, for the column is required; use a text"),
        ("nick", "`erase: mask` is for text, and this is integer; use null"),
        ("held", "is the `restriction_column`, which is boolean, and this is text"),
    ]
    assert list(live_obstacles(words, {}, facts)) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "code: {class: personal, erase: hash}",
            "code: {class: personal, erase: hash, type: integer}",
            "code.erase: `erase: hash` is for text, and this is integer; use null",
        ),
        (
            "held: technical",
            "held: {class: technical, type: date}",
            "held.erase: is the `restriction_column`, which is boolean, and this is date",
        ),
        (
            "restriction_column: held",
            "restriction_column: held_by",
            "restriction_column: names the column `held_by`, which is not among `columns`; list it",
        ),
    ],
)
def test_what_the_map_shows_to_be_impossible_is_told(old: str, new: str, expected: str) -> None:
    with pytest.raises(MapError) as refused:
        map_of(table("words", WORDS.replace(old, new)))
    [problem] = refused.value.problems
    assert expected in str(problem)


def test_a_column_that_others_are_found_through_is_not_erased() -> None:
    words = WORDS.replace(
        "id: technical", "id: technical\n      serial: {class: technical, erase: null}"
    )
    children = table(
        "children",
        """
    primary_key: [id]
    find: [{through: words, on: {word: serial}}]
    retention: {anchor: {through: words, on: {word: serial}}}
    columns: {id: technical, word: technical}
""",
    )
    with pytest.raises(MapError) as refused:
        map_of(table("words", words), children)
    [problem] = refused.value.problems
    assert str(problem).endswith(
        "serial.erase: other tables are found through it, so it must not have `erase`"
    )
