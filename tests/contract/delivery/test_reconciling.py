"""Settling what is unknown: only evidence moves it, and the same evidence again moves nothing."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.db import connection, transaction

from newsletter.delivery.clues import Clues, MailLogs, clues_by_word, clues_from_logs
from newsletter.delivery.doubt import Clue, Verdict
from newsletter.delivery.handovers import Record, record
from newsletter.delivery.models import BounceKind, Delivery, Event, Handover, Outcome, Send, SendState
from newsletter.delivery.reconciling import Actor, Witnessed, find_unknown, settle
from newsletter.errors import UsageError
from newsletter.publishing.models import AuditEntry
from newsletter.settings import DeliverySettings
from newsletter.subscribers.models import Suppression
from tests.contract.delivery.samples import NOW, handovers, prepared_send

pytestmark = [pytest.mark.database, pytest.mark.django_db]

DOMAIN = "metsmatters.example"
ADA = Actor("ada", "ada-login", "we looked")
TEN = timedelta(minutes=10)


def partly_unknown(unknown: int, *, accepted: int = 3) -> list[Delivery]:
    """Freeze a send of which the first so many are unknown and the others were accepted; it is done."""
    prepared_send(unknown + accepted, transport="smtp")
    deliveries = list(Delivery.objects.order_by("pk"))
    Delivery.objects.update(handover=Handover.ACCEPTED, handed_over_at=NOW)
    Delivery.objects.filter(pk__in=[one.pk for one in deliveries[:unknown]]).update(
        handover=Handover.UNKNOWN, handed_over_at=None
    )
    Send.objects.update(state=SendState.DONE, finished_at=NOW)
    Send.objects.get().batches.update(done=True)
    return deliveries


def postfix(
    name: str,
    key: str,
    *,
    at: datetime = NOW + timedelta(minutes=1),
    status: str = "sent",
    dsn: str = "2.0.0",
    said: str = "250 ok",
) -> list[str]:
    """Write what Postfix logs of a mail that it took."""
    stamp = at.strftime("%b %e %H:%M:%S mail")
    return [
        f"{stamp} postfix/smtpd[1]: connect from app[192.0.2.10]",
        f"{stamp} postfix/cleanup[2]: {name}: message-id=<{key}@{DOMAIN}>",
        f"{stamp} postfix/qmgr[3]: {name}: from=<bounces+{key}@{DOMAIN}>, size=60123, nrcpt=1 (queue active)",
        f"{stamp} postfix/smtp[4]: {name}: to=<reader@example.org>, relay=mx:25, dsn={dsn}, status={status} ({said})",
        f"{stamp} postfix/qmgr[3]: {name}: removed",
    ]


def quiet(at: datetime) -> str:
    return f"{at.strftime('%b %e %H:%M:%S')} mail postfix/anvil[9]: statistics: max connection rate 1/60s"


def whole_log(lines: Sequence[str], witnesses: Sequence[Delivery]) -> list[str]:
    """Put the mails of the witnesses and the time before and after round some lines."""
    seen = [line for number, one in enumerate(witnesses) for line in postfix(f"AAA{number:03}F", one.key)]
    return [quiet(NOW - TEN), *seen, *lines, quiet(NOW + timedelta(minutes=30))]


def found(tmp_path: Path, lines: Sequence[str], *, whole: bool = False) -> Clues:
    log = tmp_path / "mail.log"
    log.write_text("\n".join(lines) + "\n")
    send = Send.objects.get()
    return clues_from_logs(send, find_unknown(send), MailLogs([log], UTC, whole=whole), domain=DOMAIN)


def reconcile(clues: Sequence[Clue], *, by: Witnessed = Witnessed.MAIL_LOG) -> dict[Verdict, int]:
    return dict(settle(Send.objects.get(), clues, by=by, settings=DeliverySettings(), actor=ADA, now=NOW))


def test_what_a_log_shows_to_be_taken_is_accepted_with_its_outcome(tmp_path: Path) -> None:
    sent, hard, late, gone, lost, *_ = partly_unknown(5)
    lines = [
        *postfix("4AAAAA", sent.key, at=NOW + timedelta(hours=1)),
        *postfix("4BBBBB", hard.key, status="bounced", dsn="5.1.1", said="host mx said: 550 5.1.1 user unknown"),
        *postfix("4CCCCC", late.key, status="deferred", dsn="4.4.1", said="timed out")[:-1],
        *postfix("4DDDDD", gone.key, status="deferred", dsn="4.4.1", said="timed out")[:-1],
        f"{NOW.strftime('%b %e %H:%M:%S')} mail postfix/qmgr[3]: 4DDDDD: from=<x@y.example>, status=expired, returned to sender",
    ]
    clues = found(tmp_path, lines)
    assert reconcile(clues.found) == {Verdict.TAKEN: 4}
    assert sum(clues.reasons.values()) == 1
    rows = {row[0]: row[1:] for row in Delivery.objects.values_list("key", "handover", "outcome", "bounce")}
    assert rows[sent.key] == (Handover.ACCEPTED, Outcome.DELIVERED, "")
    assert rows[hard.key] == (Handover.ACCEPTED, Outcome.BOUNCED, BounceKind.HARD)
    assert rows[late.key] == (Handover.ACCEPTED, Outcome.DEFERRED, "")
    assert rows[gone.key] == (Handover.ACCEPTED, Outcome.BOUNCED, BounceKind.SOFT)
    assert rows[lost.key] == (Handover.UNKNOWN, "", "")
    sent.refresh_from_db()
    assert sent.handed_over_at == NOW + timedelta(hours=1)
    assert Suppression.objects.count() == 1
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.person, entry.note) == ("reconcile", "ada", "mail log: 4 taken. we looked")


def test_the_same_evidence_again_settles_nothing(tmp_path: Path) -> None:
    [sent, *_] = partly_unknown(1)
    clues = found(tmp_path, postfix("4AAAAA", sent.key))
    assert reconcile(clues.found) == {Verdict.TAKEN: 1}
    before = (handovers(), Event.objects.count(), AuditEntry.objects.count())
    assert reconcile(clues.found) == {}
    assert (handovers(), Event.objects.count(), AuditEntry.objects.count()) == before


def test_missing_from_a_whole_log_that_covers_its_batch_it_is_queued_again(tmp_path: Path) -> None:
    lost, *taken = partly_unknown(1)
    clues = found(tmp_path, whole_log([], taken), whole=True)
    assert reconcile(clues.found) == {Verdict.NEVER_LEFT: 1}
    lost.refresh_from_db()
    assert lost.handover == Handover.QUEUED
    assert Send.objects.get().state == SendState.RUNNING


def lose_again(delivery: Delivery, *, at: datetime) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(handover=Handover.SENDING)
    with transaction.atomic(), connection.cursor() as cursor:
        record(cursor, [Record(delivery.pk, Handover.UNKNOWN, "its answer was lost")], now=at)


def test_a_log_that_ends_before_the_last_attempt_proves_nothing_of_it(tmp_path: Path) -> None:
    """The others of its batch left long before: it was tried again, by itself or since this very log had shown that it might."""
    lost, *taken = partly_unknown(1)
    log = whole_log([], taken)
    assert reconcile(found(tmp_path, log, whole=True).found) == {Verdict.NEVER_LEFT: 1}
    lose_again(lost, at=NOW + timedelta(hours=2))
    clues = found(tmp_path, log, whole=True)
    assert clues.found == []
    assert "after the log ends" in next(iter(clues.reasons))
    later = [*log, quiet(NOW + timedelta(hours=2, minutes=11))]
    assert [clue.verdict for clue in found(tmp_path, later, whole=True).found] == [Verdict.NEVER_LEFT]


def test_missing_from_a_log_that_nobody_calls_whole_proves_nothing(tmp_path: Path) -> None:
    _, *taken = partly_unknown(1)
    clues = found(tmp_path, whole_log([], taken))
    assert clues.found == []
    assert "proves nothing" in next(iter(clues.reasons))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("a witness is missing", "lacks 1 of 3"),
        ("begins too late", "begins after"),
        ("ends too soon", "ends too soon"),
        ("of another zone", "time zone"),
        ("empty", "no line"),
        ("of another server", "lacks 3 of 3"),
    ],
)
def test_a_log_that_does_not_cover_the_batch_proves_nothing(tmp_path: Path, fault: str, said: str) -> None:
    _, *taken = partly_unknown(1)
    lines = whole_log([], taken[:-1] if fault == "a witness is missing" else taken)
    match fault:
        case "begins too late":
            lines = [quiet(NOW + timedelta(seconds=1)), *lines[1:]]
        case "ends too soon":
            lines = lines[:-1]
        case "empty":
            lines = ["nothing that is a log"]
        case "of another server":
            lines = [quiet(NOW - TEN), quiet(NOW + timedelta(hours=1))]
    send, log = Send.objects.get(), tmp_path / "mail.log"
    log.write_text("\n".join(lines) + "\n")
    zone = timezone(timedelta(hours=5)) if fault == "of another zone" else UTC
    clues = clues_from_logs(send, find_unknown(send), MailLogs([log], zone, whole=True), domain=DOMAIN)
    assert clues.found == []
    assert said in next(iter(clues.reasons))


def test_without_a_witness_in_its_batch_a_missing_mail_stays_unknown(tmp_path: Path) -> None:
    partly_unknown(2, accepted=0)
    clues = found(tmp_path, whole_log([], []), whole=True)
    assert clues.found == []
    assert "right log" in next(iter(clues.reasons))


def test_a_mail_that_the_server_began_and_never_took_has_not_left(tmp_path: Path) -> None:
    """Postfix logs the Message-ID before it says yes; a connection that breaks then leaves that one line."""
    lost, *taken = partly_unknown(1)
    lines = whole_log(postfix("4AAAAA", lost.key)[:2], taken)
    assert found(tmp_path, lines).found == []
    assert [clue.verdict for clue in found(tmp_path, lines, whole=True).found] == [Verdict.NEVER_LEFT]
    late = [*lines, *postfix("4BBBBB", lost.key, at=NOW + timedelta(hours=1))[:2]]
    assert [clue.verdict for clue in found(tmp_path, late, whole=True).found] == [Verdict.NEVER_LEFT], "it had begun before"
    only_late = [*whole_log([], taken), *postfix("4BBBBB", lost.key, at=NOW + timedelta(hours=1))[:2]]
    clues = found(tmp_path, only_late, whole=True)
    assert clues.found == []
    assert "begun to take it" in next(iter(clues.reasons))


def test_a_cancelled_send_queues_nobody_again(tmp_path: Path) -> None:
    lost, *taken = partly_unknown(1)
    Send.objects.update(state=SendState.CANCELLED)
    assert reconcile(found(tmp_path, whole_log([], taken), whole=True).found) == {}
    lost.refresh_from_db()
    assert lost.handover == Handover.UNKNOWN
    assert not AuditEntry.objects.exists()


def test_a_person_s_word_settles_single_deliveries_and_is_written_down() -> None:
    first, second, third, *_ = partly_unknown(3)
    clues = clues_by_word(find_unknown(Send.objects.get()), taken=[first.key], never_left=[second.key])
    assert reconcile(clues.found, by=Witnessed.PERSON) == {Verdict.TAKEN: 1, Verdict.NEVER_LEFT: 1}
    rows = dict(Delivery.objects.values_list("key", "handover"))
    assert (rows[first.key], rows[second.key], rows[third.key]) == (Handover.ACCEPTED, Handover.QUEUED, Handover.UNKNOWN)
    note = AuditEntry.objects.get().note
    assert first.key in note
    assert second.key in note
    assert note.endswith("we looked")


def test_a_word_about_what_is_not_unknown_is_refused() -> None:
    first, accepted = partly_unknown(1, accepted=1)
    unknown = find_unknown(Send.objects.get())
    with pytest.raises(UsageError, match="Not unknown"):
        clues_by_word(unknown, taken=[accepted.key], never_left=[])
    with pytest.raises(UsageError, match="taken and as never left"):
        clues_by_word(unknown, taken=[first.key], never_left=[first.key])


def test_what_was_refused_has_failed_with_the_reason() -> None:
    [first, *_] = partly_unknown(1)
    assert reconcile([Clue(first.key, Verdict.REFUSED, reason="dropped by SendGrid")]) == {Verdict.REFUSED: 1}
    first.refresh_from_db()
    assert (first.handover, first.reason) == (Handover.FAILED, "dropped by SendGrid")


def test_logs_are_read_in_every_form(tmp_path: Path) -> None:
    """Traditional, ISO, journald's export, Exim's, and gzipped: each holds one of five."""
    traditional, iso, journal, exim, zipped, _ = partly_unknown(5, accepted=1)
    (tmp_path / "a.log").write_text("\n".join(postfix("4AAAAA", traditional.key)) + "\n")
    lines = [line[len("Dec  1 15:01:00 ") :] for line in postfix("4BBBBB", iso.key)]
    (tmp_path / "b.log").write_text("".join(f"2026-12-01T10:01:00.123456-05:00 {line}\n" for line in lines))
    entries = [line.partition("]: ")[2] for line in postfix("4CCCCC", journal.key)[1:]]
    programs = ["cleanup", "qmgr", "smtp", "qmgr"]
    exported = b""
    for program, entry in zip(programs, entries, strict=True):
        exported += f"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1796137260000000\nSYSLOG_IDENTIFIER=postfix/{program}\n".encode()
        exported += b"MESSAGE\n" + len(entry).to_bytes(8, "little") + entry.encode() + b"\n\n"
    (tmp_path / "c.export").write_bytes(exported)
    name = "1sABCD-0000001a-2B3c"
    (tmp_path / "d.log").write_text(
        f"2026-12-01 15:01:00 {name} <= bounces+{exim.key}@{DOMAIN} H=app [192.0.2.10] P=esmtp S=60123 id={exim.key}@{DOMAIN}\n"
        f"2026-12-01 15:01:02 {name} ** reader@example.org R=dnslookup T=remote_smtp: 550 5.1.1 user unknown\n"
        f"2026-12-01 15:01:02 {name} Completed\n"
    )
    (tmp_path / "e.log.gz").write_bytes(gzip.compress(("\n".join(postfix("4EEEEE", zipped.key)) + "\n").encode()))
    send = Send.objects.get()
    clues = clues_from_logs(send, find_unknown(send), MailLogs(sorted(tmp_path.iterdir()), UTC), domain=DOMAIN)
    outcomes = {clue.key: clue.outcome for clue in clues.found}
    assert outcomes == {
        traditional.key: Outcome.DELIVERED,
        iso.key: Outcome.DELIVERED,
        journal.key: Outcome.DELIVERED,
        exim.key: Outcome.BOUNCED,
        zipped.key: Outcome.DELIVERED,
    }
    assert {clue.at and clue.at.replace(microsecond=0) for clue in clues.found} == {NOW + timedelta(minutes=1)}


def test_what_becomes_of_a_mail_after_a_filter_counts(tmp_path: Path) -> None:
    [first, *_] = partly_unknown(1)
    before, after = postfix("4AAAAA", first.key), postfix("4BBBBB", first.key, status="deferred", dsn="4.4.1")
    [clue] = found(tmp_path, [*before[:3], *after[:4], *before[3:]]).found
    assert clue.outcome is Outcome.DEFERRED


def test_a_line_of_no_time_on_earth_is_passed_over(tmp_path: Path) -> None:
    [sent, *_] = partly_unknown(1)
    odd = ["9999-12-31T23:59:59-12:00 mail postfix/qmgr[3]: odd", "0001-01-01T00:00:00+12:00 mail postfix/qmgr[3]: odd"]
    assert [clue.key for clue in found(tmp_path, [*odd, *postfix("4AAAAA", sent.key)]).found] == [sent.key]


@pytest.mark.parametrize("missing", ["nowhere.log", "broken.gz", "spoiled.gz", "cut.gz", "torn.export"])
def test_a_log_that_cannot_be_read_is_named(tmp_path: Path, missing: str) -> None:
    partly_unknown(1)
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8bnot really")
    zipped = gzip.compress("".join(f"line {number}\n" for number in range(10_000)).encode())
    (tmp_path / "spoiled.gz").write_bytes(zipped[:500] + b"\xff" * 500 + zipped[1000:])
    (tmp_path / "cut.gz").write_bytes(zipped[:-500])
    (tmp_path / "torn.export").write_bytes(b"__CURSOR=s=1\nMESSAGE\n" + b"\xff" * 8 + b"text\n\n")
    send = Send.objects.get()
    with pytest.raises(UsageError, match=missing):
        clues_from_logs(send, find_unknown(send), MailLogs([tmp_path / missing], UTC), domain=DOMAIN)
