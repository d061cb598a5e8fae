"""Our side of the benchmark over SMTP: a site folder and database of its own, invented readers, and whole sends to them."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import django

from benchmarks.smtp_servers import MESSAGE_BYTES
from tests.site_folder import make_site_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.delivery.letters import Letter
    from newsletter.delivery.transports.port import Transport
    from newsletter.rendering.edition import Edition


SIGNING_DOMAIN: Final = "metsmatters.example"
SELECTOR: Final = "benchmark"


class BenchmarkNewsletter:
    """Made before anything of ours is imported: the settings are read from its folder."""

    def __init__(self, folder: Path, readers: int) -> None:
        os.environ["NEWSLETTER_HOME"] = str(make_site_folder(folder / "site"))
        os.environ["NEWSLETTER_DATABASE__URL"] = "sqlite:///var/benchmark.sqlite3"
        os.environ["NEWSLETTER_DELIVERY__TRANSPORT"] = "smtp"  # begun by mail, a send goes on by mail
        os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.project.settings"
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415 - after setup, as all of ours

        from newsletter.delivery.dkim_key import make_key  # noqa: PLC0415
        from tests.contract.delivery import samples  # noqa: PLC0415

        self.key_file = folder / "dkim.pem"
        make_key(self.key_file)
        call_command("migrate", verbosity=0)
        samples.add_readers(readers, languages=("en",))
        self._samples = samples
        self._readers = readers
        self._filler = "Words that say something, in plain English and not too many. " * (MESSAGE_BYTES // 128)
        self._sends = 0

    @property
    def edition(self) -> Edition:
        """The edition that is sent: 60 kB, personal in both parts."""
        return self._samples.edition(filler=self._filler)

    @property
    def now(self) -> datetime:
        """The moment that the mails are dated with."""
        return self._samples.NOW

    def prepare_send(self) -> None:
        """Freeze the audience of one more issue."""
        from newsletter.authoring.lock import TrialLock  # noqa: PLC0415
        from newsletter.delivery.preparing import freeze_audience, start_send  # noqa: PLC0415
        from newsletter.publishing.candidates import freeze  # noqa: PLC0415
        from newsletter.publishing.models import Slot, SlotState  # noqa: PLC0415

        self._sends += 1
        issue, now = f"{2030 + self._sends}-01", self._samples.NOW.replace(year=2030 + self._sends)
        editions = [replace(self.edition, issue=issue)]
        candidate = freeze(editions, TrialLock(), issue=issue, review_by=None, cards={}, now=now)
        slot = Slot.objects.create(at=now, issue=issue, state=SlotState.RELEASED, candidate=candidate)
        send_id = start_send(slot_id=slot.pk, issue=issue, candidate_id=candidate.pk, transport="smtp", now=now)
        assert send_id is not None
        freeze_audience(send_id, on=now.date(), now=now)

    def deliver(self, port: int, *, connections: int, signed: bool = False) -> None:
        """Deliver the prepared send, ledger and all."""
        self.deliver_by(self._transport(port, connections, signed=signed))

    def deliver_by(self, transport: Transport) -> None:
        """Deliver the prepared send by a transport that is open, ledger and all."""
        from django.conf import settings  # noqa: PLC0415

        from newsletter.clock import system_clock  # noqa: PLC0415
        from newsletter.delivery.sending import deliver_open_sends  # noqa: PLC0415

        summary = deliver_open_sends(settings.NEWSLETTER, system_clock, worker="benchmark", transport=transport)
        assert summary.finished, summary
        assert sum(summary.run.answers.values()) == self._readers

    def send_without_ledger(self, port: int, *, connections: int, messages: int) -> None:
        """Send letters that are spliced on the way, with no ledger."""
        self.send_letters(self._transport(port, connections), self.letters(messages))

    def letters(self, count: int) -> list[Letter]:
        """Make letters of one form."""
        form = self._samples.letter_form(filler=self._filler)
        return [self._samples.letter(number, form) for number in range(1, count + 1)]

    @staticmethod
    def send_letters(transport: Transport, letters: Sequence[Letter]) -> None:
        """Send letters with no ledger."""
        from tests.contract.delivery.deliver import deliver  # noqa: PLC0415

        answers = deliver(transport, letters)
        assert all(answer.kind == "accepted" for _, answer in answers)

    def _transport(self, port: int, connections: int, *, signed: bool = False) -> Transport:
        from newsletter.delivery.dkim import DkimSigner  # noqa: PLC0415
        from newsletter.delivery.dkim_key import read_key  # noqa: PLC0415
        from newsletter.delivery.transports.smtp import SmtpTransport  # noqa: PLC0415
        from newsletter.settings import SmtpSettings  # noqa: PLC0415

        signer = DkimSigner(domain=SIGNING_DOMAIN, selector=SELECTOR, key=read_key(self.key_file)) if signed else None
        settings = SmtpSettings(port=port, connections=connections, messages_per_connection=1_000_000)
        return SmtpTransport(settings, signer=signer)
