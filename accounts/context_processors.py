"""What every page may name."""

from django.conf import settings
from django.http import HttpRequest


def product(request: HttpRequest) -> dict[str, object]:  # noqa: ARG001 (a context processor's signature)
    """Return the product's name, the officer's address, the languages, and whether it is a demo."""
    return {
        "product_name": "Apifonica Privacy",
        "dpo_email": settings.DPO_EMAIL,
        "is_demo": settings.DEMO,
        "languages": settings.LANGUAGES,
    }
