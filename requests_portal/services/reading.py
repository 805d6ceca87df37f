"""Values as a person reads them: dates in words, yes and no, a dash for nothing.

Only what is read is changed. The files for programs keep every value as the source gave it.
"""

import json
import re
from datetime import date, datetime, tzinfo

from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from datamap.domain.vocabulary import ColumnType

NOTHING = "–"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2}(:\d{2})?)?"
)
#: Column types whose values may be days or instants; None: the map does not say.
_TEMPORAL = frozenset({None, ColumnType.DATE, ColumnType.DATETIME})


def read_value(value: object, *, column_type: ColumnType | None, zone: tzinfo) -> str:
    """Return one value of a record for reading, in the active language.

    Texts that are an ISO day or instant are written out, instants in `zone`, where the column may
    hold one. An instant without an offset is shown as it stands.
    """
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and column_type in _TEMPORAL:
        return _written_out(value, zone) or value
    return str(value)


def _written_out(text: str, zone: tzinfo) -> str | None:
    try:
        if _DAY.fullmatch(text):
            return date_format(date.fromisoformat(text))
        if _MOMENT.fullmatch(text):
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                moment = moment.astimezone(zone)
            return f"{date_format(moment.date())}, {time_format(moment.time())}"
    except (ValueError, OverflowError):
        # No such day (2023-02-30), or one at the edge of the calendar (9999-12-31): left as it is.
        return None
    return None


def own_day(moment: datetime | str | None) -> str:
    """Return the local day of an instant in its own zone, written out; empty for None.

    A retention period ends at midnight of the entity: in any other zone that is another day.
    """
    if not moment:
        return ""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return date_format(moment.date())
