"""The correspondence as the case page shows it."""

from collections.abc import Mapping
from typing import Any

from django.forms import Form

from accounts.models import User
from requests_portal.forms.thread import PostForm
from requests_portal.models import Case
from requests_portal.services.thread import folded, posts_of


def thread_panel(case: Case, _user: User, _forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return the thread, folded but for what is new, and the form for a message."""
    posts = posts_of(case)
    unread = [one for one in posts if one.author is None and one.read_at is None]
    earlier, latest = folded(posts, keep=len(unread))
    upto = posts[-1].pk if posts else 0
    return {
        "earlier_posts": earlier,
        "latest_posts": latest,
        "unread_posts": len(unread),
        "upto": upto,
        "post_form": PostForm(initial={"upto": upto}, auto_id="id_post_%s"),
    }
