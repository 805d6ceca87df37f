"""The five roles of the desk (domain.md, Staff and security)."""

from enum import StrEnum


class Role(StrEnum):
    HANDLER = "handler"
    DPO = "dpo"
    SECURITY = "security"
    ENGINEER = "engineer"
    AUDITOR = "auditor"
