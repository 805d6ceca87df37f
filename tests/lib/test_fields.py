"""On a model of their own, so that every option of the fields is tried."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.core.serializers import serialize
from django.db import connection, models
from django.test.utils import isolate_apps
from psycopg2 import sql

from lib.encryption import UnsealError, unseal
from lib.fields import EncryptedJSONField, EncryptedTextField

pytestmark = pytest.mark.django_db


@pytest.fixture
def note() -> Iterator[Any]:
    with isolate_apps("lib"):

        class Note(models.Model):
            text = EncryptedTextField(blank=True)
            title = EncryptedTextField(null=True)
            greeting = EncryptedTextField(default="Tere")
            moved = EncryptedTextField(blank=True, context="lib.note.text")
            data = EncryptedJSONField(default=dict)
            extra = EncryptedJSONField(null=True, blank=True)

            class Meta:
                app_label = "lib"

        with connection.schema_editor() as editor:
            editor.create_model(Note)
        yield Note


def stored(note: Any, column: str) -> bytes | None:
    with connection.cursor() as cursor:
        query = sql.SQL("SELECT {} FROM lib_note WHERE id = %s").format(sql.Identifier(column))
        cursor.execute(query, [note.pk])
        row = cursor.fetchone()
    assert row is not None
    return None if row[0] is None else bytes(row[0])


def test_text_is_sealed_in_the_database_and_plain_in_python(note: Any) -> None:
    row = note.objects.create(text="Zażółć gęślą jaźń")

    row.refresh_from_db()

    assert row.text == "Zażółć gęślą jaźń"
    token = stored(row, "text")
    assert token is not None
    assert unseal(token, context="lib.note.text") == "Zażółć gęślą jaźń".encode()


def test_empty_text_stays_empty_and_null_stays_null(note: Any) -> None:
    row = note.objects.create()

    row.refresh_from_db()

    assert (row.text, row.title, row.greeting) == ("", None, "Tere")
    assert stored(row, "text") == b""
    assert stored(row, "title") is None


@pytest.mark.parametrize("value", [{}, [], {"ā": [1, None, True]}, "text", 0, False])
def test_json_comes_back_equal(note: Any, value: object) -> None:
    row = note.objects.create(data=value)

    row.refresh_from_db()

    assert row.data == value
    assert row.extra is None
    assert stored(row, "extra") is None


def test_json_default_is_a_new_object_each_time(note: Any) -> None:
    first, second = note(), note()
    first.data["a"] = 1

    assert second.data == {}


def test_json_not_a_number_is_refused(note: Any) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        note.objects.create(data=float("nan"))


def test_update_seals_too(note: Any) -> None:
    row = note.objects.create(text="before")

    note.objects.filter(pk=row.pk).update(text="after")
    note.objects.bulk_update([note(pk=row.pk, data={"a": 1})], ["data"])

    row.refresh_from_db()
    assert (row.text, row.data) == ("after", {"a": 1})


def test_token_copied_to_another_column_does_not_open(note: Any) -> None:
    row = note.objects.create(text="Kadri", greeting="Tere")
    note.objects.filter(pk=row.pk).update(greeting=models.F("text"))

    with pytest.raises(UnsealError):
        note.objects.get(pk=row.pk)


def test_context_keeps_a_renamed_field_readable(note: Any) -> None:
    row = note.objects.create(text="Kadri")
    note.objects.filter(pk=row.pk).update(moved=models.F("text"))

    assert note.objects.get(pk=row.pk).moved == "Kadri"


@pytest.mark.parametrize("lookup", ["text", "text__contains", "data", "text__in", "text__gt"])
def test_lookup_by_value_is_refused(note: Any, lookup: str) -> None:
    with pytest.raises(FieldError):
        note.objects.filter(**{lookup: "Kadri"})


def test_lookup_by_null_works(note: Any) -> None:
    row = note.objects.create()

    assert note.objects.filter(title__isnull=True).get() == row
    assert not note.objects.filter(text__isnull=True).exists()


def test_serialising_is_refused(note: Any) -> None:
    with pytest.raises(NotImplementedError, match=r"lib\.note\.text"):
        serialize("json", [note.objects.create(text="Kadri")])


def test_full_clean_requires_what_is_not_blank(note: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        note(text="", title="", greeting="").full_clean()

    assert set(refusal.value.message_dict) == {"title", "greeting"}


def test_deconstruct_gives_the_options_back(note: Any) -> None:
    fields = note._meta.get_fields()  # noqa: SLF001 (Django's public name)
    by_name = {field.name: field.deconstruct() for field in fields}

    assert by_name["text"][1:] == ("lib.fields.EncryptedTextField", [], {"blank": True})
    assert by_name["moved"][3] == {"blank": True, "context": "lib.note.text"}
    assert by_name["data"][3] == {"default": dict}
    hidden = EncryptedTextField(editable=False)
    assert hidden.deconstruct()[3] == {"editable": False}
