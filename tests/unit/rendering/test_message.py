"""A mail is one join of bytes that nothing on the way has a reason to touch."""

from __future__ import annotations

import email
import email.policy
import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.authoring.issue import MergeField
from newsletter.rendering.edition import Edition
from newsletter.rendering.mail_headers import MailHeaders, encode_header_text, list_headers
from newsletter.rendering.merge import Personal, fill, merge_token
from newsletter.rendering.message import MessageTemplate, compile_message
from newsletter.rendering.quoted_printable import encode_text, encode_value
from tests.unit.rendering.drafting import draw_markdown

HEADERS = MailHeaders(
    from_name="Mets Matters from SHARE",
    from_address="letter@example.org",
    reply_to="editors@example.org",
    list_id="mets-matters.example.org",
    list_name="Mets Matters",
    archive_url="https://letter.example.org/issues/",
    help_url="https://www.example.org",
)
READER = Personal("Zoë", "zoe+news@example.org", "https://letter.example.org/m/abc", "https://letter.example.org/u/abc")
MESSAGE_ID = "<0123@example.org>"
DATE = datetime(2026, 12, 1, 15, tzinfo=UTC)
FIRST_NAME = merge_token(MergeField("first_name", "friend"))

one_line = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=300)
texts = st.lists(one_line, min_size=1, max_size=8).map("\n".join)


def _edition(text: str, page: str) -> Edition:
    return Edition("2026-12", "en", "en", "Title", "Your results, and what they may open", "Before", page, text, "<p>Web</p>")


def _message(template: MessageTemplate, reader: Personal = READER) -> bytes:
    return template.message(reader, message_id=MESSAGE_ID, date=DATE)


def _parts(data: bytes) -> tuple[Message, list[str]]:
    message = email.message_from_bytes(data)
    parts = list(message.walk())
    assert [part.get_content_type() for part in parts] == ["multipart/alternative", "text/plain", "text/html"]
    assert [defect for part in parts for defect in part.defects] == []
    payloads = [part.get_payload(decode=True) for part in parts[1:]]
    return message, [payload.decode().replace("\r\n", "\n") for payload in payloads if isinstance(payload, bytes)]


def _relaxed(body: bytes) -> bytes:
    """Canonicalise a body as RFC 6376, 3.4.4 says."""
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def _check_wire(data: bytes) -> None:
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    body = data.split(b"\r\n\r\n", 1)[1]
    assert _relaxed(body) == body
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
    assert data.isascii()


@settings(max_examples=200, deadline=None)
@given(texts, texts, st.one_of(st.just(""), one_line))
@example(".", " . \nFrom me\n\tx  y \n--\n=_", ".Zoë =C3 {{email}} " + "日本" * 60 + " ")
@example("", "", "")
@example("x" * 75 + "\n" + "x" * 76 + "\n" + "é" * 30, " " * 200, "&<>\"'")
def test_a_mail_decodes_to_its_edition_with_the_persons_parts_filled_in(before: str, after: str, first_name: str) -> None:
    reader = replace(READER, first_name=first_name)
    text, page = f"{before}{FIRST_NAME}{after}\n", f"{after}{FIRST_NAME}{before}{merge_token(MergeField('manage_url'))}"
    data = _message(compile_message(_edition(text, page), HEADERS), reader)
    _check_wire(data)
    _, (plain, marked_up) = _parts(data)
    assert plain == fill(text, reader.value)
    assert marked_up == fill(page, lambda field: html.escape(reader.value(field)))


def test_a_real_issue_decodes_to_itself() -> None:
    edition = draw_markdown(
        "Hello {{first_name|friend}}.\n\n## Part\n\n.dot  two spaces\\[^1] =3D `a   b`\n\n| a | b |\n|-|-|\n| é | 日本 |\n"
    )
    data = _message(compile_message(edition, HEADERS))
    _check_wire(data)
    _, (plain, marked_up) = _parts(data)
    assert plain == fill(edition.text, READER.value)
    assert marked_up == fill(edition.html, lambda field: html.escape(READER.value(field)))


def test_the_same_edition_and_reader_give_the_same_bytes() -> None:
    edition = _edition("Text\n", "<p>Page</p>")
    assert _message(compile_message(edition, HEADERS)) == _message(compile_message(edition, HEADERS))


def test_the_headers_are_those_of_a_list() -> None:
    message, _ = _parts(_message(compile_message(_edition("a", "b"), HEADERS)))
    assert dict(message.items()) == {
        "To": "zoe+news@example.org",
        "Date": "Tue, 01 Dec 2026 15:00:00 +0000",
        "Message-ID": MESSAGE_ID,
        "List-Unsubscribe": "<https://letter.example.org/u/abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "From": "Mets Matters from SHARE <letter@example.org>",
        "Reply-To": "editors@example.org",
        "Subject": "Your results, and what they may open",
        "List-Id": "Mets Matters <mets-matters.example.org>",
        "List-Help": "<https://www.example.org>",
        "List-Archive": "<https://letter.example.org/issues/>",
        "Precedence": "bulk",
        "MIME-Version": "1.0",
        "Content-Type": message["Content-Type"],
    }


