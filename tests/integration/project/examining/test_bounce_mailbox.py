"""The mailbox for bounces, opened for reading only."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.project.examining.bounce_mailbox import examine_imap
from newsletter.project.examining.diagnosis import Diagnosis, Verdict
from newsletter.settings import ImapSettings
from tests.integration.delivery.recording_imap import RecordingImap, recording_imap


def examine(imap: RecordingImap, certificate: Path, **changes: object) -> Diagnosis:
    values = {
        "host": "127.0.0.1",
        "port": imap.port,
        "username": imap.user,
        "password": "secret word",
        "ca_file": str(certificate),
    }
    return examine_imap(ImapSettings.model_validate({**values, **changes}), timeout=2)


@pytest.mark.parametrize("plain", [True, False], ids=["AUTHENTICATE", "LOGIN"])
def test_a_mailbox_is_opened_for_reading_only(certificate: Path, plain: bool) -> None:  # noqa: FBT001 - pytest passes it
    with recording_imap(certificate) as imap:
        imap.plain = plain
        imap.deliver(b"Subject: it came back\r\n\r\n")
        found = examine(imap, certificate)
    assert found.verdict is Verdict.OK
    assert "1 mails" in found.said
    assert "EXAMINE" in imap.commands
    assert not {"SELECT", "UID FETCH", "UID STORE"} & {*imap.commands}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "wrong"}, "does not let bounces in"),
        ({"password": "año"}, "does not let bounces in"),
        ({"folder": "Elsewhere"}, "no folder Elsewhere"),
        ({"ca_file": ""}, "does not answer"),
        ({"port": 9}, "does not answer"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(certificate: Path, change: dict[str, object], said: str) -> None:
    with recording_imap(certificate) as imap:
        found = examine(imap, certificate, **change)
    assert found.verdict is Verdict.PROBLEM
    assert said in found.said
    assert "secret word" not in str(found)
