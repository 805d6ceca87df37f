"""What is shown of somebody else."""

import pytest

from datamap.domain.masking import masked
from datamap.domain.vocabulary import Mask


@pytest.mark.parametrize(
    ("value", "mask", "region", "expected"),
    [
        ("+48 601 234 567", Mask.PHONE, None, "+48•••67"),
        ("0037251234567", Mask.PHONE, None, "+372•••67"),
        ("601234567", Mask.PHONE, "PL", "+48•••67"),
        ("601234567", Mask.PHONE, None, "•••67"),
        ("00 372 5123 4567", Mask.PHONE, "PL", "+372•••67"),
        ("+999 123 456", Mask.PHONE, None, "•••56"),
        ("112", Mask.PHONE, "PL", "•••"),
        ("anonymous", Mask.PHONE, "PL", "•••"),
        ("anna@example.pl", Mask.EMAIL, None, "a•••@example.pl"),
        ("anna", Mask.EMAIL, None, "•••"),
        ("@example.pl", Mask.EMAIL, None, "•••"),
        ("anna  maria Nowak", Mask.NAME, None, "A. M. N."),
        (" ", Mask.NAME, None, "•••"),
        ("anything", Mask.ALL, None, "•••"),
        (4711, Mask.PHONE, None, "•••"),
        (None, Mask.ALL, None, None),
    ],
)
def test_masked(value: object, mask: Mask, region: str | None, expected: str | None) -> None:
    assert masked(value, mask, region=region) == expected
