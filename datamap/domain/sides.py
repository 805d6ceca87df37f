"""Whom a name speaks of: the other side of a call, a member of staff, people in general.

Words are those of English, Polish, Estonian and Latvian, as `words` gives them.
"""

from datamap.domain.words import names

#: Words for the other side of something: whom it went to, whom it names beside the person.
_OTHER_SIDE = (
    "callee|called|dialed|recipient|receiver|destination|dst|to number|to email|to name|"
    "addressee|beneficiary|payee|counterparty|spouse|partner|emergency|next of kin|parent|"
    "child|referred|referrer|friend|odbiorca|odbiorcy|adresat|saaja|vastuvotja|sanemejs|"
    "sanemeja|adresats"
)
#: Words for whoever began it: the person, unless the row also names the other side.
_FIRST_SIDE = (
    "caller|calling|sender|source|src|from number|from email|from name|originator|payer|"
    "nadawca|nadawcy|dzwoniacy|saatja|helistaja|maksja|sutitajs|sutitaja|zvanitajs|maksatajs"
)
#: Words in the name of a column that points to whoever of the staff dealt with a row.
_STAFF = (
    "created by|updated by|modified by|changed by|deleted by|approved by|handled by|assigned|"
    "assigned to|assignee|assignee id|agent|agent id|operator|operator id|handler|handler id|"
    "editor|admin|manager|manager id|supervisor|opiekun|pracownik|haldur|tootaja|darbinieks|"
    "vaditajs|reviewer|moderator"
)
_PEOPLE = (
    "customer|customers|client|clients|user|users|person|persons|people|employee|employees|"
    "staff|member|members|contact|contacts|subscriber|subscribers|patient|patients|student|"
    "students|candidate|candidates|applicant|applicants|lead|leads|guest|guests|visitor|"
    "visitors|profile|profiles|respondent|respondents|klient|klienci|uzytkownik|uzytkownicy|"
    "osoba|osoby|pracownicy|kontrahent|kontrahenci|abonent|abonenci|pacjent|pacjenci|kandydat|"
    "kandydaci|kontakt|kontakty|kliendid|kasutaja|kasutajad|isik|isikud|tootajad|kontaktid|"
    "abonendid|patsiendid|kandidaat|kandidaadid|tellija|tellijad|klients|klienti|lietotajs|"
    "lietotaji|persona|personas|darbinieki|kontakts|kontakti|abonents|abonenti|pacients|"
    "pacienti|kandidats|kandidati"
)


def is_other_side(words: tuple[str, ...]) -> bool:
    """Tell whether a column is about whom something went to."""
    return names(words, _OTHER_SIDE)


def is_first_side(words: tuple[str, ...]) -> bool:
    """Tell whether a column is about whoever began something."""
    return names(words, _FIRST_SIDE)


def is_staff(words: tuple[str, ...]) -> bool:
    """Tell whether a column points to the member of staff who dealt with a row."""
    return names(words, _STAFF)


def names_people(words: tuple[str, ...]) -> bool:
    """Tell whether a table of this name has one row for each person."""
    return names(words, _PEOPLE)
