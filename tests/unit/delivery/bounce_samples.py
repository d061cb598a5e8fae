"""Bounces as well-known servers write them, after their formats, with invented addresses and texts shortened."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import Final

from newsletter.delivery.models import BounceKind

KEY: Final = "0123456789abcdef0123456789abcdef"
ADDRESS: Final = "bounces@metsmatters.example"
DOMAIN: Final = "metsmatters.example"
TO_US: Final = f"bounces+{KEY}@{DOMAIN}"
DATE: Final = "Tue, 01 Dec 2026 10:00:07 -0500"

RETURNED: Final = f"""\
Received: from out.metsmatters.example (out.metsmatters.example [192.0.2.10])
From: Mets Matters from SHARE <letter@{DOMAIN}>
To: reader1@example.org
Subject: Your test results, and what they may open
Message-ID: <{KEY}@{DOMAIN}>
Date: Tue, 01 Dec 2026 15:00:01 +0000
MIME-Version: 1.0
"""


@dataclass(frozen=True, slots=True)
class Server:
    """How one kind of server reports: the headers of its mail, its words for people, and the names of the parts it makes."""

    name: str
    headers: str
    words: str
    fields: str
    recipient: str
    returned_as: str = "message/rfc822"


SERVERS: Final = (
    Server(
        "Postfix",
        "From: MAILER-DAEMON@mail.example.org (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender\n"
        "Auto-Submitted: auto-replied\n",
        "This is the mail system at host mail.example.org.\n\nI'm sorry to have to inform you that your message could not\n"
        "be delivered to one or more recipients. It's attached below.\n\n"
        "<reader1@example.org>: host mx.example.org[198.51.100.7]\n"
        "    said: {diagnostic} (in reply to RCPT TO command)",
        "Reporting-MTA: dns; mail.example.org\nX-Postfix-Queue-ID: 4XyZab1cDz9s\n"
        f"X-Postfix-Sender: rfc822; {TO_US}\nArrival-Date: Tue,  1 Dec 2026 10:00:02 -0500 (EST)",
        "Final-Recipient: rfc822; reader1@example.org\nOriginal-Recipient: rfc822;reader1@example.org\nAction: {action}\n"
        "Status: {status}\nRemote-MTA: dns; mx.example.org\nDiagnostic-Code: smtp; {diagnostic}",
    ),
    Server(
        "Exim",
        "From: Mail Delivery System <Mailer-Daemon@mx.example.net>\nSubject: Mail delivery failed: returning message to sender\n"
        "X-Failed-Recipients: reader1@example.org\nAuto-Submitted: auto-replied\nReferences: <x@y.example>\n",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
        "delivered to one or more of its\nrecipients. This is a permanent error.\n"
        "The following address(es) failed:\n\n  reader1@example.org\n    host mx.example.org [198.51.100.7]\n"
        "    SMTP error from remote mail server after RCPT TO:<reader1@example.org>:\n"
        "    {diagnostic}",
        "Reporting-MTA: dns; mx.example.net",
        "Action: {action}\nFinal-Recipient: rfc822;reader1@example.org\nStatus: {status}\nRemote-MTA: dns; mx.example.org\n"
        "Diagnostic-Code: smtp; {diagnostic}",
    ),
    Server(
        "Exchange Online",
        "From: postmaster@clinic.example\nSubject: Undeliverable: Your test results, and what they may open\n"
        "X-MS-Exchange-Message-Is-Ndr:\nContent-Language: en-US\n",
        "Your message to reader1@example.org couldn't be delivered.\n\nreader1 wasn't found at example.org.\n",
        "Reporting-MTA: dns;BN8PR01MB0001.prod.exchangelabs.example\nReceived-From-MTA: dns;out.metsmatters.example\n"
        "Arrival-Date: Tue, 1 Dec 2026 15:00:03 +0000",
        "Final-Recipient: rfc822;reader1@example.org\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp;{diagnostic}\n"
        "X-Display-Name: reader1@example.org",
    ),
    Server(
        "Gmail",
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>\nSubject: Delivery Status Notification (Failure)\n"
        "X-Failed-Recipients: reader1@example.org\nAuto-Submitted: auto-replied\nIn-Reply-To: <x@metsmatters.example>\n",
        "** Address not found **\n\nYour message wasn't delivered to reader1@example.org.\n\nThe response was:\n\n{diagnostic}\n",
        "Reporting-MTA: dns; googlemail.example\nArrival-Date: Tue, 01 Dec 2026 07:00:03 -0800 (PST)\n"
        f"X-Original-Message-ID: <{KEY}@{DOMAIN}>",
        "Final-Recipient: rfc822; reader1@example.org\nAction: {action}\nStatus: {status}\n"
        "Remote-MTA: dns; mx.example.org. (198.51.100.7, the server for the domain example.org.)\n"
        "Diagnostic-Code: smtp; {diagnostic}\nLast-Attempt-Date: Tue, 01 Dec 2026 07:00:04 -0800 (PST)",
    ),
    Server(
        "Yahoo",
        "From: MAILER-DAEMON@yahoo.example\nSubject: Failure Notice\n",
        "Sorry, we were unable to deliver your message to the following address.\n\n<reader1@example.org>:\n{diagnostic}\n",
        "Reporting-MTA: dns; mta1.mail.yahoo.example",
        "Final-Recipient: rfc822;reader1@example.org\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp;{diagnostic}",
        "text/rfc822-headers",
    ),
    Server(
        "Amazon SES",
        "From: MAILER-DAEMON@amazonses.example\nSubject: Delivery Status Notification (Failure)\n",
        "An error occurred while trying to deliver the mail to the following recipients:\nreader1@example.org\n",
        "Reporting-MTA: dns; a8-30.smtp-out.amazonses.example",
        "Action: {action}\nFinal-Recipient: rfc822; reader1@example.org\nDiagnostic-Code: smtp; {diagnostic}\nStatus: {status}",
    ),
    Server(
        "Sendmail",
        "From: Mail Delivery Subsystem <MAILER-DAEMON@relay.example>\nSubject: Returned mail: see transcript for details\n"
        "Auto-Submitted: auto-generated (failure)\n",
        "The original message was received at Tue, 1 Dec 2026 15:00:02 GMT\n\n   ----- The following addresses had "
        "permanent fatal errors -----\n"
        "<reader1@example.org>\n    (reason: {diagnostic})\n\n   ----- Transcript of session follows -----\n"
        ">>> DATA\n<<< {diagnostic}\n",
        "Reporting-MTA: dns; relay.example\nReceived-From-MTA: DNS; out.metsmatters.example\n"
        "Arrival-Date: Tue, 1 Dec 2026 15:00:02 GMT",
        "Final-Recipient: RFC822; reader1@example.org\nAction: {action}\nStatus: {status}\nRemote-MTA: DNS; mx.example.org\n"
        "Diagnostic-Code: SMTP; {diagnostic}\nLast-Attempt-Date: Tue, 1 Dec 2026 15:00:05 GMT",
        "text/rfc822-headers",
    ),
    Server(
        "PowerMTA",
        "From: <mailer-daemon@pmta.example>\nSubject: Delivery report\n",
        "Hello, this is the mail server on pmta.example.\n\nI am sending you this message to inform you on the delivery status\n",
        f"Reporting-MTA: dns;pmta.example\nArrival-Date: Tue, 1 Dec 2026 10:00:02 -0500\nOriginal-Envelope-Id: {KEY}",
        "Final-Recipient: rfc822;reader1@example.org\nAction: {action}\nStatus: {status} (undefined status)\n"
        "Remote-MTA: dns;mx.example.org (198.51.100.7)\nDiagnostic-Code: smtp;{diagnostic}\nX-PowerMTA-BounceCategory: other",
        "text/rfc822-headers",
    ),
    Server(
        "Courier",
        'From: "Courier mail server at mail.example.com" <@>\nSubject: NOTICE: mail delivery status.\n',
        "This is a delivery status notification from mail.example.com,\nrunning the Courier mail server.\n\n"
        "                     UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n"
        "<reader1@example.org>:\n     {diagnostic}",
        "Reporting-MTA: dns; mail.example.com\nArrival-Date: Tue, 01 Dec 2026 10:00:02 -0500",
        "Final-Recipient: rfc822; reader1@example.org\nAction: {action}\nStatus: {status}\nRemote-MTA: dns; mx.example.org\n"
        "Diagnostic-Code: smtp; {diagnostic}",
        "text/rfc822-headers",
    ),
)

H, S, P = BounceKind.HARD, BounceKind.SOFT, BounceKind.POLICY

FAILURES: Final = (
    ("5.1.1", "550 5.1.1 <reader1@example.org>: Recipient address rejected: User unknown in virtual mailbox table", H),
    ("5.1.1", "550-5.1.1 The email account that you tried to reach does not exist. 550 5.1.1 Please try double-checking", H),
    ("5.1.2", "550 5.1.2 Bad destination system address", H),
    ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", H),
    ("5.1.6", "551 5.1.6 Mailbox has moved", H),
    ("5.0.0", "554 delivery error: dd This user doesn't have a yahoo.example account (reader1@example.org)", H),
    ("5.0.0", "550 5.1.1 unknown user", H),
    ("5.0.0", "554 rejected due to spam content", P),
    ("5.0.0", "550 something went wrong", S),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [BN8NAM11FT0001]", H),
    ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", H),
    ("5.2.2", "552 5.2.2 The email account that you tried to reach is over quota", S),
    ("5.2.1", "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents delivery", S),
    ("5.3.4", "552 5.3.4 Message size exceeds fixed limit", S),
    ("5.3.0", "554 5.3.0 Other mail system problem", S),
    ("5.4.4", "554 5.4.4 Host or domain name not found", S),
    ("5.4.6", "554 5.4.6 too many hops", S),
    ("4.4.7", "421 4.4.7 delivery time expired", S),
    ("4.2.2", "452 4.2.2 Mailbox full", S),
    ("4.7.0", "421 4.7.0 Try again later", S),
    ("5.7.1", "550 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using a list", P),
    ("5.7.1", "554 5.7.1 <reader1@example.org>: user unknown to our policy service", P),
    ("5.7.26", "550 5.7.26 Unauthenticated email from metsmatters.example is not accepted due to the domain's DMARC policy", P),
    ("5.7.606", "550 5.7.606 Access denied, banned sending IP [192.0.2.10]", P),
    ("5.6.0", "554 5.6.0 Message content rejected", P),
    ("5.1.8", "550 5.1.8 <bounces@metsmatters.example>: Sender address rejected: Domain not found", P),
)
"""Status, what the server said, and the kind of bounce that it is."""


def report(
    server: Server, *, status: str, diagnostic: str, action: str = "failed", to: str = TO_US, returned: str = RETURNED
) -> bytes:
    """Write a report as a server would."""
    values = {"status": status, "diagnostic": diagnostic, "action": action}
    return "\r\n".join(
        [
            "Return-Path: <>",
            f"Delivered-To: {to}",
            f"Date: {DATE}",
            f"To: {to}",
            *server.headers.strip().splitlines(),
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="=_part"',
            "",
            "This is a MIME-encapsulated message.",
            "",
            "--=_part",
            "Content-Type: text/plain; charset=utf-8",
            "",
            *server.words.format(**values).splitlines(),
            "",
            "--=_part",
            "Content-Type: message/delivery-status",
            "",
            *server.fields.splitlines(),
            "",
            *server.recipient.format(**values).splitlines(),
            "",
            "--=_part",
            f"Content-Type: {server.returned_as}",
            "",
            *returned.splitlines(),
            "",
            "--=_part--",
            "",
        ]
    ).encode()


def plain(headers: str, body: str, *, to: str = TO_US) -> bytes:
    """Write a mail that is no multipart/report."""
    text = f"Return-Path: <>\nDelivered-To: {to}\nTo: {to}\nDate: {DATE}\n{dedent(headers).strip()}\n\n{dedent(body).lstrip()}"
    return text.replace("\n", "\r\n").encode()


QMAIL: Final = plain(
    "From: MAILER-DAEMON@qmail.example\nSubject: failure notice",
    f"""\
    Hi. This is the qmail-send program at qmail.example.
    I'm afraid I wasn't able to deliver your message to the following addresses.
    This is a permanent error; I've given up. Sorry it didn't work out.

    <reader1@example.org>:
    198.51.100.7 does not like recipient.
    Remote host said: 550 5.1.1 User unknown
    Giving up on 198.51.100.7.

    --- Below this line is a copy of the message.

    Return-Path: <{TO_US}>
    From: Mets Matters from SHARE <letter@{DOMAIN}>
    Message-ID: <{KEY}@{DOMAIN}>
    """,
)

OLD_EXIM: Final = plain(
    "From: Mail Delivery System <Mailer-Daemon@old.example>\nSubject: Mail delivery failed: returning message to sender\n"
    "X-Failed-Recipients: reader1@example.org",
    f"""\
    This message was created automatically by mail delivery software.

    A message that you sent could not be delivered to one or more of its
    recipients. This is a permanent error. The following address(es) failed:

      reader1@example.org
        mailbox is full: retry timeout exceeded

    ------ This is a copy of the message, including all the headers. ------

    Message-ID: <{KEY}@{DOMAIN}>
    """,
)

VACATION: Final = plain(
    "From: Reader One <reader1@example.org>\nSubject: Out of office: Your test results\nAuto-Submitted: auto-replied\n"
    "X-Autoreply: yes",
    "I am away until Monday. My mailbox is full of mail; the user unknown to me will wait.\n",
)

REPLY: Final = plain(
    "From: Reader One <reader1@example.org>\nSubject: Re: Your test results",
    f"Please stop. My address does not exist any more.\n\n> Message-ID: <{KEY}@{DOMAIN}>\n",
)


def complaint(kind: str = "abuse", *, to: str = "complaints@metsmatters.example") -> bytes:
    """Write a complaint as RFC 5965 has it."""
    return plain(
        'From: <feedback@mail.example.net>\nSubject: FW: Your test results\nMIME-Version: 1.0\n'
        'Content-Type: multipart/report; report-type=feedback-report; boundary="=_arf"',
        f"""\
        --=_arf
        Content-Type: text/plain

        This is an email abuse report.

        --=_arf
        Content-Type: message/feedback-report

        Feedback-Type: {kind}
        User-Agent: SomeGenerator/1.0
        Version: 1
        Original-Mail-From: <{TO_US}>
        Arrival-Date: Tue, 01 Dec 2026 15:00:05 GMT

        --=_arf
        Content-Type: message/rfc822

        From: Mets Matters from SHARE <letter@{DOMAIN}>
        Message-ID: <{KEY}@{DOMAIN}>
        Subject: Your test results

        Dear friend,

        --=_arf--
        """,
        to=to,
    )  # fmt: skip
