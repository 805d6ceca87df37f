"""E-mail addresses and phone numbers in one spelling each, so that two spellings compare equal.

Pure functions. The sentences of the errors never hold the value: it is personal data.
"""

import phonenumbers
from email_validator import EmailNotValidError, validate_email

#: What people put between the digits of a phone number; removed before digits are compared.
PHONE_SEPARATORS = (
    *(" ", "\u00a0", "\u202f", "\u2009", "\t"),
    *("-", "\u2011", "\u2013", ".", "(", ")", "/"),
)


class InvalidEmail(ValueError):
    """The text is no e-mail address."""


class InvalidPhone(ValueError):
    """The text is no phone number that exists in the numbering plan of its country."""


def normalise_email(text: str) -> str:
    """Return the address in lower case, its domain in Unicode form; raise InvalidEmail.

    The local part is lowered too: providers that tell cases apart are not met in practice, and
    two rows of one person must not be taken for two people. Nothing is looked up.
    """
    try:
        checked = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise InvalidEmail(
            "This is not a complete e-mail address. It looks like name@example.com."
        ) from None
    return checked.normalized.lower()


def email_spellings(email: str) -> tuple[str, ...]:
    """Return the lower-case forms a source may hold of a normalised address.

    A domain with letters beyond ASCII is also stored in its encoded form (xn--…).
    """
    checked = validate_email(email, check_deliverability=False, test_environment=True)
    forms = (email, f"{checked.local_part}@{checked.ascii_domain}".lower())
    return tuple(dict.fromkeys(forms))


def normalise_phone(text: str, *, region: str | None) -> str:
    """Return the number in E.164, as in +48601234567; raise InvalidPhone.

    `region` (ISO 3166, two letters) is the country of a number written without + or 00. Without
    it such a number is refused: guessing the country could name somebody else.
    """
    compact = "".join(text.split())
    attempts = [(compact, region.upper() if region else None)]
    if compact.startswith("00"):  # dialled abroad like this in Europe, whatever the region's way
        attempts.append(("+" + compact[2:], None))
    for written, country in attempts:
        number = _parsed(written, country)
        if number is not None:
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise InvalidPhone(
        "This is not a complete phone number. Write it with its country code, as in "
        "+48 601 234 567."
    )


def _parsed(written: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def phone_spellings(e164: str, *, region: str | None) -> tuple[str, ...]:
    """Return how a source may hold this number once PHONE_SEPARATORS are removed.

    International forms always; the national ones only for a `region` in which they are read as
    this very number. Raises InvalidPhone for what is not a number in E.164.
    """
    number = phonenumbers.parse(normalise_phone(e164, region=None))
    code = str(number.country_code)
    national = phonenumbers.national_significant_number(number)
    trunk = phonenumbers.ndd_prefix_for_region(
        phonenumbers.region_code_for_number(number) or "ZZ", strip_non_digits=True
    )
    bodies = [code + national]
    if trunk == "0" and not national.startswith("0"):
        bodies.append(f"{code}0{national}")  # as in +44 (0)20 …
    spellings = [prefix + body for body in bodies for prefix in ("+", "00")]
    if region is None:
        return tuple(spellings + bodies)
    spellings += [one for one in bodies if _reads_as(one, region) in {e164, None}]
    bare = [national, *([trunk + national] if trunk else [])]
    spellings += [one for one in bare if _reads_as(one, region) == e164]
    return tuple(dict.fromkeys(spellings))


def phone_region(e164: str) -> str | None:
    """Return the country (ISO 3166) of a number in E.164; None for one of no single country."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(e164))
    return None if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY else region


def normalise_customer_number(text: str) -> str:
    """Return the number as it is compared: capitals, without spaces around it."""
    return text.strip().upper()


def _reads_as(spelling: str, region: str) -> str | None:
    try:
        return normalise_phone(spelling, region=region)
    except InvalidPhone:
        return None
