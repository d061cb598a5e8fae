"""Messages a second by SMTP into Postfix's smtp-sink: ours beside smtp-source and beside a plain smtplib loop, in one run.

``python -m benchmarks.smtp [--postfix DIR]``; DIR is where ``smtp-sink`` and ``smtp-source`` are, unless they are on PATH. They
need no installation: ``apt-get download postfix; dpkg -x postfix_*.deb pf`` gives ``pf/usr/sbin``, to be readable by all.

*whole send*: claiming, marking before the wire (synchronous FULL), opening the sealed addresses, links, splicing, sending and
recording. *transport alone*: splicing and sending. Rounds are interleaved; the ratio is to smtp-source of the same round.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import django

from tests.site_folder import make_site_folder

if TYPE_CHECKING:
    from newsletter.delivery.transports.port import Transport

MESSAGE_BYTES = 60_000


class Postfix:
    """Where Postfix's two test programs are, and how they are started."""

    def __init__(self, folder: str) -> None:
        self._path = f"{folder}:{os.environ['PATH']}" if folder else os.environ["PATH"]
        self._environment = dict(os.environ)
        libraries = Path(folder).parent / "lib" / "postfix"
        if folder and libraries.is_dir():
            self._environment["LD_LIBRARY_PATH"] = str(libraries)

    def start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one of the two programs."""
        found = shutil.which(program, path=self._path)
        if found is None:
            sys.exit(f"{program} was not found: name its folder with --postfix, or install postfix.")
        return subprocess.Popen([found, *arguments], env=self._environment)

    @contextmanager
    def sink(self) -> Iterator[int]:
        """Run smtp-sink on a free port while the block lasts."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
        sink = self.start("smtp-sink", *as_nobody, f"127.0.0.1:{port}", "1024")
        try:
            for _ in range(100):
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.02)
            yield port
        finally:
            sink.terminate()
            sink.wait()

    def source(self, port: int, *, connections: int, messages: int) -> None:
        """Send with smtp-source over kept connections."""
        size = ["-s", str(connections), "-m", str(messages), "-l", str(MESSAGE_BYTES)]
        people = ["-f", "a@metsmatters.example", "-t", "b@example.org"]
        if self.start("smtp-source", "-d", *size, *people, f"127.0.0.1:{port}").wait() != 0:
            sys.exit("smtp-source failed")


