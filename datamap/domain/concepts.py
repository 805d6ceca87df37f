"""What the name of a column says it holds: in English, Polish, Estonian, Latvian, abbreviated.

Names are compared as `words` splits them: small letters without accents, words in a row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from datamap.domain.vocabulary import ColumnClass, ColumnType, DataKind, KeyKind, Mask
from datamap.domain.words import names

_TEXTS = frozenset({ColumnType.TEXT, None})
_CODES = _TEXTS | {ColumnType.INTEGER}
_PLACES = _TEXTS | {ColumnType.DECIMAL}
_DAYS = _TEXTS | {ColumnType.DATE, ColumnType.DATETIME}
_ALL = frozenset({None, *ColumnType})
Title = tuple[str, str, str, str]  # en, pl, et, lv


@dataclass(frozen=True)
class Concept:
    """Something that columns hold about people.

    `key` is the kind of identifier it is, if any. A `weak` one (a name, a country) is about a
    person only where something else in the table is. `types` are the column types it may have.
    """

    id: str
    patterns: str  # divided by |
    data: DataKind
    title: Title
    key: str | None = None
    weak: bool = False
    mask: Mask = Mask.ALL
    types: frozenset[ColumnType | None] = _TEXTS
    column_class: ColumnClass = ColumnClass.PERSONAL

    def is_named(self, words: tuple[str, ...]) -> bool:
        """Tell whether these words name it."""
        return names(words, self.patterns)


_D = DataKind
#: The first that fits counts.
CONCEPTS: Final[Sequence[Concept]] = (
    Concept(
        "secret",
        "password|passwd|pwd|passphrase|haslo|parool|parole|salasona|salt|token|api key|"
        "apikey|secret|otp|totp|pin|private key|cvv|cvc|security answer|recovery code|"
        "recovery codes|credentials",
        _D.OTHER,
        ("", "", "", ""),
        types=_ALL,
        column_class=ColumnClass.SECRET,
    ),
    Concept(
        "email",
        "email|e mail|mail|emails|mailbox|epost|e post|meil|meiliaadress|epasts|e pasts|epasta|"
        "poczta|mail address",
        _D.CONTACT,
        ("E-mail", "E-mail", "E-post", "E-pasts"),
        key=KeyKind.EMAIL.value,
        mask=Mask.EMAIL,
    ),
    Concept(
        "ip",
        "ip|ip address|ipaddr|ip addr|ipv4|ipv6|client ip|remote addr|remote address|adres ip|"
        "ip aadress|ip adrese",
        _D.ONLINE,
        ("IP address", "Adres IP", "IP-aadress", "IP adrese"),
        key=KeyKind.IP.value,
        types=_TEXTS | {ColumnType.BINARY},
    ),
    Concept(
        "phone",
        "phone|phone number|phone no|tel|telephone|tel no|tel nr|nr tel|mobile|mobile no|mob|"
        "cell|gsm|msisdn|fax|telefon|telefonu|telefoni|telefons|telefona|komorka|komorkowy|"
        "mobiil|mobiiltelefon|talrunis|talruna|mobilais|caller|callee|caller number|callee number|"
        "called number|calling number|dialed number|sender number|recipient number",
        _D.CONTACT,
        ("Phone", "Telefon", "Telefon", "Tālrunis"),
        key=KeyKind.PHONE.value,
        mask=Mask.PHONE,
        types=_CODES,
    ),
    Concept(
        "customer_number",
        "customer number|customer no|customer nr|customer ref|customer code|client number|"
        "client no|client code|cust no|cust nr|cust num|account number|account no|user number|"
        "member number|nr klienta|numer klienta|kod klienta|kliendinumber|kliendi nr|"
        "kliendi number|kliendikood|klienta numurs|klienta nr|klienta kods",
        _D.IDENTIFICATION,
        ("Customer number", "Numer klienta", "Kliendinumber", "Klienta numurs"),
        key=KeyKind.CUSTOMER_NUMBER.value,
        types=_CODES,
    ),
    Concept(
        "personal_code",
        "personal code|personal id|personal no|national id|national number|id code|id card|"
        "identity card|identity number|ssn|social security|nin|passport|passport no|pesel|dowod|"
        "nr dowodu|paszport|isikukood|ik|pass nr|passinumber|personas kods|personas kodu|pk kods|"
        "pases nr|tax id|nip|kmkr|driving licence|driver license",
        _D.IDENTIFICATION,
        ("Personal code", "Numer identyfikacyjny", "Isikukood", "Personas kods"),
        key="personal_code",
        types=_CODES,
    ),
    Concept(
        "bank_account",
        "iban|bank account|account iban|nr konta|numer konta|rachunek|nr rachunku|kontonumber|"
        "arvelduskonto|pangakonto|konta numurs|bankas konts|sort code|card number|card no|ccn|"
        "pan|nr karty|kaardinumber|kartes numurs",
        _D.PAYMENT,
        ("Bank account", "Rachunek bankowy", "Pangakonto", "Bankas konts"),
        types=_CODES,
    ),
    Concept(
        "name",
        "first name|fname|given name|forename|last name|lname|surname|family name|middle name|"
        "maiden name|full name|fullname|display name|nickname|nick|username|user name|login name|"
        "contact name|customer name|client name|sender name|recipient name|payer name|payee|"
        "cardholder|holder name|bill to|ship to|imie|imiona|nazwisko|imie nazwisko|imie i nazwisko|"
        "eesnimi|perekonnanimi|perenimi|kasutajanimi|kontaktisik|vards|uzvards|vards uzvards|"
        "lietotajvards|kontaktpersona|salutation|initials",
        _D.IDENTIFICATION,
        ("Name", "Imię i nazwisko", "Nimi", "Vārds un uzvārds"),
        mask=Mask.NAME,
    ),
    Concept(
        "birth",
        "birth|birthday|birthdate|birth date|born|born on|dob|date of birth|year of birth|"
        "birth year|data urodzenia|urodzony|rok urodzenia|synniaeg|sunniaeg|synnikuupaev|"
        "sunnikuupaev|dzimsanas|dzimsanas datums|dzimis",
        _D.IDENTIFICATION,
        ("Date of birth", "Data urodzenia", "Sünniaeg", "Dzimšanas datums"),
        types=_DAYS | {ColumnType.INTEGER},
    ),
    Concept(
        "personal_trait",
        "gender|sex|age|nationality|citizenship|marital status|marital|plec|wiek|obywatelstwo|"
        "sugu|vanus|kodakondsus|dzimums|vecums|pilsoniba|photo|avatar|zdjecie|foto",
        _D.IDENTIFICATION,
        ("About the person", "O osobie", "Isiku kohta", "Par personu"),
        types=_ALL,
    ),
    Concept(
        "address",
        "address|addr|address line|addr1|addr2|street|street address|house|house number|apartment|"
        "flat|zip|zip code|zipcode|postcode|post code|postal|postal code|adres|ulica|nr domu|"
        "nr mieszkania|kod pocztowy|aadress|tanav|maja|korter|postiindeks|sihtnumber|adrese|iela|"
        "dzivoklis|pasta indekss",
        _D.CONTACT,
        ("Address", "Adres", "Aadress", "Adrese"),
        types=_CODES | {ColumnType.JSON},
    ),
    Concept(
        "location",
        "lat|lon|lng|latitude|longitude|gps|geo|geolocation|coordinates|location|whereabouts|"
        "polozenie|wspolrzedne|asukoht|koordinaadid|atrasanas vieta|koordinatas",
        _D.LOCATION,
        ("Place", "Miejsce", "Asukoht", "Vieta"),
        weak=True,
        types=_PLACES | {ColumnType.JSON, ColumnType.BINARY},
    ),
    Concept(
        "device",
        "user agent|useragent|browser|cookie|cookie id|device id|deviceid|device|fingerprint|imei|"
        "imsi|mac|mac address|session id|session key|advertising id|idfa|gaid|client id",
        _D.ONLINE,
        ("Device", "Urządzenie", "Seade", "Ierīce"),
        types=_TEXTS | {ColumnType.UUID, ColumnType.JSON},
    ),
    Concept(
        "recording",
        "recording|audio|voice|voicemail|nagranie|salvestis|kone salvestis|sarunas ieraksts|"
        "video recording",
        _D.RECORDING,
        ("Recording", "Nagranie", "Salvestis", "Ieraksts"),
        types=_TEXTS | {ColumnType.BINARY},
    ),
    Concept(
        "content",
        "message|body|comment|comments|note|notes|remark|remarks|answer|question|transcript|"
        "feedback|review|text|content|subject|description of person|tresc|uwagi|notatka|notatki|"
        "komentarz|wiadomosc|odpowiedz|sisu|markus|markused|kommentaar|sonum|vastus|saturs|"
        "teksts|piezime|piezimes|komentars|zinojums|atbilde",
        _D.CONTENT,
        ("Text", "Treść", "Tekst", "Teksts"),
        weak=True,
        types=_TEXTS | {ColumnType.JSON},
    ),
    Concept(
        "plain_name",
        "name|nimi|nazwa|nosaukums|who|person|author|owner",
        _D.IDENTIFICATION,
        ("Name", "Imię i nazwisko lub nazwa", "Nimi", "Vārds vai nosaukums"),
        weak=True,
        mask=Mask.NAME,
    ),
    Concept(
        "city",
        "city|town|county|state|province|region|miasto|miejscowosc|wojewodztwo|linn|maakond|"
        "pilseta|novads",
        _D.CONTACT,
        ("City", "Miejscowość", "Linn", "Pilsēta"),
        weak=True,
    ),
    Concept(
        "country",
        "country|country code|kraj|riik|riigi kood|valsts|valsts kods",
        _D.CONTACT,
        ("Country", "Kraj", "Riik", "Valsts"),
        weak=True,
    ),
    Concept(
        "language",
        "language|lang|locale|jezyk|keel|valoda",
        _D.PREFERENCES,
        ("Language", "Język", "Keel", "Valoda"),
        weak=True,
    ),
    Concept(
        "job",
        "job|job title|position|occupation|employer|salary|stanowisko|zawod|pensja|amet|ametikoht|"
        "palk|amats|alga|profesija",
        _D.OTHER,
        ("Work", "Praca", "Töö", "Darbs"),
        weak=True,
        types=_ALL,
    ),
)
BY_ID: Final[Mapping[str, Concept]] = {concept.id: concept for concept in CONCEPTS}

#: Last words by which a column speaks about another one and holds nothing of it itself.
_ABOUT_ANOTHER = (
    "id|type|kind|status|state|count|verified|confirmed|sent|at|on|date|flag|enabled|optin|"
    "optout|subscribed|version|format|template|length|size|limit"
)


def concept_of(words: tuple[str, ...], kind: ColumnType | None) -> Concept | None:
    """Return what a column of this name and type holds about people; None: nothing known."""
    found = next(
        (one for one in CONCEPTS if kind in one.types and one.is_named(words)),
        None,
    )
    speaks_about = len(words) > 1 and words[-1] in _ABOUT_ANOTHER.split("|")
    if found is None or not speaks_about or found.column_class is ColumnClass.SECRET:
        return found
    # "born on" and "device id" are themselves; "email id", "phone type" are about another column.
    whole = any(" ".join(words).endswith(one) for one in found.patterns.split("|") if " " in one)
    return found if whole or not found.is_named(words[:-1]) else None
