"""The correspondence: each side is told by mail without the words, and nobody is overheard."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.domain.roles import Role
from accounts.models import User
from audit.domain.actor import Actor
from audit.queries import events_of
from lib.blobs import Blob, open_blob
from outbox.models import Message
from requests_portal.domain.attachments import download_name
from requests_portal.domain.files import FileKind
from requests_portal.domain.lifecycle import State
from requests_portal.models import Attachment, Case, Post
from requests_portal.services.attaching import TooManyFiles, Upload, check_uploads
from requests_portal.services.cases import assign, receive_case
from requests_portal.services.links import issue_link
from requests_portal.services.queue import queue, queue_counts
from requests_portal.services.thread import (
    NothingWritten,
    folded,
    note_read_by_person,
    note_read_by_staff,
    post_by_person,
    post_by_staff,
    posts_of,
)
from requests_portal.services.withdrawing import withdraw_request
from tests.accounts.factories import make_user
from tests.requests_portal.conftest import NOW, intake
from tests.requests_portal.test_files import PDF, picture

PNG = picture("PNG")
LATER = NOW + timedelta(hours=1)
WORDS = "My daughter’s number is in there too: +372 5123 4567."


def told(case: Case) -> list[Message]:
    """The mails to staff about this case, oldest first."""
    return list(Message.objects.filter(reference=f"thread:{case.id}").order_by("pk"))


def is_read(post: Post) -> bool:
    return Post.objects.filter(pk=post.pk, read_at__isnull=False).exists()


def verbs(case: Case) -> list[str]:
    return [one.verb for one in events_of("case", str(case.id)).order_by("id")][1:]


# --- the services ------------------------------------------------------------------------------
def test_a_post_of_the_person_is_told_to_the_handler_without_words_or_name(
    case: Case, handler: User
) -> None:
    make_user(Role.HANDLER)
    assign(case=case, to=handler, by=Actor.staff(handler.pk), at=NOW)
    post = post_by_person(case=case, words=WORDS, at=LATER)
    assert (post.author, post.message, post.read_at, post.words) == (None, None, None, WORDS)
    [mail] = told(case)
    assert (mail.to, mail.subject) == (handler.email, f"{case.reference}: a new message")
    for secret in (WORDS, "Ana", "Kask", "ana@example.com", "5123"):
        assert secret not in mail.text
        assert secret not in mail.html
    assert f"/desk/cases/{case.reference}/#thread" in mail.text
    assert verbs(case)[-1] == "post.received"
    assert events_of("case", str(case.id)).order_by("-id")[0].data == {}


def test_without_a_handler_all_who_could_be_are_told(case: Case, handler: User) -> None:
    officer = make_user(Role.DPO)
    both = make_user(Role.HANDLER, Role.DPO, language="pl")
    make_user(Role.AUDITOR)
    make_user(Role.HANDLER, is_active=False)
    post_by_person(case=case, words=WORDS, at=LATER)
    assert {mail.to for mail in told(case)} == {handler.email, officer.email, both.email}
    assert len(told(case)) == 3
    assert {mail.to: mail.language for mail in told(case)}[both.email] == "pl"


@pytest.mark.parametrize("change", [{"is_active": False}, {"roles": [Role.AUDITOR.value]}])
def test_a_handler_who_left_is_not_waited_for(
    case: Case, handler: User, change: dict[str, object]
) -> None:
    assign(case=case, to=handler, by=Actor.staff(handler.pk), at=NOW)
    other = make_user(Role.HANDLER)
    User.objects.filter(pk=handler.pk).update(**change)
    case.refresh_from_db()
    post_by_person(case=case, words=WORDS, at=LATER)
    # Nobody is the officer by role, so that the officer's address is told.
    assert [mail.to for mail in told(case)] == [other.email, "dpo@apifonica.com"]


def test_a_post_of_staff_is_announced_without_its_words(case: Case, handler: User) -> None:
    post = post_by_staff(case=case, words="Which invoice?", by=handler, at=LATER)
    assert post.message is not None
    assert post.message.to == "ana@example.com"
    assert post.message.subject == f"A new message about your request {case.reference}"
    assert "invoice" not in post.message.text + post.message.html
    assert "/link/" in post.message.text
    assert told(case) == []
    assert verbs(case)[-1] == "post.sent"


def test_a_second_tap_posts_once(case: Case, handler: User) -> None:
    first = post_by_person(case=case, words=WORDS, at=LATER)
    assert post_by_person(case=case, words=WORDS, at=LATER + timedelta(seconds=2)) == first
    assert case.posts.count() == 1
    mails = Message.objects.count()
    staff = post_by_staff(case=case, words=WORDS, by=handler, at=LATER)  # another author
    assert staff != first
    assert post_by_staff(case=case, words=WORDS, by=handler, at=LATER) == staff
    assert Message.objects.count() == mails + 1
    again = post_by_person(case=case, words=WORDS, at=LATER + timedelta(minutes=1))
    assert again not in {first, staff}


def test_empty_words_are_refused(case: Case, handler: User) -> None:
    with pytest.raises(NothingWritten):
        post_by_person(case=case, words=" \n", at=LATER)
    with pytest.raises(NothingWritten):
        post_by_staff(case=case, words="", by=handler, at=LATER)
    assert not Post.objects.exists()
    assert told(case) == []


def test_a_case_that_has_ended_still_takes_posts(case: Case, handler: User) -> None:
    withdraw_request(case=case, at=NOW)
    post_by_person(case=case, words=WORDS, at=LATER)
    post_by_staff(case=case, words="Shall we begin again?", by=handler, at=LATER)
    case.refresh_from_db()
    assert (case.state, case.posts.count()) == (State.WITHDRAWN, 2)


def test_what_came_after_the_page_was_shown_stays_unread(case: Case, handler: User) -> None:
    seen = post_by_person(case=case, words="one", at=LATER)
    missed = post_by_person(case=case, words="two", at=LATER)
    assert note_read_by_staff(case=case, upto=seen.pk, by=handler, at=LATER) == 1
    seen.refresh_from_db()
    missed.refresh_from_db()
    assert (seen.read_at, seen.read_by, missed.read_at) == (LATER, handler, None)
    assert note_read_by_staff(case=case, upto=seen.pk, by=handler, at=LATER) == 0
    event = events_of("case", str(case.id)).get(verb="post.read")
    assert (event.actor_ref, event.data) == (str(handler.pk), {"posts": 1})


def test_the_person_reads_only_what_staff_wrote(case: Case, handler: User) -> None:
    own = post_by_person(case=case, words="one", at=LATER)
    post = post_by_staff(case=case, words="two", by=handler, at=LATER)
    assert note_read_by_person(case=case, at=LATER) == 1
    assert note_read_by_person(case=case, at=LATER) == 0
    own.refresh_from_db()
    post.refresh_from_db()
    assert (own.read_at, post.read_at, post.read_by) == (None, LATER, None)


def test_the_thread_of_one_case_is_nobody_elses(case: Case, handler: User) -> None:
    other = receive_case(intake=intake(email="other@example.com"), by=Actor.person(), at=NOW)
    post = post_by_person(case=other, words=WORDS, at=LATER)
    assert posts_of(case) == []
    assert note_read_by_staff(case=case, upto=post.pk, by=handler, at=LATER) == 0


def test_a_long_thread_is_folded_but_for_what_is_new() -> None:
    posts = [Post(pk=number) for number in range(1, 10)]
    assert folded(posts, keep=0) == (posts[:4], posts[4:])
    assert folded(posts, keep=7) == (posts[:2], posts[2:])
    assert folded(posts[:5], keep=0) == ([], posts[:5])
    assert folded([], keep=0) == ([], [])


def test_the_database_knows_who_announces_and_who_reads(case: Case, handler: User) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "post_of_staff_is_announced": {"author": handler},
        "post_read_by_the_other_side": {"read_at": LATER},
        "post_read_after_written": {"read_at": NOW - timedelta(1), "read_by": handler},
    }
    for name, values in wrong.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Post.objects.create(case=case, words="x", at=NOW, **values)


# --- the queue ---------------------------------------------------------------------------------
def test_the_queue_shows_who_waits_to_be_read_in_any_state(case: Case, handler: User) -> None:
    ended = receive_case(intake=intake(email="other@example.com"), by=Actor.person(), at=NOW)
    quiet = receive_case(intake=intake(email="third@example.com"), by=Actor.person(), at=NOW)
    withdraw_request(case=ended, at=NOW)
    for one in (case, ended):
        post_by_person(case=one, words=WORDS, at=LATER)
        post_by_person(case=one, words="and more", at=LATER)
    post_by_staff(case=quiet, words="x", by=handler, at=LATER)

    def waiting(name: str) -> dict[str, bool]:
        found = queue(name=name, user=handler, at=LATER)
        return {one.reference: one.has_unread_post for one in found}  # type: ignore[attr-defined]

    assert waiting("open") == {case.reference: True, quiet.reference: False}
    assert waiting("messages") == {case.reference: True, ended.reference: True}
    assert queue_counts(user=handler, at=LATER).messages == 2
    note_read_by_staff(case=ended, upto=Post.objects.latest("pk").pk, by=handler, at=LATER)
    assert waiting("messages") == {case.reference: True}


def test_the_page_of_the_queue_asks_as_much_for_three_cases_as_for_one(
    case: Case, handler: User
) -> None:
    client = Client()
    client.force_login(handler)
    post_by_person(case=case, words=WORDS, at=LATER)
    with CaptureQueriesContext(connection) as one:
        page = client.get("/desk/").content.decode()
    assert "New message</span>" in page
    for number in range(2):
        more = receive_case(
            intake=intake(email=f"p{number}@example.com"), by=Actor.person(), at=NOW
        )
        post_by_person(case=more, words=WORDS, at=LATER)
    with CaptureQueriesContext(connection) as three:
        client.get("/desk/")
    assert len(three) == len(one)


# --- the desk ----------------------------------------------------------------------------------
def desk(*roles: Role) -> Client:
    client = Client()
    client.force_login(make_user(*roles))
    return client


def test_staff_read_and_answer(case: Case) -> None:
    post = post_by_person(case=case, words="<b>Where</b> is my data?", at=timezone.now())
    client, page = desk(Role.HANDLER), f"/desk/cases/{case.reference}/"
    text = client.get(page).content.decode()
    assert "&lt;b&gt;Where&lt;/b&gt; is my data?" in text
    assert 'href="#thread">New message</a>' in text
    refused = client.post(f"{page}messages/", {"words": " ", "upto": post.pk})
    assert refused.status_code == 422
    assert "Write your message." in refused.content.decode()
    assert case.posts.count() == 1
    sent = client.post(f"{page}messages/", {"words": "In Tallinn.", "upto": post.pk})
    assert sent.headers["Location"] == page
    post.refresh_from_db()
    assert (post.read_by is not None, case.posts.count()) == (True, 2)
    text = client.get(page).content.decode()
    assert "In Tallinn." in text
    assert "New message</a>" not in text


def test_staff_can_mark_as_read_without_answering(case: Case) -> None:
    post = post_by_person(case=case, words=WORDS, at=timezone.now())
    client, page = desk(Role.DPO), f"/desk/cases/{case.reference}/"
    assert client.post(f"{page}messages/read/", {"upto": "x"}).status_code == 302
    assert not is_read(post)
    client.get(page)  # looking alone marks nothing
    assert not is_read(post)
    client.post(f"{page}messages/read/", {"upto": post.pk})
    assert is_read(post)


@pytest.mark.parametrize("step", ["messages/", "messages/read/"])
def test_an_auditor_reads_the_thread_and_writes_nothing(case: Case, step: str) -> None:
    post = post_by_person(case=case, words="Hello there", at=timezone.now())
    client, page = desk(Role.AUDITOR), f"/desk/cases/{case.reference}/"
    text = client.get(page).content.decode()
    assert "Hello there" in text
    assert f"{page}messages/" not in text
    assert client.post(page + step, {"words": "x", "upto": post.pk}).status_code == 403
    post.refresh_from_db()
    assert (post.read_at, case.posts.count()) == (None, 1)


# --- the portal --------------------------------------------------------------------------------
@pytest.fixture
def visitor(client: Client, case: Case) -> Client:
    """Ana, who followed the link in her mail."""
    client.post(issue_link(case=case, at=timezone.now()).replace("http://localhost:8000", ""))
    return client


def test_the_person_writes_and_reads(visitor: Client, case: Case, handler: User) -> None:
    empty = visitor.post("/en/my/messages/", {"words": " "})
    assert empty.status_code == 422
    assert "Write your message." in empty.content.decode()
    sent = visitor.post("/en/my/messages/", {"words": WORDS})
    assert sent.headers["Location"] == "/en/my/#thread"
    assert case.posts.get().words == WORDS
    post = post_by_staff(case=case, words="We look into it.", by=handler, at=timezone.now())
    visitor.head("/en/my/")
    assert not is_read(post)
    text = visitor.get("/en/my/").content.decode()
    assert "We look into it." in text
    assert "+372 5123 4567." in text
    assert '<span class="badge badge--accent">New</span>' in text
    assert is_read(post)
    alone = visitor.get("/en/my/messages/")
    assert alone.status_code == 200
    assert '<span class="badge badge--accent">New</span>' not in alone.content.decode()


def test_a_flood_is_slowed_and_loses_no_words(visitor: Client, case: Case) -> None:
    for number in range(20):
        assert visitor.post("/en/my/messages/", {"words": f"n{number}"}).status_code == 302
    slowed = visitor.post("/en/my/messages/", {"words": "one too many"})
    assert slowed.status_code == 429
    text = slowed.content.decode()
    assert "You have sent many messages. Please send the next in an hour." in text
    assert "one too many</textarea>" in text
    assert case.posts.count() == 20


def test_without_the_link_nothing_is_written_or_read(client: Client, case: Case) -> None:
    assert client.get("/en/my/messages/").headers["Location"] == "/en/link/new/"
    assert client.post("/en/my/messages/", {"words": "x"}).headers["Location"] == "/en/link/new/"
    assert not Post.objects.exists()


# --- attachments -------------------------------------------------------------------------------
def sent(content: bytes, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/html")


def uploads(*files: tuple[bytes, str]) -> tuple[Upload, ...]:
    return check_uploads([sent(*one) for one in files])


def content_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_files_hang_on_their_post_sealed(case: Case) -> None:
    files = uploads((PDF, "bill.pdf"), (PNG, "C:\\scans\\me.png"))
    post = post_by_person(case=case, words="", files=files, at=LATER)
    kept = list(post.attachments.all())
    assert [(one.name, one.kind, one.size) for one in kept] == [
        ("bill.pdf", "pdf", len(PDF)),
        ("me.png", "png", len(PNG)),
    ]
    assert kept[0].sha256 == hashlib.sha256(PDF).hexdigest()
    assert b"".join(open_blob(kept[0].blob)) == PDF
    assert b"%PDF" not in bytes(kept[0].blob.chunks.get().payload)
    same = post_by_person(case=case, words="", files=files, at=LATER)
    assert (same, Attachment.objects.count()) == (post, 2)
    other = post_by_person(case=case, words="", files=files[:1], at=LATER)
    assert other != post


def test_more_than_five_files_are_refused() -> None:
    with pytest.raises(TooManyFiles):
        uploads(*[(PDF, f"{number}.pdf") for number in range(6)])
    assert len(uploads(*[(PDF, f"{number}.pdf") for number in range(5)])) == 5


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"MZ" + bytes(2000), "bill.pdf", "A file is not what its name says."),
        (b"MZ" + bytes(2000), "tool", "A file is neither PDF, JPEG, PNG nor plain text."),
        (b"", "bill.pdf", "A file is empty."),
        (b"%PDF-1.7" + b"0" * 10 * 1024 * 1024 + b"%%EOF", "bill.pdf", "larger than 10 MB"),
    ],
)
def test_a_file_that_is_not_taken_changes_and_loses_nothing(
    visitor: Client, case: Case, content: bytes, name: str, sentence: str
) -> None:
    refused = visitor.post(
        "/en/my/messages/", {"words": "Here it is", "attachments": sent(content, name)}
    )
    assert refused.status_code == 422
    text = refused.content.decode()
    assert sentence in text
    assert "Here it is</textarea>" in text
    assert not Post.objects.exists()
    assert not Blob.objects.filter(kind="attachment").exists()


def test_six_files_are_refused_in_a_sentence(visitor: Client, case: Case) -> None:
    files = [sent(PDF, f"{number}.pdf") for number in range(6)]
    refused = visitor.post("/en/my/messages/", {"words": "x", "attachments": files})
    assert (refused.status_code, case.posts.count()) == (422, 0)
    assert "Send no more than 5 files at once." in refused.content.decode()


def test_a_page_sent_as_text_is_handed_out_as_text(visitor: Client, case: Case) -> None:
    page = b"<script>alert(1)</script>"
    visitor.post("/en/my/messages/", {"words": "", "attachments": sent(page, "x.html")})
    attachment = Attachment.objects.get()
    assert "x.html</a>" in visitor.get("/en/my/").content.decode()
    response = visitor.get(f"/en/my/messages/files/{attachment.pk}/")
    assert content_of(response) == page
    assert {
        name: response.headers[name]
        for name in ("Content-Type", "Content-Disposition", "X-Content-Type-Options")
    } == {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": 'attachment; filename="x.html.txt"',
        "X-Content-Type-Options": "nosniff",
    }
    assert "no-store" in response.headers["Cache-Control"]


def test_each_look_of_staff_at_a_file_of_the_person_is_on_record(case: Case, handler: User) -> None:
    theirs = post_by_person(case=case, words="x", files=uploads((PDF, "a.pdf")), at=LATER)
    client = desk(Role.HANDLER)
    page = f"/desk/cases/{case.reference}/"
    sending = {"words": "See this", "attachments": sent(PDF, "b.pdf"), "upto": 0}
    assert client.post(f"{page}messages/", sending).status_code == 302
    ours = case.posts.last()
    assert ours is not None
    for post in (theirs, theirs, ours):
        url = f"{page}messages/files/{post.attachments.get().pk}/"
        assert url in client.get(page).content.decode()
        assert content_of(client.get(url)) == PDF
    looks = events_of("case", str(case.id)).filter(verb="attachment.viewed")
    assert [one.data for one in looks] == [{"attachment": theirs.attachments.get().pk}] * 2


def test_a_file_is_found_under_its_own_case_and_by_those_who_may(
    case: Case, client: Client
) -> None:
    other = receive_case(intake=intake(email="other@example.com"), by=Actor.person(), at=NOW)
    post = post_by_person(case=case, words="x", files=uploads((PDF, "a.pdf")), at=LATER)
    path = f"messages/files/{post.attachments.get().pk}/"
    assert desk(Role.HANDLER).get(f"/desk/cases/{other.reference}/{path}").status_code == 404
    for role in (Role.ENGINEER, Role.AUDITOR):
        assert desk(role).get(f"/desk/cases/{case.reference}/{path}").status_code == 403
    assert path not in desk(Role.AUDITOR).get(f"/desk/cases/{case.reference}/").content.decode()
    assert client.get(f"/en/my/{path}").headers["Location"] == "/en/link/new/"
    client.post(issue_link(case=other, at=timezone.now()).replace("http://localhost:8000", ""))
    assert client.get(f"/en/my/{path}").status_code == 404
    assert not events_of("case", str(case.id)).filter(verb="attachment.viewed").exists()


@pytest.mark.parametrize(
    ("name", "kind", "handed_out"),
    [
        ("a.PDF", FileKind.PDF, "a.PDF"),
        ("a.jpeg", FileKind.JPEG, "a.jpeg"),
        ("photo", FileKind.JPEG, "photo.jpg"),
        ("a.svg", FileKind.TEXT, "a.svg.txt"),
        ("run.bat", FileKind.TEXT, "run.bat.txt"),
        ("me.html", FileKind.PNG, "me.html.png"),
    ],
)
def test_a_file_is_named_as_what_it_is(name: str, kind: FileKind, handed_out: str) -> None:
    assert download_name(name, kind) == handed_out
