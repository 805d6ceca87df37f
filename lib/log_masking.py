"""Takes one-time links out of log lines: whoever reads the log must not be able to use them."""

import logging
import re

_LINK = re.compile(r"(/(?:link|password/new)/)[^/\s\"']{8,}")


class MaskLinks(logging.Filter):
    """Replaces the secret part of an address by dots, in the message and its arguments."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        masked = _LINK.sub(r"\1•••", text)
        if masked != text:
            record.msg, record.args = masked, ()
        return True
