"""Drafts for the tests of rules: ``good_draft()`` is clean; a test changes the one thing it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from markdown_it import MarkdownIt

from newsletter.authoring.issue import Block, Issue, Prose, Section
from newsletter.authoring.lock import LockedTrial, TrialLock
from newsletter.checking.check import check_editions
from newsletter.checking.report import Draft
from newsletter.findings import Finding, Place
from newsletter.rendering.edition import Edition

FILE = "issues/2026-12/issue.md"
TEL = "+18442757427"
ADDRESS = "SHARE Cancer Support, 100 Example Street, New York, NY 10000"

TRIAL = LockedTrial("NCT09990001", "An invented trial", "RECRUITING")

HTML = """<html lang="en"><head><style>@media{#outlook a{padding:0}}</style></head><body>
<h1>Mets Matters</h1><h2>Know your tests</h2>
<img src="/assets/0123.png" alt="A cell with two receptors"><img src="/assets/line.png" alt="" role="presentation">
<p>Read <a href="https://example.org/guide">the guide to tests</a>.</p>
<a href="tel:+18442757427">844-ASK-SHARE</a>
<p>SHARE Cancer Support<br>100 Example Street<br>New York, NY&nbsp;10000</p>
<a href="@@MM:manage_url:@@">Your choices</a> <a href="@@MM:unsubscribe_url:@@">Unsubscribe</a></body></html>"""

TEXT = """Hello @@MM:first_name:667269656e64@@,

This is not medical advice. Call 844-ASK-SHARE (844-275-7427).
SHARE Cancer Support, 100 Example Street,
New York, NY 10000
Your choices: @@MM:manage_url:@@
Unsubscribe: @@MM:unsubscribe_url:@@
"""

WEB = """<html lang="en"><body><main><h1>Mets Matters</h1><h2>Know your tests</h2></main></body></html>"""

PLACES = MappingProxyType(
    {name: Place(FILE, line, 1) for line, name in enumerate(("title", "subject", "preheader", "sponsors"), 2)}
)


def good_draft() -> Draft:
    """Give a draft that no rule finds fault with."""
    issue = make_issue("## Know your tests\n\nRead [the guide to tests](https://example.org/guide).\n")
    edition = Edition(
        issue="2026-12", language="en", written_in="en", title="", subject="", preheader="", html=HTML, text=TEXT, web=WEB
    )
    return Draft(
        issue=issue,
        edition=edition,
        sent_on=date(2026, 12, 1),
        postal_address=ADDRESS,
        max_html_bytes=102_000,
        helpline_tel=TEL,
    )


def make_issue(markdown: str, *blocks: Block) -> Issue:
    """Give an issue of one section, ``tests``, with this text and these blocks."""
    tokens = tuple(MarkdownIt("commonmark").enable("table").parse(markdown))
    section = Section(None, "Know your tests", "tests", (Prose(tokens), *blocks), Place(FILE, 1))
    return Issue(
        name="2026-12",
        language="en",
        file=FILE,
        source=markdown,
        title="Mets Matters, December 2026",
        subject="Your test results, and what they may open",
        preheader="Biomarker tests in plain words, and who to call at night",
        topics=(),
        sponsors=(),
        review_by=date(2027, 3, 1),
        sections=(section,),
        places=PLACES,
        lock=TrialLock({TRIAL.nct_id: TRIAL}),
    )


def block(kind: str, fields: Mapping[str, object] = MappingProxyType({}), *, body: str = "", line: int = 9) -> Block:
    """Give a block of the issue file."""
    return Block(kind, fields, tuple(MarkdownIt("commonmark").parse(body)), Place(FILE, line, 1))


def with_issue(**changes: Any) -> Draft:
    """Give the good draft with another issue."""
    draft = good_draft()
    return replace(draft, issue=replace(draft.issue, **changes))


def written(markdown: str, *blocks: Block) -> Draft:
    """Give the good draft with another text."""
    return replace(good_draft(), issue=make_issue(markdown, *blocks))


def with_edition(**changes: Any) -> Draft:
    """Give the good draft with another edition."""
    draft = good_draft()
    return replace(draft, edition=replace(draft.edition, **changes))


def translated(other: Issue) -> list[Draft]:
    """Give the good draft and one in Spanish."""
    draft = good_draft()
    edition = replace(draft.edition, language="es", written_in="es")
    return [draft, replace(draft, issue=replace(other, language="es", file=FILE.replace(".md", ".es.md")), edition=edition)]


def found(rule_id: str, drafts: Draft | list[Draft]) -> list[Finding]:
    """Give what one rule finds, among all that are run."""
    report = check_editions(drafts if isinstance(drafts, list) else [drafts])
    return [finding for finding in report.findings if finding.rule == rule_id]
