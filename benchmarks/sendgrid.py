"""Recipients a second by SendGrid's API: ours beside the sendgrid library's helper classes and client, on the same ledger.

``python -m benchmarks.sendgrid``. Both post over TLS into a local sink, a process of its own, groups of 1,000 with the same JSON.
*whole send*: claiming, marking before the wire (synchronous FULL), opening the sealed addresses, links, writing the request,
sending and recording; *without ledger*: writing and sending.
"""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.sendgrid_sink import SendgridSink, sendgrid_sink
from benchmarks.sides import RECIPIENTS_A_SECOND, Comparison, Reach, Report, Side, make_parser
from benchmarks.smtp_newsletter import BenchmarkNewsletter
from tests.certificate import make_certificate

if TYPE_CHECKING:
    from newsletter.delivery.transports.port import Transport

HELPER = "helper classes, their client"


class SendgridSides:
    """Both ways of sending, into one sink."""

    def __init__(self, newsletter: BenchmarkNewsletter, sink: SendgridSink, certificate: Path, *, people: int) -> None:
        self._newsletter = newsletter
        self._sink = sink
        self._certificate = certificate
        self._people = people

    def whole_send(self, *, helper: bool, connections: int) -> float:
        """Deliver to an audience, which is frozen before, and give recipients a second."""
        self._newsletter.prepare_send()
        transport = self._transport(helper=helper, connections=connections)
        return self._rate(partial(self._newsletter.deliver_by, transport))

    def without_ledger(self, *, helper: bool, connections: int) -> float:
        """Write and send letters that are there already, and give recipients a second."""
        letters = self._newsletter.letters(self._people)
        transport = self._transport(helper=helper, connections=connections)
        return self._rate(partial(self._newsletter.send_letters, transport, letters))

    def _rate(self, act: Callable[[], None]) -> float:
        before, started = self._sink.people(), time.perf_counter()
        act()
        seconds = time.perf_counter() - started
        assert self._sink.people() - before == self._people
        return self._people / seconds

    def _transport(self, *, helper: bool, connections: int) -> Transport:
        from pydantic import SecretStr  # noqa: PLC0415 - after Django's set-up, as all of ours

        from benchmarks.sendgrid_by_hand import HelperTransport  # noqa: PLC0415
        from newsletter.delivery.transports.sendgrid import SendgridTransport  # noqa: PLC0415
        from newsletter.settings import SendgridSettings  # noqa: PLC0415

        if helper:
            return HelperTransport(self._sink.url, connections=connections)
        settings = SendgridSettings(
            host=self._sink.url, api_key=SecretStr("SG.benchmark"), connections=connections, ca_file=str(self._certificate)
        )
        return SendgridTransport(settings)


def main() -> None:
    """Run and print."""
    parser = make_parser(__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    gc.set_threshold(20_000)  # as every command does
    report = Report("sendgrid", title=f"Mail over SendGrid's API: {options.people} recipients of 60 kB", rounds=options.rounds)
    with tempfile.TemporaryDirectory(prefix="newsletter-benchmark-") as folder:
        certificate = make_certificate(Path(folder) / "certificate.pem")
        os.environ["SSL_CERT_FILE"] = str(certificate)  # the library's client trusts what OpenSSL does
        newsletter = BenchmarkNewsletter(Path(folder), options.people)
        with sendgrid_sink(certificate) as sink:
            sides = SendgridSides(newsletter, sink, certificate, people=options.people)
            for connections in options.connections:
                name = f"{connections} connection{'s' if connections > 1 else ''}"
                for what, act, reach in (("whole send", sides.whole_send, 6.5), ("without ledger", sides.without_ledger, 0.0)):
                    compared = [
                        Side(HELPER, partial(act, helper=True, connections=connections)),
                        Side("ours", partial(act, helper=False, connections=connections), reach=Reach(reach) if reach else None),
                    ]
                    report.compare(Comparison(f"{what}, {name}", RECIPIENTS_A_SECOND, compared, anchor=HELPER))
    report.save(options.json)


if __name__ == "__main__":
    main()
