"""The correspondence about a request: what the person writes at the portal, and staff at the desk.

Each post is announced to the other side by mail, without a word of it. Posting is open in every
state of a case: whoever has been answered may still have something to say.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from audit.domain.actor import Actor
from lib.refusals import Refusal
from requests_portal.models import Attachment, Case, Post
from requests_portal.services.attaching import Upload, keep
from requests_portal.services.mails import send_new_post
from requests_portal.services.thread_mails import tell_staff
from requests_portal.services.trail import record_on_case

#: The same words of the same author within this time are a second tap on the button.
_SECOND_TAP = timedelta(minutes=1)
#: Posts that a page shows; the earlier ones are folded away.
_SHOWN_AT_ONCE = 5


class NothingWritten(Refusal):
    """A post needs words or files."""


def post_by_person(*, case: Case, words: str, at: datetime, files: Sequence[Upload] = ()) -> Post:
    """Add what the person writes, and tell whoever works on the case. Raises NothingWritten."""
    with transaction.atomic():
        post, is_new = _post(case, words=words, files=files, author=None, at=at)
        if is_new:
            record_on_case("post.received", by=Actor.person(), at=at, case_id=case.id)
            tell_staff(case=post.case, at=at)
    return post


def post_by_staff(
    *, case: Case, words: str, by: User, at: datetime, files: Sequence[Upload] = ()
) -> Post:
    """Add what a member of staff writes, and tell the person. Raises NothingWritten."""
    with transaction.atomic():
        post, is_new = _post(case, words=words, files=files, author=by, at=at)
        if is_new:
            record_on_case("post.sent", by=Actor.staff(by.pk), at=at, case_id=case.id)
    return post


def _post(
    case: Case, *, words: str, files: Sequence[Upload], author: User | None, at: datetime
) -> tuple[Post, bool]:
    """Add one post to a locked case, or return the one that a second tap repeats."""
    if not words.strip() and not files:
        raise NothingWritten("Write your message.")
    locked = Case.objects.select_for_update(no_key=True).get(id=case.id)
    latest = locked.posts.filter(author=author, at__gt=at - _SECOND_TAP).last()
    if latest is not None and _says(latest, words, files):
        return latest, False
    message = send_new_post(case=locked, words=words, at=at) if author else None
    post = Post.objects.create(case=locked, author=author, words=words, at=at, message=message)
    for kept in keep(files, blob_kind="attachment", at=at):
        Attachment.objects.create(post=post, **kept)
    return post, True


def _says(post: Post, words: str, files: Sequence[Upload]) -> bool:
    sent = [(one.checked.name, one.checked.size) for one in files]
    return post.words == words and sent == [(a.name, a.size) for a in post.attachments.all()]


def attachment_of(case: Case, attachment_id: int) -> Attachment | None:
    return (
        Attachment.objects.select_related("blob", "post")
        .filter(post__case=case, pk=attachment_id)
        .first()
    )


def note_look(*, case: Case, attachment: Attachment, by: User, at: datetime) -> None:
    """Record that a member of staff looks at a file the person sent; their own is no event."""
    if attachment.post.author_id is None:
        with transaction.atomic():
            record_on_case(
                "attachment.viewed",
                by=Actor.staff(by.pk),
                at=at,
                case_id=case.id,
                data={"attachment": attachment.pk},
            )


def note_read_by_staff(*, case: Case, upto: int, by: User, at: datetime) -> int:
    """Mark the person's posts up to the key `upto` as read; return how many were new.

    What came after the page was shown stays unread.
    """
    with transaction.atomic():
        unread = case.posts.filter(author__isnull=True, read_at__isnull=True, pk__lte=upto)
        read = unread.update(read_at=at, read_by=by)
        if read:
            record_on_case(
                "post.read",
                by=Actor.staff(by.pk),
                at=at,
                case_id=case.id,
                data={"posts": read},
            )
    return read


def note_read_by_person(*, case: Case, at: datetime) -> int:
    """Mark the posts of staff as read, now that the person sees them; return how many were new."""
    with transaction.atomic():
        read = case.posts.filter(author__isnull=False, read_at__isnull=True).update(read_at=at)
        if read:
            record_on_case(
                "post.seen", by=Actor.person(), at=at, case_id=case.id, data={"posts": read}
            )
    return read


def posts_of(case: Case) -> list[Post]:
    """Return the thread, oldest first, with what hangs on it."""
    return list(
        case.posts.select_related("author", "read_by", "message")
        .defer("message__to", "message__subject", "message__text", "message__html")
        .prefetch_related("attachments")
    )


def folded(posts: list[Post], *, keep: int) -> tuple[list[Post], list[Post]]:
    """Split a thread into the earlier posts and the latest, of which at least `keep`."""
    shown = max(keep, _SHOWN_AT_ONCE)
    return posts[:-shown], posts[-shown:]
