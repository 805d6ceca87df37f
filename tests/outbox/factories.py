"""Messages for tests."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from outbox.models import Message

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_number = count(1)


def make_message(*, at: datetime = AT, **fields: Any) -> Message:
    number = next(_number)
    values: dict[str, Any] = {
        "reference": f"case:{number}:note",
        "message_id": f"<{number}@privacy.test>",
        "to": "kadri@example.ee",
        "subject": "Teie taotlus",
        "text": "Tere!",
        "html": "<p>Tere!</p>",
        "language": "et",
        "created_at": at,
        "not_before": at,
    }
    return Message.objects.create(**(values | fields))
