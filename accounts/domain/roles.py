"""The five roles of the desk (privacy policy, staff and security)."""

from enum import StrEnum


class Role(StrEnum):
    HANDLER = "handler"
    DPO = "dpo"
    SECURITY = "security"
    ENGINEER = "engineer"
    AUDITOR = "auditor"


#: Whose first page after signing in is the queue of cases.
CASE_READERS = (Role.HANDLER, Role.DPO, Role.AUDITOR)
#: Who works on cases; others at most read.
CASE_WORKERS = (Role.HANDLER, Role.DPO)
#: Who may see colleagues and their sign-ins; only security officers may change them.
STAFF_READERS = (Role.SECURITY, Role.AUDITOR)
