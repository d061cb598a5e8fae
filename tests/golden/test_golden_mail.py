"""One mail that has one of everything, compared with files that a person has looked at.

When a change of its looks is meant, copy the new files as the failure says, and read the diff before you commit it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.authoring.issue import Sponsor
from newsletter.authoring.lock import TrialLock
from newsletter.rendering.edition import Edition
from newsletter.rendering.mail_headers import MailHeaders
from newsletter.rendering.merge import Personal
from newsletter.rendering.message import compile_message
from tests.unit.rendering.drafting import TRIAL, draw, write_issue

FOLDER = Path(__file__).parent / "mail"
HEADERS = MailHeaders(
    from_name="Mets Matters from SHARE",
    from_address="letter@example.org",
    reply_to="editors@example.org",
    list_id="mets-matters.example.org",
    list_name="Mets Matters",
    archive_url="https://letter.example.org/issues/",
    help_url="https://www.example.org",
)
READER = Personal("Zoë", "zoe@example.org", "https://letter.example.org/m/abc", "https://letter.example.org/u/abc")


@pytest.fixture(scope="module")
def edition() -> Edition:
    """Draw the golden issue."""
    lock = TrialLock({trial.nct_id: trial for trial in (TRIAL, replace(TRIAL, nct_id="NCT09990001"))})
    issue = write_issue((FOLDER / "issue.md").read_text("utf-8"), lock=lock, folder=FOLDER)
    return draw(
        replace(issue, sponsors=(Sponsor("Example Foundation", "https://example.org/", "An example."), Sponsor("Another")))
    )


@pytest.mark.parametrize("name", ["email.html", "email.txt", "web.html", "message.eml"])
def test_the_mail_is_the_one_that_was_looked_at(edition: Edition, name: str, tmp_path: Path) -> None:
    message = compile_message(edition, HEADERS).message(
        READER, message_id="<0123@example.org>", date=datetime(2026, 12, 1, 15, tzinfo=UTC)
    )
    drawn = {"email.html": edition.html.encode(), "email.txt": edition.text.encode(), "web.html": edition.web.encode()}
    (tmp_path / name).write_bytes({**drawn, "message.eml": message}[name])
    golden = FOLDER / name
    same = golden.is_file() and golden.read_bytes() == (tmp_path / name).read_bytes()
    assert same, f"{name} has changed. If you meant it: cp {tmp_path / name} {golden}, and read the diff"
