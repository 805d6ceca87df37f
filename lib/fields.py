"""Encrypted model fields: sealed in the database, plain text or JSON in Python.

The context of the seal is "app.model.field", so that a token copied to another column does not
open there. Renaming a model or a field changes it: pass the former name as `context=` then.
Only `isnull` can be looked up; keep a `keyed_hash` beside the field to find a row by its value.
"""

import json
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Combinable

from lib.encryption import seal, unseal

if TYPE_CHECKING:
    from django.db.models.lookups import Lookup

    _Bytes = models.BinaryField[Any, Any]
else:
    _Bytes = models.BinaryField


class _SealedField(_Bytes):
    """Stores bytea; subclasses say how a Python value becomes bytes and comes back."""

    def __init__(self, *args: Any, context: str | None = None, **kwargs: Any) -> None:  # noqa: ANN401 (Django's field options)
        self.context = context
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        if not self.editable:
            kwargs["editable"] = False
        if self.context is not None:
            kwargs["context"] = self.context
        return str(name), path, list(args), kwargs

    @property
    def seal_context(self) -> str:
        return self.context or f"{self.model._meta.label_lower}.{self.name}"  # noqa: SLF001 (Django's public name)

    def get_lookup(self, lookup_name: str) -> "type[Lookup[Any]] | None":
        """Random nonces make every comparison false; refuse it instead (FieldError)."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_db_prep_value(
        self,
        value: Any,  # noqa: ANN401 (what the model holds)
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002 (Django's signature)
    ) -> Any:  # noqa: ANN401
        sealed = None if value is None else self.sealed_from(value)
        return super().get_db_prep_value(sealed, connection, prepared)

    def from_db_value(self, value: memoryview | None, *_: object) -> Any:  # noqa: ANN401
        return None if value is None else self.value_from_sealed(bytes(value))

    def to_python(self, value: Any) -> Any:  # noqa: ANN401
        return value

    def value_to_string(self, obj: models.Model) -> str:
        """Personal data does not leave by `dumpdata`: a backup copies the sealed column."""
        raise NotImplementedError(f"{self.seal_context} is encrypted and cannot be serialised.")

    @abstractmethod
    def sealed_from(self, value: Any) -> bytes:  # noqa: ANN401
        ...

    @abstractmethod
    def value_from_sealed(self, sealed: bytes) -> Any:  # noqa: ANN401
        ...


class EncryptedTextField(_SealedField):
    """Text, sealed. The empty string stays empty bytes, so that "nothing" can be told in SQL."""

    description = "Encrypted text"
    empty_values = [None, ""]
    _pyi_private_set_type: str | Combinable
    _pyi_private_get_type: str  # type: ignore[assignment] # the base stores bytes

    def get_default(self) -> str | None:
        if self.has_default():
            return super().get_default()  # type: ignore[no-any-return]
        return None if self.null else ""

    def sealed_from(self, value: str) -> bytes:
        return seal(value.encode(), context=self.seal_context) if value else b""

    def value_from_sealed(self, sealed: bytes) -> str:
        return unseal(sealed, context=self.seal_context).decode() if sealed else ""


class EncryptedJSONField(_SealedField):
    """Any JSON value, sealed; None is SQL NULL."""

    description = "Encrypted JSON"
    empty_values = [None]
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_default(self) -> Any:  # noqa: ANN401 (any JSON value)
        return super().get_default() if self.has_default() else None

    def sealed_from(self, value: Any) -> bytes:  # noqa: ANN401
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return seal(text.encode(), context=self.seal_context)

    def value_from_sealed(self, sealed: bytes) -> Any:  # noqa: ANN401
        return json.loads(unseal(sealed, context=self.seal_context))
