"""Certificates: what they say, who may take them, and that a change to one is noticed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader
from pytest_django import Settings

from accounts.domain.roles import Role
from audit.models import Event
from retention.domain.certificate_keys import (
    BadKey,
    NotCertified,
    SigningKey,
    key_id,
    verified,
)
from retention.domain.certificates import canonical
from retention.domain.purge_stages import RunState
from retention.models import Certificate, PurgeRun
from retention.services.certificates import public_keys
from retention.services.purge_runs import start_run
from retention.services.purge_steering import end_run
from tests.retention.conftest import NOW, Sources
from tests.retention.test_purge_pages import client_of
from tests.retention.test_purge_runs import BY, filled, run_of

KEY = SigningKey("a secret of this test")
ROOT = Path(__file__).resolve().parents[2]
CONTENT = {
    "kind": "apifonica-privacy/purge-certificate",
    "version": 1,
    "run": "7f9c",
    "state": "done",
    "finished_at": "2026-06-01T00:10:00Z",
    "totals": {"due": 5, "erased": 5, "held": 0, "left": 0, "failed": 0, "not_searched": 0},
}


@pytest.fixture
def ended(sources: Sources) -> PurgeRun:
    filled(sources, rows=600)
    return run_of()


def test_a_run_that_ends_has_a_certificate_that_holds_its_numbers(ended: PurgeRun) -> None:
    content = verified(ended.certificate.document, trusted=list(public_keys().values()))
    assert (content["run"], content["state"]) == (str(ended.pk), ended.state)
    assert (content["rules"], content["data_map"]) == (
        ended.rules_hash,
        ended.map_version.hash,
    )
    tables = {(one["resource"], one["table"]): one for one in content["tables"]}
    stored = ended.tables.all()
    assert len(tables) == len(stored) > 1
    for one in stored:
        told = tables[one.resource_id, one.table_name]
        assert (told["planned"]["due"], told["erased"], told["left"], told["status"]) == (
            one.due,
            one.erased,
            one.left,
            one.status,
        )
    event = Event.objects.get(verb="purge.ended")
    assert len(event.data["certificate_sha256"]) == 64


def test_a_run_that_somebody_ends_is_certified_as_that(sources: Sources) -> None:
    filled(sources, rows=600)
    run = start_run(by=BY, at=NOW)
    end_run(run=run, by=BY, at=NOW)
    content = json.loads(Certificate.objects.get(run=run).document)["certificate"]
    assert content["state"] == RunState.ENDED
    assert content["totals"]["not_searched"] == run.tables.count()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE retention_certificate SET document = 'other'",
        "DELETE FROM retention_certificate",
        # What is still to be checked at the end of a transaction forbids it too.
        "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE retention_certificate",
        "SET LOCAL session_replication_role = replica; DELETE FROM retention_certificate",
    ],
)
@pytest.mark.usefixtures("ended")
def test_the_database_refuses_to_change_a_certificate(statement: str) -> None:
    refused = pytest.raises(DatabaseError, match="a certificate is evidence")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# --- taking it along -----------------------------------------------------------------------------
def test_the_auditor_takes_both_forms(ended: PurgeRun) -> None:
    client = client_of(Role.AUDITOR)
    page = client.get(f"/staff/purges/{ended.pk}/").content.decode()
    file, paper = (
        reverse("certificates:certificate-download", args=[ended.pk, form])
        for form in ("json", "pdf")
    )
    assert file in page
    assert paper in page

    taken = client.get(file)
    assert taken.content.decode() == ended.certificate.document
    assert "attachment" in taken.headers["Content-Disposition"]
    made = client.get(paper)
    assert made.content.startswith(b"%PDF-")
    assert Event.objects.filter(verb="purge_certificate.downloaded").count() == 2


def test_the_paper_names_tables_and_signature(ended: PurgeRun, tmp_path: Path) -> None:
    client = client_of(Role.DPO)
    made = client.get(reverse("certificates:certificate-download", args=[ended.pk, "pdf"]))
    (tmp_path / "paper.pdf").write_bytes(made.content)
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "paper.pdf").pages)
    assert "Certificate of erasure" in text
    assert "crm: notes" in text
    assert ended.certificate.key in text


def test_a_handler_and_a_stranger_get_no_certificate(ended: PurgeRun) -> None:
    address = reverse("certificates:certificate-download", args=[ended.pk, "json"])
    assert client_of(Role.HANDLER).get(address).status_code == 403
    assert Client().get(address).status_code == 302
    assert client_of(Role.DPO).get(address.replace(".json", ".xml")).status_code == 404


def test_a_run_under_way_has_none(sources: Sources) -> None:
    filled(sources, rows=600)
    run = start_run(by=BY, at=NOW)
    client = client_of(Role.DPO)
    address = reverse("certificates:certificate-download", args=[run.pk, "json"])
    assert client.get(address).status_code == 404
    assert "To read (PDF)" not in client.get(f"/staff/purges/{run.pk}/").content.decode()


@pytest.mark.django_db
def test_anybody_sees_the_public_keys_and_no_secret(settings: Settings) -> None:
    settings.CERTIFICATE_PUBLIC_KEYS = [KEY.public]
    told = Client().get("/certificates/keys.json")
    assert [one["public_key"] for one in told.json()["keys"]] == [
        SigningKey(settings.CERTIFICATE_KEY).public,
        KEY.public,
    ]
    assert settings.CERTIFICATE_KEY not in told.content.decode()


# --- checking it ---------------------------------------------------------------------------------
def test_the_canonical_form_knows_no_order_and_no_blanks() -> None:
    assert canonical({"b": 1, "a": {"ż": None}}) == '{"a":{"ż":null},"b":1}'.encode()


def test_a_signed_file_is_what_was_signed() -> None:
    assert verified(KEY.sign(CONTENT), trusted=[KEY.public]) == CONTENT
    compact = json.dumps(json.loads(KEY.sign(CONTENT)))
    assert verified(compact, trusted=[SigningKey("other").public, KEY.public]) == CONTENT


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"erased": 5', '"erased": 6', "altered"),
        ('"left": 0', '"left": 0, "left": 0', "no certificate"),
        ('"Ed25519"', '"none"', "no certificate"),
        ('"version": 1', '"version": 2', "version"),
        ('"kind"', '"kinds"', "no certificate"),
        ('"value": "', '"value": "A', "altered"),
        (f'"key": "{key_id(KEY.public)}"', '"key": "0123456789abcdef"', "not trusted"),
    ],
)
def test_whatever_is_changed_is_noticed(old: str, new: str, why: str) -> None:
    signed = KEY.sign(CONTENT)
    assert old in signed
    with pytest.raises(NotCertified, match=why):
        verified(signed.replace(old, new), trusted=[KEY.public])


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"certificate":1,"signature":2}', "[[["])
def test_what_is_no_certificate_is_told_so(text: str) -> None:
    with pytest.raises(NotCertified, match="no certificate"):
        verified(text, trusted=[KEY.public])


def test_a_key_of_another_is_not_trusted_by_its_name_in_the_file() -> None:
    forged = SigningKey("forger").sign(CONTENT)
    with pytest.raises(NotCertified, match="not trusted"):
        verified(forged, trusted=[KEY.public])
    named = forged.replace(key_id(SigningKey("forger").public), key_id(KEY.public))
    with pytest.raises(NotCertified, match="altered"):
        verified(named, trusted=[KEY.public])


@pytest.mark.parametrize("text", ["", "abc", "AAAA", "ü" * 44])
def test_a_bad_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        key_id(text)


def _command(*given: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command where no database and no server can be reached."""
    nowhere = "127.0.0.1:1"
    env = {
        **os.environ,
        "DATABASE_URL": f"postgres://nobody:x@{nowhere}/none",
        "REDIS_URL": f"redis://{nowhere}/0",
        "DJANGO_SETTINGS_MODULE": "apifonica_privacy.settings",
        "DEMO": "true",
    }
    command = [sys.executable, ROOT / "manage.py", "verify_certificate", *given]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def test_the_command_checks_a_file_without_a_database(tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    file.write_text(KEY.sign(CONTENT))
    valid = _command(file, "--key", KEY.public)
    assert (valid.returncode, valid.stderr) == (0, "")
    assert "is valid" in valid.stdout
    assert "Rows due 5, erased 5, held back 0, left 0." in valid.stdout

    file.write_text(KEY.sign(CONTENT).replace('"erased": 5', '"erased": 4'))
    altered = _command(file, "--key", KEY.public)
    assert altered.returncode == 1
    assert "NOT valid. It was altered" in altered.stderr
    assert "not trusted" in _command(file).stderr
    assert "cannot be read" in _command(tmp_path / "none.json", "--key", KEY.public).stderr
    assert "32 bytes" in _command(file, "--key", "abc").stderr
