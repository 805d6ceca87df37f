"""A request of a signed-in member of staff."""

from django.http import HttpRequest

from accounts.models import User


class StaffRequest(HttpRequest):
    """What views behind `require_role` receive: `user` is a User."""

    user: User
