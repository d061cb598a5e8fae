"""Signatures, as dkimpy finds them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dkim.canonicalization import Relaxed
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.authoring.issue import MergeField
from newsletter.delivery.dkim_key import dns_record, make_key, read_key
from newsletter.delivery.letters import Letter, LetterForm
from newsletter.errors import SettingsError
from newsletter.rendering.edition import Edition
from newsletter.rendering.mail_headers import MailHeaders, ServiceHeaders
from newsletter.rendering.merge import Personal, merge_token
from tests.unit.delivery.signing import DOMAIN, SELECTOR, key, record, signer, verifies

SIGNED_AT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
HEADERS = MailHeaders(
    from_name="Zoë's letter",
    from_address="letter@metsmatters.example",
    reply_to="editors@metsmatters.example",
    list_id="mets-matters.metsmatters.example",
    list_name="Mets Matters",
    archive_url="https://n.metsmatters.example/issues/",
    help_url="https://n.metsmatters.example/",
)
NAME, ADDRESS = merge_token(MergeField("first_name", "friend")), merge_token(MergeField("address"))
EDITION = Edition(
    issue="2026-12",
    language="en",
    written_in="en",
    title="Mets Matters",
    subject="Sus resultados, y lo que pueden abrir: guía en español para cada día de esta estación del año",
    preheader="",
    html=f"<p>Dear {NAME}, a  b </p>\n\n\n.{NAME}\n",
    text=f"Dear {NAME}\n.\n..\nFrom {ADDRESS} {NAME}\n\n\n",
    web="",
)


def letter(first_name: str = "Ana", *, service: bool = False) -> Letter:
    headers = ServiceHeaders("Mets", "letter@metsmatters.example", "letter@metsmatters.example") if service else HEADERS
    form = LetterForm(EDITION, headers, "letter@metsmatters.example", DOMAIN)
    personal = Personal(first_name, "ana@example.org", "https://n.example.org/m/a", "https://n.example.org/u/a")
    return Letter(1, f"{1:032x}", form, personal, SIGNED_AT)


def test_a_signed_letter_verifies() -> None:
    signed = letter().to_bytes(signer())
    assert verifies(signed)
    assert signed.endswith(letter().to_bytes()), "nothing but the signature is added"


def test_a_service_mail_verifies() -> None:
    assert verifies(letter(service=True).to_bytes(signer()))


def test_a_signature_by_another_key_does_not_verify() -> None:
    other = dns_record(generate_rsa_key(65537, 2048), domain=DOMAIN, selector=SELECTOR)
    assert not verifies(letter().to_bytes(signer()), other)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"List-Unsubscribe: <https://n.example.org/u/a>", b"List-Unsubscribe: <https://n.example.org/u/b>"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click", b"List-Unsubscribe-Post: List-Unsubscribe=No"),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        (b"List-Id: Mets", b"List-Id: Other"),
        (b"To: ana@", b"To: eva@"),
        (b"Date: Sun", b"Date: Mon"),
        (b"Message-ID: <0", b"Message-ID: <1"),
        (b"Reply-To: editors@", b"Reply-To: thieves@"),
        (b"MIME-Version: 1.0", b"MIME-Version: 1.1"),
        (b"multipart/alternative", b"multipart/related"),
        (b"Subject: ", b"Subject: x"),
        (b"Ana", b"Eva"),
    ],
)
def test_whoever_changes_what_matters_breaks_the_signature(was: bytes, becomes: bytes) -> None:
    signed = letter().to_bytes(signer())
    assert was in signed
    assert not verifies(signed.replace(was, becomes))


@pytest.mark.parametrize(
    "added",
    [
        "From: other@example.org",
        "Subject: Another",
        "To: other@example.org",
        "Cc: other@example.org",
        "Reply-To: other@example.org",
        "Date: Mon, 02 Nov 2026 09:30:00 +0000",
        "Content-Type: text/plain",
        "List-Unsubscribe: <https://example.org/other>",
    ],
)
@pytest.mark.parametrize("above", [True, False])
def test_whoever_adds_a_second_header_breaks_the_signature(added: str, *, above: bool) -> None:
    """A mail program may show the one that was added (RFC 6376, 8.15)."""
    signed, line = letter().to_bytes(signer()), added.encode() + b"\r\n"
    assert not verifies(line + signed if above else signed.replace(b"\r\nPrecedence:", b"\r\n" + line + b"Precedence:"))


def test_what_relays_do_on_the_way_does_no_harm() -> None:
    """Headers of their own, folded anew, other capitals, other blanks."""
    signed = letter().to_bytes(signer())
    on_the_way = b"Received: from x by y;\r\n Sun, 01 Nov 2026 09:30:01 +0000\r\n" + signed
    on_the_way = on_the_way.replace(b"List-Help: <", b"LIST-HELP:\r\n  <").replace(b"To: ana", b"To:  ana")
    assert on_the_way != b"Received: from x by y;\r\n Sun, 01 Nov 2026 09:30:01 +0000\r\n" + signed
    assert verifies(on_the_way)


def test_lines_of_a_signature_are_short_and_it_says_when_it_was_made() -> None:
    signature, _, _ = letter().to_bytes(signer()).partition(b"\r\nTo: ")
    assert max(len(line) for line in signature.split(b"\r\n")) <= 80
    assert b" t=%d;" % SIGNED_AT.timestamp() in signature
    assert re.search(rb"[ ;]h=from:", signature)


@given(st.text(st.characters(codec="utf-8"), max_size=200))
@example("." * 80)
@example(" .\t. ")
@example("a\r\n.\r\nb")
@example("From x  y   ")
@example("=")
def test_whatever_a_reader_is_called_the_same_bytes_serve_hash_wire_and_outbox(first_name: str) -> None:
    """Dot-stuffing and dkimpy's canonicalisation both leave a letter as it is, and its end is one CRLF."""
    message = b"".join(letter(first_name).pieces())
    assert (b"\r\n" + message).replace(b"\r\n.", b"\r\n..")[2:] == message
    body = message.partition(b"\r\n\r\n")[2]
    assert Relaxed.canonicalize_body(body) == body
    assert message.endswith(b"--\r\n")
    assert message.isascii(), "7bit: no server has to announce 8BITMIME (RFC 6152)"


