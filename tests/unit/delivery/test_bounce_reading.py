"""What a mail that came back reports, by the formats of well-known servers."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.bounces.kinds import kind_of_bounce
from newsletter.delivery.bounces.own_mail import OwnMail
from newsletter.delivery.bounces.reading import read_report
from newsletter.delivery.models import BounceKind, Handover, Outcome
from newsletter.delivery.reports import Farewell, Report
from tests.unit.delivery.bounce_samples import (
    ADDRESS,
    DOMAIN,
    FAILURES,
    KEY,
    OLD_EXIM,
    QMAIL,
    REPLY,
    RETURNED,
    SERVERS,
    VACATION,
    Server,
    complaint,
    plain,
    report,
)

NOW = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
OWN = OwnMail(ADDRESS, DOMAIN)
OTHER = "f" * 32
[POSTFIX] = (server for server in SERVERS if server.name == "Postfix")
UNKNOWN_USER = {"status": "5.1.1", "diagnostic": "550 5.1.1 User unknown"}


def read(content: bytes, own: OwnMail = OWN) -> Report | None:
    return read_report(content, own, now=NOW)


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
@pytest.mark.parametrize(("status", "diagnostic", "kind"), FAILURES)
def test_a_failure_is_of_the_kind_that_its_status_says(server: Server, status: str, diagnostic: str, kind: BounceKind) -> None:
    """All of them, where 99 % were to agree with RFC 3464's status."""
    found = read(report(server, status=status, diagnostic=diagnostic))
    assert found is not None
    assert (found.key, found.kind, found.outcome, found.evidence) == (KEY, "bounce", Outcome.BOUNCED, Handover.ACCEPTED)
    assert (found.bounce, found.reason) == (kind, status)
    assert found.farewell == (Farewell.BOUNCED if kind is BounceKind.HARD else Farewell.NONE)
    assert found.at == datetime(2026, 12, 1, 15, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "status", "kind", "outcome"),
    [
        ("delayed", "4.4.1", "deferred", Outcome.DEFERRED),
        ("delivered", "2.0.0", "delivered", Outcome.DELIVERED),
        ("Relayed (to a server without reports)", "2.1.5", "relayed", None),
        ("expanded", "2.0.0", "relayed", None),
        ("", "4.4.1", "deferred", Outcome.DEFERRED),
    ],
)
def test_what_is_no_failure_blames_nobody(action: str, status: str, kind: str, outcome: Outcome | None) -> None:
    found = read(report(POSTFIX, status=status, diagnostic="", action=action))
    assert found is not None
    assert (found.kind, found.outcome, found.bounce, found.farewell) == (kind, outcome, BounceKind.NONE, Farewell.NONE)


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_without_a_key_in_its_address_the_returned_message_id_tells(server: Server) -> None:
    content = report(server, **UNKNOWN_USER, to="letter@metsmatters.example")
    found = read(content, OwnMail("", DOMAIN))
    assert found is not None
    assert found.key == KEY


@pytest.mark.parametrize("name", ["PowerMTA", "Gmail", "Postfix"])
def test_where_nothing_is_returned_the_fields_of_the_report_tell(name: str) -> None:
    """By the envelope's id, the Message-ID, or the envelope's sender."""
    [server] = (one for one in SERVERS if one.name == name)
    found = read(report(server, **UNKNOWN_USER, to="letter@metsmatters.example", returned="Subject: nothing else"))
    assert found is not None
    assert found.key == KEY


def test_the_key_of_the_address_counts_before_what_is_returned() -> None:
    found = read(report(POSTFIX, **UNKNOWN_USER, to=f"Bounces+{OTHER.upper()}@{DOMAIN}"))
    assert found is not None
    assert found.key == OTHER


@pytest.mark.parametrize(
    "to", ["reader1@example.org", f"bounces+{KEY}0@{DOMAIN}", f"xbounces+{KEY}@{DOMAIN}", f"bounces+{KEY}@{DOMAIN}.evil.example"]
)
def test_nothing_but_an_exact_key_says_whom_a_bounce_is_about(to: str) -> None:
    """A forged report that names somebody's address suppresses nobody."""
    [exim] = (server for server in SERVERS if server.name == "Exim")
    for returned in (RETURNED.replace(KEY, "not-a-key"), RETURNED.replace(f"{KEY}@{DOMAIN}", f"{KEY}@evil.example")):
        assert read(report(exim, **UNKNOWN_USER, to=to, returned=returned)) is None


def test_of_an_address_that_forwards_to_two_the_one_that_got_it_counts() -> None:
    second = "\n\nFinal-Recipient: rfc822; other@example.net\nAction: {action}\nStatus: {status}"
    both = Server(**{**{name: getattr(POSTFIX, name) for name in POSTFIX.__slots__}, "recipient": POSTFIX.recipient + second})
    failed = read(report(both, **UNKNOWN_USER))
    assert failed is not None
    assert failed.bounce is BounceKind.HARD
    content = report(both, **UNKNOWN_USER).replace(
        b"Action: failed\r\nStatus: 5.1.1\r\n\r\n--", b"Action: relayed\r\nStatus: 2.0.0\r\n\r\n--"
    )
    lucky = read(content)
    assert lucky is not None
    assert (lucky.kind, lucky.farewell) == ("relayed", Farewell.NONE)


@pytest.mark.parametrize(("content", "kind"), [(QMAIL, BounceKind.HARD), (OLD_EXIM, BounceKind.SOFT)], ids=["qmail", "old Exim"])
@pytest.mark.parametrize("own", [OWN, OwnMail("", DOMAIN)], ids=["by address", "by Message-ID"])
def test_servers_that_write_no_report_are_read_by_their_words(content: bytes, kind: BounceKind, own: OwnMail) -> None:
    found = read(content, own)
    assert found is not None
    assert (found.key, found.kind, found.bounce) == (KEY, "bounce", kind)


