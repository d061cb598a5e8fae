"""What is signed here, and by which transport: mails to readers and service mails, but nothing that SendGrid signs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from pydantic import SecretStr

from newsletter.config import Config
from newsletter.delivery.dkim_key import dns_record, make_key, read_key
from newsletter.delivery.letters import Letter
from newsletter.delivery.service_letters import service_letter
from newsletter.delivery.transports.opening import open_transport
from newsletter.errors import SettingsError
from newsletter.postbox.emptying import ClaimedMail
from newsletter.settings import DkimSettings, SendgridSettings, SmtpSettings
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import letters
from tests.contract.delivery.service_samples import content
from tests.integration.delivery.recording_smtp import RecordingSmtp, running
from tests.unit.delivery.signing import DOMAIN, SELECTOR, verifies


def signing(folder: Path, **delivery: object) -> Config:
    known: Config = settings.NEWSLETTER
    dkim = DkimSettings(domain=DOMAIN, selector=SELECTOR, key_file=folder / "dkim.pem")
    return known.model_copy(
        update={"home": folder, "delivery": known.delivery.model_copy(update={"dkim": dkim, "outbox": folder / "box"} | delivery)}
    )


def mails(config: Config) -> list[Letter]:
    """Give one mail to a reader and one service mail, dated now: a signature from the future would not verify."""
    now = datetime.now(UTC)
    claimed = ClaimedMail(7, f"{7:032x}", "c" * 32, 1, content(text="Line\n.\n"))
    return [replace(letters(1)[0], date=now), service_letter(claimed, config, now=now)]


def test_the_outbox_holds_signed_mails(tmp_path: Path) -> None:
    make_key(tmp_path / "dkim.pem")
    config = signing(tmp_path, transport="outbox")
    deliver(open_transport(config), mails(config))
    files = list((tmp_path / "box" / "new").iterdir())
    record = dns_record(read_key(tmp_path / "dkim.pem"), domain=DOMAIN, selector=SELECTOR)
    assert [verifies(file.read_bytes(), record) for file in files] == [True, True]


def test_a_mail_server_gets_signed_mails(tmp_path: Path) -> None:
    make_key(tmp_path / "dkim.pem")
    with running(RecordingSmtp()) as server:
        config = signing(tmp_path, transport="smtp", smtp=SmtpSettings(port=server.port, connections=2))
        deliver(open_transport(config), mails(config))
    record = dns_record(read_key(tmp_path / "dkim.pem"), domain=DOMAIN, selector=SELECTOR)
    assert [verifies(mail.content, record) for mail in server.mails] == [True, True]


@pytest.mark.parametrize("transport", ["outbox", "smtp"])
def test_without_its_key_nothing_is_sent_unsigned(transport: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Make one: newsletter dkim"):
        open_transport(signing(tmp_path, transport=transport))


def test_sendgrid_needs_no_key_of_ours(tmp_path: Path) -> None:
    sendgrid = SendgridSettings(api_key=SecretStr("SG.test"))
    assert open_transport(signing(tmp_path, transport="sendgrid", sendgrid=sendgrid)).name == "sendgrid"