def test_the_date_is_the_moment_whatever_its_zone() -> None:
    new_york = timezone(timedelta(hours=-5))
    data = compile_message(_edition("a", "b"), HEADERS).message(
        READER, message_id=MESSAGE_ID, date=datetime(2026, 12, 1, 10, tzinfo=new_york)
    )
    assert b"\r\nDate: Tue, 01 Dec 2026 15:00:00 +0000\r\n" in data


@settings(max_examples=200, deadline=None)
@given(one_line)
@example("Diagnosis? =?utf-8?q?x?= ")
@example("Sus resultados, y lo que pueden abrir: guía en español para cada día de esta estación del año")
def test_a_subject_is_read_back_as_it_was_written(subject: str) -> None:
    edition = replace(_edition("a", "b"), subject=subject)
    data = _message(compile_message(edition, HEADERS))
    head = data.split(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n")) <= 998
    encoded = next(line for line in re.sub(rb"\r\n ", b" ", head).split(b"\r\n") if line.startswith(b"Subject:"))
    assert all(len(word) <= 75 for word in encoded.split(b" ") if word.startswith(b"=?"))
    read = email.message_from_bytes(data, policy=email.policy.default)["Subject"]
    assert str(read) == subject.strip()


@pytest.mark.parametrize("name", ["Cartas: SHARE", 'The "Letter"', "Zoë & friends", "a\\b", "Cartas de esperanza, " * 5 + "ñ"])
def test_a_senders_name_is_read_back_as_it_was_written(name: str) -> None:
    message, _ = _parts(_message(compile_message(_edition("a", "b"), replace(HEADERS, from_name=name))))
    shown, address = parseaddr(message["From"])
    assert str(make_header(decode_header(shown))) == name
    assert address == "letter@example.org"


def test_a_line_break_in_a_subject_makes_no_header() -> None:
    assert encode_header_text("One\r\nBcc: x@example.org\x7f", taken=9) == "One  Bcc: x@example.org"


@pytest.mark.parametrize(
    "change",
    [
        {"address": "zoe@example.org\r\nBcc: other@example.org"},
        {"address": "zoe@example.org, other@example.org"},
        {"address": "zoë@example.org"},
        {"address": ""},
        {"unsubscribe_url": "https://example.org/>\r\nBcc: a@example.org"},
        {"unsubscribe_url": "javascript:alert(1)"},
    ],
)
def test_a_value_that_would_break_the_headers_is_refused_without_naming_it(change: dict[str, str]) -> None:
    template = compile_message(_edition("a", "b"), HEADERS)
    with pytest.raises(ValueError, match="cannot stand in a mail header") as error:
        _message(template, replace(READER, **change))
    assert "example" not in str(error.value)


def test_a_message_id_has_to_be_one() -> None:
    with pytest.raises(ValueError, match="no Message-ID"):
        compile_message(_edition("a", "b"), HEADERS).message(READER, message_id="<a@b>\r\nX: y", date=DATE)


@pytest.mark.parametrize("change", [{"help_url": "https://a b"}, {"from_address": "nobody"}, {"reply_to": "a@b\r\nX: y"}])
def test_headers_of_the_newsletter_are_checked_when_an_edition_is_compiled(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="cannot stand in a mail header"):
        compile_message(_edition("a", "b"), replace(HEADERS, **change))


def test_control_characters_of_a_name_become_spaces() -> None:
    template = compile_message(_edition(f"Hi {FIRST_NAME}!", "b"), HEADERS)
    _, (plain, _) = _parts(_message(template, replace(READER, first_name="Zo\r\nE\x00")))
    assert plain == "Hi Zo  E !"


def test_a_name_that_looks_like_a_token_is_not_looked_at_again() -> None:
    template = compile_message(_edition(f"Hi {FIRST_NAME}!", "b"), HEADERS)
    _, (plain, _) = _parts(_message(template, replace(READER, first_name="@@MM:address:@@")))
    assert plain == "Hi @@MM:address:@@!"


def test_list_headers_of_one_mail_are_given_for_a_providers_interface() -> None:
    assert list_headers(HEADERS, READER.unsubscribe_url) == {
        "List-Unsubscribe": "<https://letter.example.org/u/abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": "Mets Matters <mets-matters.example.org>",
        "List-Help": "<https://www.example.org>",
        "List-Archive": "<https://letter.example.org/issues/>",
        "Precedence": "bulk",
    }


def test_a_template_shows_nobody_in_its_repr() -> None:
    assert "Page" not in repr(compile_message(_edition("Text", "Page"), HEADERS))


def test_quoted_printable_leaves_nothing_for_the_way_to_change() -> None:
    assert encode_text(".a  b \nFrom x\n\tc=é") == b"=2Ea =20b=20\r\n=46rom x\r\n=09c=3D=C3=A9"
    assert encode_value("Zoe") == b"Zoe"
    assert encode_value(".Zoe ") == b"=2EZoe=20"