@pytest.mark.parametrize("content", [VACATION, REPLY], ids=["vacation", "reply"])
def test_what_people_and_their_vacations_write_is_no_bounce(content: bytes) -> None:
    assert read(content) is None


@pytest.mark.parametrize("header", ["Auto-Submitted: auto-replied", "Precedence: auto_reply", "X-Autoreply: yes"])
@pytest.mark.parametrize("content", [QMAIL, OLD_EXIM])
def test_what_calls_itself_a_reply_is_no_bounce_whatever_it_says(content: bytes, header: str) -> None:
    assert read(content) is not None
    assert read(header.encode() + b"\r\n" + content) is None


def test_a_bounce_that_somebody_forwards_is_no_bounce_of_their_own() -> None:
    """What a mail returns or encloses is another one: who asks us about a report is not gone."""
    head = f"From: Ana <ana@example.org>\r\nTo: bounces+{KEY}@{DOMAIN}\r\nContent-Type: multipart/mixed; boundary=fw\r\n\r\n"
    enclosed = b"--fw\r\nContent-Type: message/rfc822\r\n\r\n" + report(POSTFIX, **UNKNOWN_USER) + b"\r\n--fw--\r\n"
    asks = b"--fw\r\nContent-Type: text/plain\r\n\r\nWhat is this?\r\n"
    assert read(head.encode() + asks + enclosed) is None


def test_a_read_receipt_is_no_bounce() -> None:
    content = plain(
        'From: MAILER-DAEMON@example.org\nContent-Type: multipart/report; report-type=disposition-notification; boundary="b"',
        "--b\nContent-Type: message/disposition-notification\n\nDisposition: manual-action; displayed\n\n--b--\n",
    )
    assert read(content) is None


@pytest.mark.parametrize("kind", ["abuse", "Fraud"])
def test_an_abuse_report_is_a_complaint(kind: str) -> None:
    found = read(complaint(kind))
    assert found is not None
    assert (found.key, found.kind, found.outcome, found.farewell) == (KEY, "spamreport", Outcome.COMPLAINED, Farewell.COMPLAINED)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus", ""])
def test_other_feedback_is_no_complaint(kind: str) -> None:
    assert read(complaint(kind)) is None


def test_the_same_report_is_known_however_it_came() -> None:
    one, other = report(POSTFIX, **UNKNOWN_USER), report(POSTFIX, **UNKNOWN_USER)
    first, again = read(one), read(b"Received: from a second copy\r\n" + other)
    later = read(one.replace(b"10:00:07", b"11:00:07"))
    assert first is not None
    assert again is not None
    assert later is not None
    assert first.dedupe == again.dedupe != later.dedupe


@pytest.mark.parametrize(
    "date",
    [
        "",
        "Date: not a date",
        "Date: Fri, 31 Dec 2099 00:00:00 +0000",
        "Date: Tue, 99 Dec 2026 25:61:00",
        "Date: Fri, 31 Dec 9999 23:59:59 -1200",
        "Date: Mon, 01 Jan 0001 00:00:00 +0000",
        "Date: Thu, 01 Jan 1970 00:00:00 +0000",
    ],
)
def test_a_date_that_cannot_be_is_the_present(date: str) -> None:
    written = b"Date: Tue, 01 Dec 2026 10:00:07 -0500\r\n"
    content = report(POSTFIX, **UNKNOWN_USER).replace(written, f"{date}\r\n".encode() if date else b"")
    found = read(content)
    assert found is not None
    assert found.at == NOW


def test_a_report_cut_off_is_read_as_far_as_it_goes() -> None:
    content = report(POSTFIX, **UNKNOWN_USER)
    assert read(content[: content.index(b"Content-Type: message/rfc822")]) is not None


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Type: multipart/report; boundary*=us\0ascii''b\n\n--b\n",
        "".join(f"Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n" for number in range(3_000)),
        "Content-Type: message/rfc822\n\n" * 3_000,
        "Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * 50_000,
    ],
    ids=["a boundary with a NUL", "three thousand levels", "three thousand mails in mails", "fifty thousand parts"],
)
def test_a_mail_made_to_break_the_parser_is_left_to_people_at_once(headers: str) -> None:
    began = time.process_time()
    assert read(f"From: mailer-daemon@mx.example\nTo: bounces+{KEY}@{DOMAIN}\n{headers}".encode()) is None
    assert time.process_time() - began < 2


def test_no_address_stays_in_a_report() -> None:
    found = read(report(POSTFIX, **UNKNOWN_USER))
    assert "example.org" not in repr(found)


@given(st.data())
def test_no_mail_can_break_the_reading(data: st.DataObject) -> None:
    """It is anybody's: a mail that raised would be met again at every look."""
    sample = data.draw(st.sampled_from([report(server, **UNKNOWN_USER) for server in SERVERS] + [QMAIL, OLD_EXIM, complaint()]))
    start = data.draw(st.integers(0, len(sample)))
    end = data.draw(st.integers(start, min(len(sample), start + 200)))
    read(sample[:start] + data.draw(st.binary(max_size=60)) + sample[end:])


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        ("", "", BounceKind.SOFT),
        ("", "4.2.2", BounceKind.SOFT),
        ("", "552 5.2.2 full", BounceKind.SOFT),
        ("5.1.0", "", BounceKind.HARD),
    ],
)
def test_nobody_is_thought_gone_without_a_sign(status: str, words: str, kind: BounceKind) -> None:
    assert kind_of_bounce(status, words) is kind
