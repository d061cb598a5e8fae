from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from pydantic import SecretStr

from newsletter.config import Config
from newsletter.delivery.lease import read_boot_clock
from newsletter.delivery.mailbag import Mailbag
from newsletter.delivery.transports.opening import open_transport
from newsletter.delivery.transports.outbox import OutboxTransport
from newsletter.delivery.transports.port import AnswerKind
from newsletter.errors import SettingsError, TransportError
from newsletter.settings import SendgridSettings
from tests.contract.delivery.deliver import deliver
from tests.contract.delivery.samples import letters


@pytest.mark.parametrize("name", ["outbox", "smtp", "sendgrid"])
def test_the_settings_choose_the_transport(name: str) -> None:
    config: Config = settings.NEWSLETTER
    sendgrid = SendgridSettings(api_key=SecretStr("SG.test"))
    delivery = config.delivery.model_copy(update={"transport": name, "sendgrid": sendgrid})
    assert open_transport(config.model_copy(update={"delivery": delivery})).name == name


def test_a_category_that_is_one_of_the_newsletters_topics_is_refused() -> None:
    config: Config = settings.NEWSLETTER
    for category in ("tnbc", "Triple negativo"):
        sendgrid = SendgridSettings(api_key=SecretStr("SG.test"), categories=(category,))
        delivery = config.delivery.model_copy(update={"transport": "sendgrid", "sendgrid": sendgrid})
        with pytest.raises(SettingsError, match=f"'{category}' is a topic"):
            open_transport(config.model_copy(update={"delivery": delivery}))


def test_a_letter_put_into_the_outbox_twice_lies_there_once(tmp_path: Path) -> None:
    for _ in range(2):
        answers = deliver(OutboxTransport(tmp_path), letters(3))
        assert {answer.kind for _, answer in answers} == {AnswerKind.ACCEPTED}
    assert len(list((tmp_path / "new").iterdir())) == 3
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_letter_that_a_mail_program_has_shown_is_not_put_there_again(tmp_path: Path) -> None:
    [one] = letters(1)
    deliver(OutboxTransport(tmp_path), [one])
    (tmp_path / "new" / one.key).rename(tmp_path / "cur" / f"{one.key}:2,S")
    deliver(OutboxTransport(tmp_path), [one])
    assert list((tmp_path / "new").iterdir()) == []


def test_nobody_else_on_this_machine_reads_the_outbox(tmp_path: Path) -> None:
    deliver(OutboxTransport(tmp_path / "outbox"), letters(1))
    [file] = (tmp_path / "outbox" / "new").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


def test_an_outbox_that_fails_halfway_knows_which_letters_lie_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    rename = Path.rename

    def fails_at_the_third(self: Path, target: Path) -> Path:
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(self)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_at_the_third)
    problems: list[TransportError] = []
    answers = deliver(OutboxTransport(tmp_path), letters(4), problems=problems)
    assert [answer.kind for _, answer in answers] == [AnswerKind.UNKNOWN] * 2 + [AnswerKind.NOT_SENT] * 2
    assert "No space left" in str(problems[0])


def test_where_boots_have_no_name_the_lease_clock_still_runs(tmp_path: Path) -> None:
    named = tmp_path / "boot_id"
    named.write_text("abc\n")
    assert read_boot_clock(named).epoch == "abc"
    assert read_boot_clock(tmp_path / "missing").epoch == "boot"
    assert len(Mailbag()) == 0
