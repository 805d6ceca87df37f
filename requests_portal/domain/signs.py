"""What has to be seen of a case at a glance, beside its state. Pure."""

from enum import StrEnum


class Sign(StrEnum):
    SEARCH_FAILED = "search_failed"  # a source could not be searched
    WORK_FAILED = "work_failed"  # a correction, a package or a step of an erasure
    MAIL_FAILED = "mail_failed"
    POST_WAITING = "post_waiting"  # a letter has to be printed and posted
    OUTSIDE_WAITING = "outside_waiting"  # a controller or recipient waits for being told
    QUESTION_UNSENT = "question_unsent"  # asked, but the clock runs until the mail is sent
    QUESTION_SENT = "question_sent"
    EXTENSION_LATE = "extension_late"  # its notice left too late: it moves no date
    EXTENSION_UNSENT = "extension_unsent"
    EXTENDED = "extended"


#: Somebody has to do something about these before the work can go on.
PROBLEMS = frozenset({Sign.SEARCH_FAILED, Sign.WORK_FAILED, Sign.MAIL_FAILED})
