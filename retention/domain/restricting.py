"""Restriction of processing (GDPR Art. 18): why, and what it covers."""

from enum import StrEnum


class Reason(StrEnum):
    """Art. 18(1)(a)-(d), and a consent that was withdrawn."""

    ACCURACY = "accuracy"  # (a) the person contests the accuracy, while it is checked
    UNLAWFUL = "unlawful"  # (b) the processing is unlawful and the person does not want erasure
    CLAIM = "claim"  # (c) we need it no more, the person does for a legal claim
    OBJECTION = "objection"  # (d) an objection is being weighed
    CONSENT = "consent"  # Art. 7(3): the consent is withdrawn
