"""The mailbox page: what was sent, shown without letting it do anything."""

import os
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from demo import mailbox as folder_reading
from demo.mailbox import BadMail, NoSuchMail, list_mail, read_mail

HTML = "<!doctype html><html><head><title>x</title></head><body><script>x()</script>Tere</body>"


def put(folder: Path, name: str, *, to: str, subject: str = "Subject", age: int = 0) -> Path:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "dpo@example.com", to, subject
    message["Date"] = "Mon, 23 Nov 2026 10:00:00 +0200"
    message.set_content("Open https://portal.example/link/abc now.\nSecond <b>line</b>.")
    message.add_alternative(HTML, subtype="html")
    path = folder / f"{name}.eml"
    path.write_bytes(message.as_bytes())
    os.utime(path, (1_800_000_000 - age, 1_800_000_000 - age))
    return path


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DEMO = True
    settings.VAR_DIR = tmp_path
    path = tmp_path / "mailbox"
    path.mkdir()
    return path


def test_list_is_newest_first_with_recipient_subject_and_time(folder: Path) -> None:
    put(folder, "older", to="Ilze Bērziņa <ilze@example.com>", subject="Jūsu pieprasījums", age=60)
    put(folder, "newer", to="a@example.com")

    newer, older = list_mail(folder).envelopes

    assert (newer.name, older.name) == ("newer", "older")
    assert older.to == "Ilze Bērziņa <ilze@example.com>"
    assert older.subject == "Jūsu pieprasījums"
    assert older.sent_at == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_list_keeps_those_to_the_recipient_whatever_the_case(folder: Path) -> None:
    put(folder, "one", to="Anna@Example.com")
    put(folder, "two", to="other@example.com")

    assert [one.name for one in list_mail(folder, recipient=" ANNA@").envelopes] == ["one"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe not a message",
        b"Subject: nobody to read it\n\nx",
        b"To: \n\nx",
        b"To: .1=?utf-8?q?==?utf-8?q?=<?=\n\nx",  # the standard library stumbles over it
    ],
)
def test_unreadable_file_is_left_out_and_counted(folder: Path, content: bytes) -> None:
    put(folder, "good", to="a@example.com")
    (folder / "bad.eml").write_bytes(content)

    listing = list_mail(folder)

    assert [one.name for one in listing.envelopes] == ["good"]
    assert listing.unreadable == 1
    with pytest.raises(BadMail):
        read_mail(folder, "bad")


def test_folder_named_like_a_message_is_unreadable(folder: Path) -> None:
    (folder / "odd.eml").mkdir()
    assert list_mail(folder).unreadable == 1


def test_header_nobody_should_send_is_shown_as_it_came(folder: Path) -> None:
    broken = ".1=?utf-8?q?==?utf-8?q?=<?="
    (folder / "one.eml").write_text(f"To: a@example.com\nCc: {broken}\n\nx")

    assert ("Cc", broken) in read_mail(folder, "one").headers


def test_list_leaves_out_what_is_no_finished_message(folder: Path) -> None:
    put(folder, ".writing", to="a@example.com")
    (folder / "notes.txt").write_text("To: a@example.com\n\nx")
    outside = folder.parent / "outside.eml"
    outside.write_text("To: a@example.com\n\nx")
    (folder / "link.eml").symlink_to(outside)

    assert list_mail(folder).envelopes == ()


def test_list_is_bounded_and_says_how_many_are_older(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_reading, "NEWEST", 2)
    for age in range(5):
        put(folder, f"mail-{age}", to="a@example.com", age=age)

    listing = list_mail(folder)

    assert [one.name for one in listing.envelopes] == ["mail-0", "mail-1"]
    assert listing.older == 3


def test_list_of_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert list_mail(tmp_path / "none").envelopes == ()


@pytest.mark.parametrize(
    "date",
    ["not a date", "23 Nov 2026 10:00 +99999999999999999999", "Mon, 23 Nov 2026 10:00:00 -0000"],
)
def test_time_of_a_message_always_has_a_zone(folder: Path, date: str) -> None:
    path = folder / "odd.eml"
    path.write_text(f"To: a@example.com\nDate: {date}\n\nx")
    os.utime(path, (1_795_428_000, 1_795_428_000))

    (envelope,) = list_mail(folder).envelopes

    assert envelope.sent_at == datetime.fromtimestamp(1_795_428_000, UTC)


