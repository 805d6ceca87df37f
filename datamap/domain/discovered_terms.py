"""What the names of a table and its columns say of its retention category, kind and anchor."""

from collections.abc import Mapping, Sequence

from datamap.domain.discovering import Guess, bare_words
from datamap.domain.discovering_joins import JoinedTable
from datamap.domain.vocabulary import Category, ColumnType, DataKind
from datamap.domain.words import names, words_of
from datamap.domain.yaml_writing import Flow, Value

_CATEGORIES: tuple[tuple[Category, str], ...] = (
    (
        Category.LOGS,
        "log|logs|login|logins|sign ins|audit|audits|sessions|session|access|zurnal|logi|zurnals",
    ),
    (
        Category.TRAFFIC,
        "call|calls|cdr|cdrs|sms|traffic|polaczenia|polaczenie|rozmowy|koned|kone|zvani|zvans",
    ),
    (
        Category.UPLOADED,
        (
            "upload|uploads|uploaded|import|imports|imported|file|files|attachment|attachments|"
            "document|documents|list|lists|pliki|dokumenty|failid|dokumendid|faili|dokumenti"
        ),
    ),
    (
        Category.COMMUNICATIONS,
        (
            "message|messages|ticket|tickets|mail|mails|email|emails|support|chat|chats|"
            "conversation|conversations|comment|comments|note|notes|complaint|complaints|newsletter|subscriber|"
            "subscribers|lead|leads|wiadomosci|zgloszenia|sonumid|kirjad|zinojumi|vestules"
        ),
    ),
    (
        Category.IDENTITY_BILLING,
        (
            "customer|customers|client|clients|account|accounts|contract|contracts|agreement|"
            "agreements|subscription|subscriptions|invoice|invoices|payment|payments|bill|bills|"
            "billing|order|orders|klient|klienci|umowy|faktury|platnosci|zamowienia|kliendid|lepingud|"
            "arved|maksed|tellimused|klienti|ligumi|rekini|maksajumi|pasutijumi"
        ),
    ),
)
_ENDS = "ended|ended on|end date|ended at|terminated|terminated on|terminated at|closed|closed on"
_ANCHORS: tuple[tuple[Category | None, str], ...] = (
    (Category.IDENTITY_BILLING, f"{_ENDS}|valid to|issued on|issued at|paid on"),
    (
        None,
        (
            "created|created at|created on|at|started at|sent at|occurred at|logged at|"
            "uploaded at|received at|timestamp|date|data utworzenia|utworzono|loodud|izveidots"
        ),
    ),
)
_KINDS: tuple[tuple[DataKind, str], ...] = (
    (DataKind.ONLINE, "log|logs|login|logins|session|sessions|logi|zurnals"),
    (DataKind.RECORDING, "recording|recordings|nagrania|salvestised|ieraksti"),
    (DataKind.TRAFFIC, "call|calls|cdr|cdrs|sms|polaczenia|koned|zvani"),
    (DataKind.PAYMENT, "payment|payments|platnosci|maksed|maksajumi"),
    (DataKind.BILLING, "invoice|invoices|bill|bills|billing|faktury|arved|rekini"),
    (DataKind.CONTRACT, "contract|contracts|agreement|agreements|subscription|subscriptions|umowy"),
    (DataKind.CONTENT, "message|messages|ticket|tickets|comments|wiadomosci|sonumid|zinojumi"),
)
INSTANTS = (ColumnType.DATE, ColumnType.DATETIME)
_WANTED = (
    "what the period counts from: {anchor: column}, {anchor: {through: table, on: {…}, column: …}} "
    "or {none: reason in four languages}"
)


def category_of(name: str) -> Category | None:
    """Return the retention category that the name of a table suggests."""
    words = bare_words(name)
    return next((one for one, patterns in _CATEGORIES if names(words, patterns)), None)


def anchor_of(
    one: JoinedTable, category: Category | None, seen: Mapping[str, JoinedTable]
) -> tuple[Value | None, str]:
    """Return what retention may count from, as the map writes it, and what to say about it."""
    instants = _instants(one.found)
    if category is Category.IDENTITY_BILLING:
        end = _end_elsewhere(one, seen)
        if end is not None and not any(map(_is_end, instants)):
            return end, "what the period counts from; guessed: the end of what was agreed"
    if instants:
        best = _best_anchor(instants, category)
        others = ", ".join(name for name in instants if name != best)
        return best, "what the period counts from" + (f"; or {others}" if others else "; guessed")
    for joined in one.joined:
        other = seen[joined.through]
        if not joined.backwards and _instants(other.found):
            there = Flow({"through": joined.through, "on": Flow(dict(joined.on))})
            return there, f"what the period counts from; guessed: as in {joined.through}"
    return None, _WANTED


def _end_elsewhere(one: JoinedTable, seen: Mapping[str, JoinedTable]) -> Value | None:
    """Return the anchor of a customer: when what refers to it and is agreed for a time ended."""
    for other in seen.values():
        ends = [name for name in _instants(other.found) if _is_end(name)]
        for joined in other.joined:
            if ends and joined.through == one.table.name and not joined.backwards:
                on = {there: here for here, there in joined.on.items()}
                return Flow({"through": other.table.name, "on": Flow(on), "column": ends[0]})
    return None


def _instants(found: Sequence[Guess]) -> list[str]:
    return [
        one.name
        for one in found
        if one.type in INSTANTS and (one.concept is None or one.concept.id != "birth")
    ]


def _is_end(name: str) -> bool:
    return names(words_of(name), _ENDS)


def _best_anchor(instants: Sequence[str], category: Category | None) -> str:
    for meant, patterns in _ANCHORS:
        if meant in (None, category):
            by_words = {" ".join(words_of(name)): name for name in reversed(instants)}
            found = next((one for one in patterns.split("|") if one in by_words), None)
            if found is not None:
                return by_words[found]
    return instants[0]


def data_of(one: JoinedTable) -> DataKind | None:
    """Return what most of a table is, by its name or else by its columns."""
    words = bare_words(one.table.name)
    named = next((kind for kind, patterns in _KINDS if names(words, patterns)), None)
    kinds = [guess.concept.data for guess in one.found if guess.concept and not guess.is_secret]
    return named or (max(dict.fromkeys(kinds), key=kinds.count) if kinds else None)


def instant_named(columns: Sequence[str]) -> str | None:
    """Return the column whose name says when a row began, where no types are known."""
    by_words = {" ".join(words_of(name)): name for name in reversed(columns)}
    patterns = _ANCHORS[-1][1].split("|")
    return next((by_words[one] for one in patterns if one in by_words), None)
