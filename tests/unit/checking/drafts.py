"""Drafts for the tests of rules: ``good_draft()`` is clean; a test changes the one thing it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from markdown_it import MarkdownIt

from newsletter.authoring.issue import Block, Issue, Prose, Section
from newsletter.authoring.lock import TrialLock
from newsletter.authoring.trial import Trial
from newsletter.checking.check import check_editions
from newsletter.checking.report import Draft
from newsletter.findings import Finding, Place
from newsletter.rendering.edition import Edition

FILE = "issues/2026-12/issue.md"
TEL = "+18442757427"
ADDRESS = "SHARE Cancer Support, 100 Example Street, New York, NY 10000"

TRIAL = Trial("NCT09990001", "An invented trial", "RECRUITING")

HTML = """<html lang="en" dir="ltr"><head><title>Mets Matters</title>
<style>#outlook a{padding:0} @media (prefers-color-scheme:dark){.ink{color:#ffffff !important}}</style></head>
<body style="background-color:#ffffff"><div lang="en" dir="ltr" style="display:none">Not shown</div>
<div lang="en" dir="ltr" class="letter" style="color:#222222;font-size:17px">
<h1>Mets Matters</h1><h2 id="tests">Know your tests</h2>
<img src="https://n.example.org/assets/0123.png" alt="A cell with two receptors" width="520" height="300">
<img src="https://n.example.org/assets/line.png" alt="" role="presentation" width="520" height="8">
<p>Read <a href="https://example.org/guide" style="color:#0b5f60">the guide to tests</a>.
<a href="#tests" style="color:#0b5f60">Tests</a></p>
<table><tr><th scope="col">Test</th></tr><tr><td>Biopsy</td></tr></table>
<table role="presentation"><tr><td>This is not medical advice.</td></tr></table>
<!--[if mso]><table role="presentation"><tr><td><![endif]--><a href="tel:+18442757427" style="color:#0b5f60">844-ASK-SHARE
(844-275-7427)</a><!--[if mso]></td></tr></table><![endif]-->
<p>SHARE Cancer Support<br>100 Example Street<br>New York, NY&nbsp;10000</p>
<a href="@@MM:manage_url:@@" style="color:#0b5f60">Your choices</a>
<a href="@@MM:unsubscribe_url:@@" style="color:#0b5f60">Unsubscribe</a></div></body></html>"""

TEXT = """Mets Matters

Know your tests

[Picture: A cell with two receptors]

Read the guide to tests [1]. *Tests* @@MM:first_name:667269656e64@@

Test: Biopsy

This is not medical advice. 844-ASK-SHARE (844-275-7427).

Links:
[1] https://example.org/guide

SHARE Cancer Support, 100 Example Street,
New York, NY 10000
Your choices: @@MM:manage_url:@@
Unsubscribe: @@MM:unsubscribe_url:@@
"""

WEB = """<html lang="en" dir="ltr"><head><title>Mets Matters</title></head>
<body><main><h1>Mets Matters</h1><h2>Know your tests</h2></main></body></html>"""

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
        base_url="https://n.example.org",
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