def test_read_gives_both_parts_and_every_header(folder: Path) -> None:
    put(folder, "one", to="a@example.com")

    mail = read_mail(folder, "one")

    assert mail.text.startswith("Open https://portal.example/link/abc now.")
    assert "<script>" in mail.html
    assert ("From", "dpo@example.com") in mail.headers


@pytest.mark.parametrize("charset", ["no-such-charset", "utf-8"])
def test_read_of_a_text_alone_has_no_html(folder: Path, charset: str) -> None:
    content = f"To: a@example.com\nContent-Type: text/plain; charset={charset}\n\nhello"
    (folder / "one.eml").write_text(content)

    if charset == "utf-8":
        assert read_mail(folder, "one").html == ""
    else:
        with pytest.raises(BadMail):
            read_mail(folder, "one")


@pytest.mark.parametrize("name", ["../secrets/DEMO_PASSWORD", "..", "", "/etc/passwd", "one.eml"])
def test_read_refuses_a_name_that_is_not_listed(folder: Path, name: str) -> None:
    put(folder, "one", to="a@example.com")
    with pytest.raises(NoSuchMail):
        read_mail(folder, name)


@pytest.mark.django_db
def test_mailbox_page_lists_messages_and_their_links(client: Client, folder: Path) -> None:
    put(folder, "one", to="a@example.com", subject="Your <request>")
    (folder / "bad.eml").write_bytes(b"")

    page = client.get(reverse("demo:mailbox")).content.decode()

    assert "Your &lt;request&gt;" in page
    assert reverse("demo:mailbox-message", args=["one"]) in page
    assert "1 file is not a message that can be read and is left out." in page


@pytest.mark.django_db
def test_mailbox_page_says_when_there_is_nothing(client: Client, folder: Path) -> None:
    empty = client.get(reverse("demo:mailbox")).content.decode()
    put(folder, "one", to="a@example.com")
    filtered = client.get(reverse("demo:mailbox"), {"to": "b@<i>"}).content.decode()

    assert "No message has been sent yet." in empty
    assert "No message to “b@&lt;i&gt;” has been sent." in filtered


@pytest.mark.django_db
def test_mailbox_page_counts_older_messages(
    client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_reading, "NEWEST", 1)
    put(folder, "one", to="a@example.com")
    put(folder, "two", to="a@example.com", subject="")

    page = client.get(reverse("demo:mailbox")).content.decode()

    assert "1 older message is not shown." in page
    assert "(no subject)" in page


@pytest.mark.django_db
def test_message_page_has_clickable_links_and_a_sandboxed_frame(
    client: Client, folder: Path
) -> None:
    put(folder, "one", to="a@example.com")

    page = client.get(reverse("demo:mailbox-message", args=["one"])).content.decode()

    assert '<a href="https://portal.example/link/abc"' in page
    assert "Second &lt;b&gt;line&lt;/b&gt;." in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "x()" not in page


@pytest.mark.django_db
def test_html_part_may_be_framed_by_us_and_can_do_nothing(client: Client, folder: Path) -> None:
    put(folder, "one", to="a@example.com")

    answer = client.get(reverse("demo:mailbox-message-html", args=["one"]))

    policy = answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "script-src" not in policy
    assert b'<head><base target="_blank"><title>' in answer.content


@pytest.mark.django_db
def test_message_page_itself_may_not_be_framed(client: Client, folder: Path) -> None:
    put(folder, "one", to="a@example.com")
    answer = client.get(reverse("demo:mailbox-message", args=["one"]))
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["none", "..", "bad"])
def test_message_that_is_not_there_or_unreadable_is_not_found(
    client: Client, folder: Path, name: str
) -> None:
    (folder / "bad.eml").write_bytes(b"")
    for view in ("demo:mailbox-message", "demo:mailbox-message-html"):
        assert client.get(reverse(view, args=[name])).status_code == 404


@pytest.mark.django_db
def test_mailbox_is_not_there_outside_the_demonstration(
    client: Client, folder: Path, settings: Settings
) -> None:
    put(folder, "one", to="a@example.com")
    settings.DEMO = False
    for address in (
        reverse("demo:mailbox"),
        reverse("demo:mailbox-message", args=["one"]),
        reverse("demo:mailbox-message-html", args=["one"]),
    ):
        assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_mailbox_only_reads(client: Client, folder: Path) -> None:
    assert client.post(reverse("demo:mailbox")).status_code == 405
