"""Issues to draw: written in Markdown as an editor would, or put together by hand where an editor could not."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from newsletter.authoring.complaints import Complaints
from newsletter.authoring.glossary import Glossary
from newsletter.authoring.issue import GlossaryTerm, Issue
from newsletter.authoring.kinds import read_block_kinds
from newsletter.authoring.lock import TrialLock
from newsletter.authoring.parse import IssueFile, parse_issue
from newsletter.authoring.topics import TOPICS_FILE, read_topics
from newsletter.authoring.trial import Trial, TrialContact, TrialSite
from newsletter.rendering.design import Design, load_design
from newsletter.rendering.edition import Edition
from newsletter.rendering.render import Letterhead, render_editions

HOME = Path(os.environ["NEWSLETTER_TEST_SITE"])
KINDS = read_block_kinds(HOME)
TOPICS = read_topics(HOME, Complaints(TOPICS_FILE))
DESIGN = load_design(HOME)

LETTERHEAD = Letterhead(
    name="Mets Matters",
    organisation="SHARE Cancer Support",
    home_page="https://www.sharecancersupport.org",
    postal_address="SHARE Cancer Support, 100 Example Street, New York, NY 10000",
    helpline="844-ASK-SHARE (844-275-7427)",
    helpline_tel="+18442757427",
    base_url="https://letter.example.org",
    languages=("en",),
)

BOTH_LANGUAGES = replace(LETTERHEAD, languages=("en", "es"))

GLOSSARY = Glossary(
    {
        "biopsy": {
            "en": GlossaryTerm("biopsy", "biopsy", "Taking out some cells so that a lab can look at them."),
            "es": GlossaryTerm("biopsy", "biopsia", "Sacar unas células para que un laboratorio las mire."),
        }
    }
)

TRIAL = Trial(
    nct_id="NCT01234567",
    brief_title="A study of medicine A & B",
    status="RECRUITING",
    phases=("PHASE1", "PHASE2"),
    sex="FEMALE",
    minimum_age="18 Years",
    maximum_age="75 Years",
    lead_sponsor="Example Institute",
    contacts=(TrialContact(name="Study Desk", phone="+1 212-555-0100 ext 7"),),
    sites=(
        TrialSite("Toronto General", "Toronto", "Ontario", "Canada"),
        TrialSite("Example Hospital", "New York", "New York", "United States"),
        TrialSite("Example Clinic", "Albany", "New York", "United States"),
    ),
    last_update="2026-11-03",
)

HEAD = """---
title: Mets Matters, December 2026
subject: Your test results, and what they may open
preheader: Tests in plain words
language: {language}
---
"""


def write_issue(markdown: str, *, language: str = "en", lock: TrialLock | None = None, folder: Path = HOME) -> Issue:
    """Parse an issue with this Markdown under a usual front matter."""
    of = IssueFile("2026-12", "issues/2026-12/issue.md", language, folder)
    text = HEAD.format(language=language) + markdown
    return parse_issue(text.encode(), of=of, kinds=KINDS, glossary=GLOSSARY, topics=TOPICS, lock=lock)


def draw(issue: Issue, *, design: Design = DESIGN, letterhead: Letterhead = LETTERHEAD) -> Edition:
    """Render the one edition of an issue in its own language."""
    return render_editions([issue], design, replace(letterhead, languages=(issue.language,)))[0]


def draw_markdown(markdown: str, *, language: str = "en") -> Edition:
    """Parse and render."""
    return draw(write_issue(markdown, language=language))
