"""Rows on their way into PostgreSQL by COPY, made while the server reads them.

Nothing is collected: the file object below holds no more than one read's worth of rows,
whatever the table's size.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

READ_SIZE = 1 << 17
Field = str | int | Decimal | date | None
Row = Sequence[Field]

_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def encode(row: Row) -> str:
    """One row in COPY's text format, with its line end."""
    return "\t".join(map(_encode_field, row)) + "\n"


def _encode_field(value: Field) -> str:
    if isinstance(value, str):
        return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPED)
    if value is None:
        return r"\N"
    return str(value)


class RowStream(io.RawIOBase):
    """A stream of rows that asks for the next one only when it is read."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._lines: Iterator[bytes] = (encode(row).encode() for row in rows)
        self._ahead = bytearray()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as there are rows; 0 when they are at an end."""
        ahead, size = self._ahead, len(buffer)
        while len(ahead) < size and (line := next(self._lines, None)) is not None:
            ahead += line
        taken = min(size, len(ahead))
        buffer[:taken] = ahead[:taken]
        del ahead[:taken]
        return taken


def row_file(rows: Iterable[Row]) -> io.BufferedReader:
    """The rows as a file for `copy_expert`; it holds no more than two buffers of them."""
    return io.BufferedReader(RowStream(rows), READ_SIZE)
