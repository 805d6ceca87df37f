"""What changes staff: every change passes `services.staff`, nothing else writes users."""

from accounts.services.staff import (
    change_roles,
    create_staff,
    deactivate,
    reactivate,
)

__all__ = ["change_roles", "create_staff", "deactivate", "reactivate"]
