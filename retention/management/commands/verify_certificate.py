"""Check the certificate of a purge: without the database, and on any machine."""

from argparse import ArgumentTypeError
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from retention.domain.certificate_keys import (
    BadKey,
    NotCertified,
    SigningKey,
    key_id,
    verified,
)
from retention.domain.certificates import Content

#: No certificate is larger: more is not read.
_MOST_BYTES = 50_000_000


class Command(BaseCommand):
    """Reads one file and nothing else."""

    help = "Check the signature of a purge's certificate (a JSON file), and say what it certifies."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The certificate: a JSON file.")
        parser.add_argument(
            "--key",
            type=_public_key,
            action="append",
            metavar="BASE64",
            help="A public key to trust, as /certificates/keys.json shows it; may be repeated. "
            "Without it, those of this installation.",
        )

    def handle(self, **options: Any) -> None:
        trusted = options["key"] or [
            SigningKey(settings.CERTIFICATE_KEY).public,
            *settings.CERTIFICATE_PUBLIC_KEYS,
        ]
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                content = verified(file.read(_MOST_BYTES), trusted=trusted)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except (NotCertified, BadKey) as error:
            raise CommandError(f"{path} is NOT valid. {error}") from error
        self.stdout.write(_as_text(path, content))


def _as_text(path: Path, content: Content) -> str:
    totals = content["totals"]
    ended = datetime.fromisoformat(str(content["finished_at"]))
    lines = (
        f"{path} is valid: signed by a trusted key and unaltered.",
        f"Run {content['run']}, ended {ended:%Y-%m-%d %H:%M} UTC: {content['state']}.",
        "Rows due {due}, erased {erased}, held back {held}, left {left}.".format_map(totals),
        "Tables failed {failed}, not searched afterwards {not_searched}.".format_map(totals),
    )
    return "\n".join(lines)


def _public_key(text: str) -> str:
    try:
        key_id(text)
    except BadKey as error:
        raise ArgumentTypeError(str(error)) from error
    return text
