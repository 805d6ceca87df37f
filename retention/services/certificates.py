"""Certificates of runs: issued as a run ends, in its transaction, and never changed.

A certificate repeats what the rows of the run say. Whoever doubts it compares the two.
"""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from retention.domain.categories import rule_for
from retention.domain.certificate_keys import SigningKey, key_id
from retention.domain.certificates import CertifiedRun, CertifiedTable, content_of
from retention.models import Certificate, PurgeRun, PurgeTable


def issue_certificate(*, run: PurgeRun, at: datetime) -> Certificate:
    """Sign what an ended run did; the same certificate again where there is one."""
    issued = Certificate.objects.filter(run=run).first()
    if issued is not None:
        return issued
    key = _signing_key()
    return Certificate.objects.create(
        run=run,
        issued_at=at,
        key=key_id(key.public),
        document=key.sign(content_of(_certified(run, ended_at=run.finished_at or at))),
    )


def public_keys() -> Mapping[str, str]:
    """Return the public keys by their short names: that of today first, then those before it."""
    keys = (_signing_key().public, *settings.CERTIFICATE_PUBLIC_KEYS)
    return {key_id(public): public for public in keys}


def _signing_key() -> SigningKey:
    return SigningKey(settings.CERTIFICATE_KEY)


def _certified(run: PurgeRun, *, ended_at: datetime) -> CertifiedRun:
    return CertifiedRun(
        run=str(run.pk),
        state=run.state,
        resource=run.resource_id,
        as_of=run.as_of,
        started_at=run.started_at,
        started_by=run.started_by,
        finished_at=ended_at,
        data_map=run.map_version.hash,
        rules=run.rules_hash,
        tables=[_certified_table(one) for one in run.tables.all()],
    )


def _certified_table(unit: PurgeTable) -> CertifiedTable:
    rule = rule_for(unit.category)
    return CertifiedTable(
        resource=unit.resource_id,
        table=unit.table_name,
        category=unit.category,
        ground=rule.ground.value,
        length=rule.length.iso if rule.length else "as agreed",
        action=unit.action,
        due_before=unit.due_before,
        rows=unit.rows,
        due=unit.due,
        held=unit.held,
        needed=unit.needed,
        no_anchor=unit.no_anchor,
        early=unit.early,
        future=unit.future,
        erased=unit.erased,
        left=unit.left,
        oldest=unit.oldest_on,
        status=unit.status,
        error=unit.error_code,
        alarms=list(unit.alarms),
        allowed_by=unit.allowed_by,
        allowed_at=unit.allowed_at,
    )