class Newsletter:
    """A site folder and database of its own, with invented readers; made before anything of ours is imported."""

    def __init__(self, folder: Path, readers: int) -> None:
        os.environ["NEWSLETTER_HOME"] = str(make_site_folder(folder / "site"))
        os.environ["NEWSLETTER_DATABASE__URL"] = "sqlite:///var/benchmark.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.project.settings"
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415 - after setup, as all of ours

        from tests.contract.delivery import samples  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        samples.add_readers(readers, languages=("en",))
        self._samples = samples
        self._readers = readers
        self._filler = "Words that say something, in plain English and not too many. " * (MESSAGE_BYTES // 128)
        self._sends = 0

    def prepare_send(self) -> None:
        """Freeze the audience of one more issue."""
        from newsletter.authoring.lock import TrialLock  # noqa: PLC0415
        from newsletter.delivery.preparing import freeze_audience, start_send  # noqa: PLC0415
        from newsletter.publishing.candidates import freeze  # noqa: PLC0415
        from newsletter.publishing.models import Slot, SlotState  # noqa: PLC0415

        self._sends += 1
        issue, now = f"{2030 + self._sends}-01", self._samples.NOW.replace(year=2030 + self._sends)
        editions = [replace(self._samples.edition(filler=self._filler), issue=issue)]
        candidate = freeze(editions, TrialLock(), issue=issue, review_by=None, cards={}, now=now)
        slot = Slot.objects.create(at=now, issue=issue, state=SlotState.RELEASED, candidate=candidate)
        send_id = start_send(slot_id=slot.pk, issue=issue, candidate_id=candidate.pk, transport="smtp", now=now)
        assert send_id is not None
        freeze_audience(send_id, on=now.date(), now=now)

    def deliver(self, port: int, *, connections: int) -> None:
        """Deliver the prepared send, ledger and all."""
        from django.conf import settings  # noqa: PLC0415

        from newsletter.clock import system_clock  # noqa: PLC0415
        from newsletter.delivery.sending import deliver_open_sends  # noqa: PLC0415

        summary = deliver_open_sends(
            settings.NEWSLETTER, system_clock, worker="benchmark", transport=self._transport(port, connections)
        )
        assert summary.finished, summary
        assert sum(summary.run.answers.values()) == self._readers

    def send_without_ledger(self, port: int, *, connections: int, messages: int) -> None:
        """Send letters that are spliced on the way, with no ledger."""
        from tests.contract.delivery.deliver import deliver  # noqa: PLC0415

        form = self._samples.letter_form(filler=self._filler)
        letters = [self._samples.letter(number, form) for number in range(1, messages + 1)]
        answers = deliver(self._transport(port, connections), letters)
        assert all(answer.kind == "accepted" for _, answer in answers)

    def send_with_smtplib(self, port: int, *, messages: int) -> None:
        """Send as most programs do: EmailMessage and smtplib, one kept connection."""
        edition = self._samples.edition(filler=self._filler)
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
            for number in range(messages):
                mail = EmailMessage()
                mail["From"], mail["To"] = "letter@metsmatters.example", f"reader{number}@example.org"
                mail["Subject"], mail["Date"] = edition.subject, format_datetime(self._samples.NOW)
                mail.set_content(edition.text)
                mail.add_alternative(edition.html, subtype="html")
                server.send_message(mail)

    @staticmethod
    def _transport(port: int, connections: int) -> Transport:
        from newsletter.config import SmtpSettings  # noqa: PLC0415
        from newsletter.delivery.transports.smtp import SmtpTransport  # noqa: PLC0415

        return SmtpTransport(SmtpSettings(port=port, connections=connections, messages_per_connection=1_000_000))


def rate(messages: int, act: Callable[[], None]) -> float:
    """Give messages a second."""
    started = time.perf_counter()
    act()
    return messages / (time.perf_counter() - started)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postfix", default="", metavar="DIR")
    parser.add_argument("--messages", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 10, 50])
    options = parser.parse_args()
    postfix, few = Postfix(options.postfix), max(50, options.messages // 20)
    cpu = next((line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    print(f"{platform.platform()}, {cpu or platform.processor()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{options.messages} messages of {MESSAGE_BYTES // 1000} kB, {options.rounds} rounds; messages/s: median (range)\n")
    with tempfile.TemporaryDirectory(prefix="newsletter-benchmark-") as folder:
        newsletter = Newsletter(Path(folder), options.messages)
        for connections in options.connections:
            measure(newsletter, postfix, options, connections=connections, few=few)


def measure(newsletter: Newsletter, postfix: Postfix, options: argparse.Namespace, *, connections: int, few: int) -> None:
    """Run all rounds for one number of connections and print what they gave."""
    rates: dict[str, list[float]] = {"smtp-source": [], "whole send": [], "transport alone": [], "EmailMessage + smtplib": []}
    number = options.messages
    for _ in range(options.rounds):
        newsletter.prepare_send()
        with postfix.sink() as port:
            acts: dict[str, tuple[int, Callable[[], None]]] = {
                "smtp-source": (number, partial(postfix.source, port, connections=connections, messages=number)),
                "whole send": (number, partial(newsletter.deliver, port, connections=connections)),
                "transport alone": (
                    number,
                    partial(newsletter.send_without_ledger, port, connections=connections, messages=number),
                ),
                "EmailMessage + smtplib": (few, partial(newsletter.send_with_smtplib, port, messages=few)),
            }
            for name, (count, act) in acts.items():
                rates[name].append(rate(count, act))
    print(f"{connections} connections")
    for name, measured in rates.items():
        ratio = statistics.median(mine / source for mine, source in zip(measured, rates["smtp-source"], strict=True))
        low, middle, high = min(measured), statistics.median(measured), max(measured)
        print(f"  {name:24}{middle:8.0f} ({low:.0f} to {high:.0f})   {ratio:.2f} x smtp-source")


if __name__ == "__main__":
    main()
