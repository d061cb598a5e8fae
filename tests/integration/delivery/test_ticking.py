from __future__ import annotations

import pytest
from django.conf import settings

from newsletter.cli.ticking import Ticking
from newsletter.config import SmtpSettings
from newsletter.delivery.models import PausedFor, Send
from tests.contract.delivery.samples import NOW, add_readers, begin_send, handovers
from tests.integration.delivery.recording_smtp import RecordingSmtp, running


@pytest.mark.django_db(transaction=True)
def test_after_refusals_for_what_we_are_the_next_looks_send_nothing() -> None:
    add_readers(60)
    begin_send(transport="smtp")
    server = RecordingSmtp(refuse=lambda line: "550 5.7.26 unauthenticated" if line.startswith("RCPT") else "")
    with running(server):
        known = settings.NEWSLETTER
        delivery = known.delivery.model_copy(
            update={"transport": "smtp", "smtp": SmtpSettings(port=server.port, connections=1, timeout_seconds=5)}
        )
        ticking = Ticking(known.model_copy(update={"delivery": delivery}), lambda: NOW)
        ticking._deliver()
        said = len(server.commands)
        ticking._deliver()
    assert 0 < said == len(server.commands)
    assert handovers() == {"queued": 60}
    assert Send.objects.get().paused_for == PausedFor.ERRORS