@given(st.text(max_size=40))
def test_whatever_a_reader_is_called_the_signature_verifies(first_name: str) -> None:
    assert verifies(letter(first_name).to_bytes(signer()))


def test_the_record_for_the_dns_says_what_dkimpy_needs() -> None:
    assert record().name == "letter._domainkey.metsmatters.example"
    assert record().value.startswith("v=DKIM1; k=rsa; p=MII")
    strings = re.findall(r'"([^"]*)"', record().as_zone_line())
    assert "".join(strings) == record().value
    assert max(map(len, strings)) <= 255


def test_a_key_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    file = tmp_path / "var" / "dkim.pem"
    assert make_key(file)
    content = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert not make_key(file)
    assert file.read_bytes() == content
    assert [one.name for one in file.parent.iterdir()] == ["dkim.pem"]
    assert read_key(file).key_size == 2048


def test_a_key_that_cannot_be_used_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "dkim.pem"
    with pytest.raises(SettingsError, match="Make one: newsletter dkim"):
        read_key(file)
    file.write_text("nonsense")
    file.chmod(0o644)
    with pytest.raises(SettingsError, match=f"Run: chmod 600 {file}"):
        read_key(file)
    file.chmod(0o600)
    with pytest.raises(SettingsError, match="not a private key in PEM"):
        read_key(file)
    too_short = generate_rsa_key(65537, 1024)  # noqa: S505 - to be refused
    for other in (too_short, generate_private_key(SECP256R1())):
        file.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        with pytest.raises(SettingsError, match="not an RSA key of 2048 bits"):
            read_key(file)


def test_a_signer_shows_nothing_of_its_key() -> None:
    assert str(key().private_numbers().d) not in repr(signer())


def test_many_editions_are_signed_by_one_signer() -> None:
    one = signer()
    for number in range(40):
        other = letter()
        form = LetterForm(replace(EDITION, subject=f"Mail {number}"), HEADERS, "letter@metsmatters.example", DOMAIN)
        assert verifies(replace(other, form=form).to_bytes(one))
