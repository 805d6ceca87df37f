"""Sending packages to the addresses people gave (Art. 20(2)): a worker's unit, tried again.

Safety: a worker may die after the company took the package and before that was written down; the
next try carries the same Idempotency-Key and the same digest, so that the company can tell. What is
told to staff is a code and a status, never the address, which may hold a secret of its own.
"""

import base64
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from audit.domain.actor import Actor
from lib.blobs import open_blob
from lib.faults import log_fault
from lib.units import LeaseLost, backoff, claim_next, extend_lease, fail, finish
from requests_portal.connectors.https_push import NotAccepted, Trust, push
from requests_portal.domain.addresses import UnusableAddress, WebAddress, web_address
from requests_portal.models import Package, PortingWish, Transfer
from requests_portal.services.handing_over import conclude_transfer
from requests_portal.services.trail import record_on_case

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
#: Longer than a server may take to answer once everything is sent.
LEASE = timedelta(minutes=5)
#: With `backoff`, the last try lies some 17 hours after the first.
MAX_ATTEMPTS = 12
_WORKER = Actor.system("transfers")


def push_next(*, clock: Clock) -> bool:
    """Send one package that is due; False when there was nothing to do."""
    transfer = claim_next(Transfer.objects.all(), at=clock(), lease=LEASE)
    if transfer is None:
        return False
    try:
        status = _send(transfer, clock=clock)
        with transaction.atomic():
            at = clock()
            finish(transfer, at=at, also={"answer_status": status})
            conclude_transfer(transfer, at=at)
            record_on_case(
                "transfer.done",
                by=_WORKER,
                at=at,
                case_id=transfer.case_id,
                data={"attempt": transfer.attempts, "status": status},
            )
    except LeaseLost:
        logger.info("transfer %s is in other hands now", transfer.pk)
    except NotAccepted as refused:
        _give_back(transfer, refused, at=clock())
    except Exception as error:  # noqa: BLE001 (whatever it was, the transfer must not be lost)
        log_fault(logger, f"transfer {transfer.pk}", error)
        _give_back(transfer, NotAccepted("internal", may_pass=True), at=clock())
    return True


def trust() -> Trust:
    """Return what the settings allow beyond the open internet and its certificates."""
    return Trust(
        private_hosts=tuple(settings.TRANSFER_PRIVATE_HOSTS),
        authorities=settings.TRANSFER_CA_FILE,
    )


def _give_back(transfer: Transfer, refused: NotAccepted, *, at: datetime) -> None:
    is_last = not refused.may_pass or transfer.attempts >= MAX_ATTEMPTS
    with suppress(LeaseLost), transaction.atomic():
        fail(
            transfer,
            at=at,
            code=refused.code,
            text="",
            retry_at=None if is_last else at + backoff(transfer.attempts),
        )
        Transfer.objects.filter(pk=transfer.pk).update(answer_status=refused.status)
        record_on_case(
            "transfer.failed",
            by=_WORKER,
            at=at,
            case_id=transfer.case_id,
            data={"attempt": transfer.attempts, "code": refused.code, "status": refused.status},
        )


def _send(transfer: Transfer, *, clock: Clock) -> int:
    if transfer.attempts > MAX_ATTEMPTS:  # its worker died every time, so nobody gave it back
        raise NotAccepted("interrupted_here")
    package = Package.objects.select_related("blob", "case").get(case_id=transfer.case_id)
    extend_lease(transfer, at=clock(), lease=LEASE)
    Transfer.objects.filter(pk=transfer.pk).update(bytes_sent=0)

    def tick(sent: int) -> None:
        with transaction.atomic():
            extend_lease(transfer, at=clock(), lease=LEASE)
            Transfer.objects.filter(pk=transfer.pk).update(bytes_sent=F("bytes_sent") + sent)

    return push(
        _address(transfer),
        body=_content(package),
        headers=_headers(transfer, package),
        trust=trust(),
        tick=tick,
    )


def _address(transfer: Transfer) -> WebAddress:
    wish = PortingWish.objects.get(case_id=transfer.case_id)
    try:
        return web_address(wish.url, known_hosts=settings.TRANSFER_PRIVATE_HOSTS)
    except UnusableAddress as error:
        raise NotAccepted("address") from error


def _content(package: Package) -> Iterator[bytes]:
    if package.blob is None:
        raise NotAccepted("internal")
    yield from open_blob(package.blob)


def repr_digest(package: Package) -> str:
    """Return the digest of a package as a header has it (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(package.sha256)).decode()}:"


def _headers(transfer: Transfer, package: Package) -> dict[str, str]:
    """Return the headers; the key is one value for all tries."""
    return {
        "Content-Type": "application/zip",
        "Content-Length": str(package.size),
        "Content-Disposition": f'attachment; filename="{package.case.reference}.zip"',
        "Repr-Digest": repr_digest(package),
        "Idempotency-Key": f'"{transfer.pk}"',
        "Case-Reference": package.case.reference,
        "User-Agent": "Apifonica-Privacy",
    }
