"""Milliseconds to compile the sample issue, warm: ``python -m benchmarks.compile``. No network, no database."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from newsletter.authoring.folder import read_issues
from newsletter.checking.check import check_editions
from newsletter.checking.written_issue import drafts
from newsletter.config import load_config
from newsletter.rendering.design import load_design
from newsletter.rendering.mail_headers import MailHeaders
from newsletter.rendering.merge import Personal
from newsletter.rendering.message import compile_message
from newsletter.rendering.render import Letterhead, render_editions

ROUNDS = 30
MESSAGES = 2_000


def milliseconds(work: Callable[[], object]) -> str:
    """Give median and range over the rounds."""
    work()
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        took.append((time.perf_counter() - started) * 1000)
    return f"{statistics.median(took):8.2f} ms ({min(took):.2f} to {max(took):.2f})"


def main() -> None:
    """Measure each stage for both languages together, and print."""
    config = load_config(Path(__file__).resolve().parent.parent)
    languages, design, head = config.newsletter.languages, load_design(config.home), Letterhead.of(config)
    issues = read_issues(config.home, "2026-12", languages)
    editions = render_editions(issues, design, head)
    draft = drafts(issues, editions, sent_on=date(2026, 12, 1), config=config)
    english = issues[:1]
    personal = Personal("Ana", "ana@example.org", "https://n.example.org/m/x", "https://n.example.org/u/x")
    template = compile_message(editions[0], MailHeaders.of(config))
    date_sent = datetime(2026, 12, 1, tzinfo=UTC)

    def messages() -> None:
        for _ in range(MESSAGES):
            template.message(personal, message_id="<0@example.org>", date=date_sent)

    one = replace(head, languages=languages[:1])
    print(f"The sample issue: {len(issues[0].sections)} sections, html {len(editions[0].html.encode()) / 1000:.1f} kB")
    print(f"  read, two languages              {milliseconds(lambda: read_issues(config.home, '2026-12', languages))}")
    print(f"  render, one edition              {milliseconds(lambda: render_editions(english, design, one))}")
    print(f"  render, two editions             {milliseconds(lambda: render_editions(issues, design, head))}")
    print(f"  check, two editions              {milliseconds(lambda: check_editions(draft))}")
    print(f"  compile the message              {milliseconds(lambda: compile_message(editions[0], MailHeaders.of(config)))}")
    print(f"  splice {MESSAGES} messages             {milliseconds(messages)}")


if __name__ == "__main__":
    main()
