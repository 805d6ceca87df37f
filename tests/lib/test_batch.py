import io
import sys
from pathlib import Path

import pytest

from lib.batch import RefusedItem, UnreadableBatch, check_keys, read_batch


def test_read_batch_returns_the_list(tmp_path: Path) -> None:
    file = tmp_path / "batch.json"
    file.write_text('\ufeff[{"a": 1}, null]', encoding="utf-8")

    assert read_batch(str(file)) == [{"a": 1}, None]


def test_read_batch_reads_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[1]")))

    assert read_batch("-") == [1]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not valid JSON in UTF-8."),
        (b"[1,", "is not valid JSON in UTF-8."),
        (b"[\xff]", "is not valid JSON in UTF-8."),
        (b"[" * 200_000, "is not valid JSON in UTF-8."),
        (b"[" + b"9" * 5000 + b"]", "is not valid JSON in UTF-8."),
        (b'{"received_at": 1}', "must be a JSON list."),
        (b"null", "must be a JSON list."),
    ],
)
def test_read_batch_refuses_what_is_no_list(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "batch.json"
    file.write_bytes(content)

    with pytest.raises(UnreadableBatch) as refusal:
        read_batch(str(file))

    assert str(refusal.value).startswith("The batch ")
    assert str(refusal.value).endswith(sentence)
    assert "\n" not in str(refusal.value)


def test_read_batch_refuses_a_missing_file_and_a_directory(tmp_path: Path) -> None:
    with pytest.raises(UnreadableBatch, match=r"cannot be read: No such file or directory\.$"):
        read_batch(str(tmp_path / "none.json"))
    with pytest.raises(UnreadableBatch, match=r"cannot be read: Is a directory\.$"):
        read_batch(str(tmp_path))


def test_check_keys_lets_remarks_pass() -> None:
    item = {"entity": "EE", "expect": {}, "note": "leap year"}

    assert check_keys(item, required=("entity",), optional=("suspensions",)) == item


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ([], "The item must be a JSON object, not []."),
        (None, "The item must be a JSON object, not None."),
        ({}, "The item needs entity."),
        (
            {"entity": "EE", "suspension": []},
            "The item has the unknown key 'suspension'; suspensions is known.",
        ),
    ],
)
def test_check_keys_refuses_what_is_missing_or_misspelt(item: object, sentence: str) -> None:
    with pytest.raises(RefusedItem) as refusal:
        check_keys(item, required=("entity",), optional=("suspensions",))

    assert str(refusal.value) == sentence
