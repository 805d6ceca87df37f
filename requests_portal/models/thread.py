"""What the person and the desk write to each other about a request."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from lib.blobs import Blob
from lib.fields import EncryptedTextField
from outbox.models import Message
from requests_portal.models.case import Case


class Post(models.Model):
    """One message: without an author it is the person's own.

    `message` is the mail that announces a post of staff; it holds none of the words. `read_at` is
    when the other side saw it, for the person's posts on the word of `read_by`.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="posts")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    words = EncryptedTextField()
    at = models.DateTimeField()
    message = models.OneToOneField(
        Message, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    read_at = models.DateTimeField(null=True, blank=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="post_of_staff_is_announced",
                condition=Q(author__isnull=True, message__isnull=True)
                | Q(author__isnull=False, message__isnull=False),
            ),
            models.CheckConstraint(
                name="post_read_by_the_other_side",
                condition=Q(read_at__isnull=True, read_by__isnull=True)
                | Q(read_at__isnull=False, author__isnull=True, read_by__isnull=False)
                | Q(read_at__isnull=False, author__isnull=False, read_by__isnull=True),
            ),
            models.CheckConstraint(
                name="post_read_after_written",
                condition=Q(read_at__isnull=True) | Q(read_at__gte=F("at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["case"],
                name="post_unread_of_person",
                condition=Q(author__isnull=True, read_at__isnull=True),
            ),
        ]
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"post on {self.case_id}"


class Attachment(models.Model):
    """A file that came with a post. `kind` is what its content is, whatever its name says."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="attachments")
    name = EncryptedTextField()
    kind = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    blob = models.OneToOneField(Blob, on_delete=models.PROTECT)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} of post {self.post_id}"
