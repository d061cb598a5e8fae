"""Messages a second by SMTP: ours beside Postfix's smtp-source, and beside a plain loop of Jinja, EmailMessage and smtplib.

``python -m benchmarks.smtp [--postfix DIR]``; DIR is where ``smtp-sink`` and ``smtp-source`` are, unless they are on PATH. They
need no installation: ``apt-get download postfix; dpkg -x postfix_*.deb pf`` gives ``pf/usr/sbin``, to be readable by all.

*whole send*: claiming, marking before the wire (synchronous FULL), opening the sealed addresses, links, splicing, sending and
recording. *transport alone*: splicing and sending. Each into Postfix's smtp-sink, which is the limit there, and into one that is
not (benchmarks/fast_sink.py).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.sides import MESSAGES_A_SECOND, Comparison, Reach, Report, Side, make_parser
from benchmarks.smtp_newsletter import BenchmarkNewsletter
from benchmarks.smtp_servers import MESSAGE_BYTES, Postfix, fast_sink

SINKS = ("smtp-sink", "fast sink")


class Rounds:
    """One number of connections into one sink: what is compared, and what a round needs."""

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


def main() -> None:
    """Run and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--postfix", default="", metavar="DIR")
    parser.add_argument("--messages", type=int, default=3_000)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--sinks", nargs="+", choices=SINKS, default=SINKS)
    options = parser.parse_args()
    postfix = Postfix(options.postfix)
    title = f"Mail over SMTP: {options.messages} messages of {MESSAGE_BYTES // 1000} kB"
    report = Report("smtp", title=title, rounds=options.rounds)
    with tempfile.TemporaryDirectory(prefix="newsletter-benchmark-") as folder:
        newsletter = BenchmarkNewsletter(Path(folder), options.messages)
        for sink in options.sinks:
            open_sink = postfix.sink if sink == "smtp-sink" else fast_sink
            for connections in options.connections:
                rounds = Rounds(newsletter, open_sink, connections=connections)
                compare(report, newsletter, postfix, rounds, sink=sink, options=options)
    report.save(options.json)


def compare(
    report: Report,
    newsletter: BenchmarkNewsletter,
    postfix: Postfix,
    rounds: Rounds,
    *,
    sink: str,
    options: argparse.Namespace,
) -> None:
    """Compare with smtp-source over as many connections, and with a plain loop."""
    from benchmarks.smtp_by_hand import MailByHand  # noqa: PLC0415 - after Django's set-up

    number, connections = options.messages, rounds.connections
    few = max(50, number // 20)
    by_hand = MailByHand(newsletter.edition, newsletter.now)
    send = partial(newsletter.send_without_ledger, connections=connections, messages=number)
    sides = [
        Side("smtp-source", lambda: postfix.source(rounds.port, connections=connections, messages=number), number),
        Side("whole send", rounds.deliver, number, Reach(1.0 if sink == "smtp-sink" else 0.7)),
        Side("transport alone", lambda: send(rounds.port), number),
        Side("Jinja, EmailMessage, smtplib", lambda: by_hand.send(rounds.port, messages=few), few),
    ]
    name = f"into {sink}, {connections} connection{'s' if connections > 1 else ''}"
    report.compare(Comparison(name, MESSAGES_A_SECOND, sides, anchor="smtp-source", around=rounds.around))


if __name__ == "__main__":
    main()
