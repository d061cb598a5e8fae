"""Messages a second by SMTP: ours beside Postfix's smtp-source, and beside a plain loop of Jinja, EmailMessage and smtplib.

``python -m benchmarks.smtp [--postfix DIR]``; DIR is where ``smtp-sink`` and ``smtp-source`` are, unless they are on PATH. They
need no installation: ``apt-get download postfix; dpkg -x postfix_*.deb pf`` gives ``pf/usr/sbin``, to be readable by all.

*whole send*: claiming, marking before the wire (synchronous FULL), opening the sealed addresses, links, splicing, sending and
recording. *transport alone*: splicing and sending. Each into Postfix's smtp-sink, which is the limit there, and into one that is
not (benchmarks/fast_sink.py). The plain loop is measured on fewer messages; it has no ledger and one connection.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sides import MESSAGES_A_SECOND, Comparison, Reach, Report, Side, make_parser
from benchmarks.smtp_newsletter import BenchmarkNewsletter
from benchmarks.smtp_servers import MESSAGE_BYTES, Postfix, fast_sink

AGAINST = ("smtp-source", "by-hand", "by-hand-signed")


@dataclass(frozen=True)
class Bench:
    """What all comparisons share."""

    report: Report
    newsletter: BenchmarkNewsletter
    postfix: Postfix
    messages: int


class Rounds:
    """One number of connections into one sink, and what each of its rounds needs."""

    def __init__(
        self, newsletter: BenchmarkNewsletter, open_sink: Callable[[], AbstractContextManager[int]], *, connections: int
    ) -> None:
        self._newsletter = newsletter
        self._open_sink = open_sink
        self.connections = connections
        self.port = 0

    @contextmanager
    def around(self) -> Iterator[None]:
        """Freeze one more audience and open the sink."""
        self._newsletter.prepare_send()
        with self._open_sink() as self.port:
            yield

    def deliver(self) -> None:
        """Deliver the audience that was frozen."""
        self._newsletter.deliver(self.port, connections=self.connections)

    def deliver_signed(self) -> None:
        """Deliver the audience that was frozen, with DKIM signatures."""
        self._newsletter.deliver(self.port, connections=self.connections, signed=True)


def main() -> None:
    """Run and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--postfix", default="", metavar="DIR")
    parser.add_argument("--messages", type=int, default=3_000)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--against", nargs="+", choices=AGAINST, default=AGAINST, help="beside what ours is measured")
    options = parser.parse_args()
    postfix = Postfix(options.postfix)
    title = f"Mail over SMTP: {options.messages} messages of {MESSAGE_BYTES // 1000} kB"
    report = Report("smtp", title=title, rounds=options.rounds)
    with tempfile.TemporaryDirectory(prefix="newsletter-benchmark-") as folder:
        newsletter = BenchmarkNewsletter(Path(folder), options.messages)
        bench = Bench(report, newsletter, postfix, options.messages)
        if "smtp-source" in options.against:
            for name, open_sink, reach in (("smtp-sink", postfix.sink, 1.0), ("the fast sink", fast_sink, 0.7)):
                for connections in options.connections:
                    compare_with_source(bench, Rounds(newsletter, open_sink, connections=connections), sink=name, reach=reach)
        for connections in [number for number in options.connections if number >= 10] or options.connections:
            rounds = Rounds(newsletter, fast_sink, connections=connections)
            if "by-hand" in options.against:
                compare_with_mail_by_hand(bench, rounds, signed=False, reach=15)
            if "by-hand-signed" in options.against:
                compare_with_mail_by_hand(bench, rounds, signed=True, reach=30)
    report.save(options.json)


def compare_with_source(bench: Bench, rounds: Rounds, *, sink: str, reach: float) -> None:
    """Compare with smtp-source over as many connections."""
    number, connections, newsletter = bench.messages, rounds.connections, bench.newsletter
    sides = [
        Side("smtp-source", lambda: bench.postfix.source(rounds.port, connections=connections, messages=number), number),
        Side("whole send", rounds.deliver, number, Reach(reach)),
        Side(
            "transport alone",
            lambda: newsletter.send_without_ledger(rounds.port, connections=connections, messages=number),
            number,
        ),
    ]
    name = f"into {sink}, {in_words(connections)}"
    bench.report.compare(Comparison(name, MESSAGES_A_SECOND, sides, anchor="smtp-source", around=rounds.around))


def compare_with_mail_by_hand(bench: Bench, rounds: Rounds, *, signed: bool, reach: float) -> None:
    """Compare with a plain loop over one connection."""
    from benchmarks.smtp_by_hand import MailByHand  # noqa: PLC0415 - after Django's set-up

    number = bench.messages
    few = max(50, number // 20)
    by_hand = MailByHand(bench.newsletter.edition, bench.newsletter.now, key_file=bench.newsletter.key_file)
    anchor = "Jinja, EmailMessage, dkimpy, smtplib" if signed else "Jinja, EmailMessage, smtplib"
    send = by_hand.send_signed if signed else by_hand.send
    sides = [
        Side(anchor, lambda: send(rounds.port, messages=few), few),
        Side("whole send", rounds.deliver_signed if signed else rounds.deliver, number, Reach(reach)),
    ]
    name = f"{'signed' if signed else 'not signed'}, into the fast sink, {in_words(rounds.connections)}"
    bench.report.compare(Comparison(name, MESSAGES_A_SECOND, sides, anchor=anchor, around=rounds.around))


def in_words(connections: int) -> str:
    """Say how many connections there are."""
    return "1 connection" if connections == 1 else f"{connections} connections"


if __name__ == "__main__":
    main()
