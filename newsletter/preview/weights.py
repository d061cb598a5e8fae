"""What a mail weighs beside the size at which Gmail cuts it off, and which part of it weighs most."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.authoring.issue import Issue
from newsletter.config import Config
from newsletter.preview.showing import SAMPLE_READER
from newsletter.rendering.edition import Edition, Variant
from newsletter.rendering.mail_headers import MailHeaders
from newsletter.rendering.message import compile_message
from newsletter.rendering.quoted_printable import encode_text

_TAG = re.compile(r"<!--.*?-->|<(?P<closing>/?)(?:div|table|tbody|thead|tr|td|th|ul|ol|dl|section)\b[^>]*>", re.DOTALL)
ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Weight:
    """Bytes of one part of the HTML as they travel; ``line`` is where the part begins in the issue file, 0 for our own frame."""

    title: str
    bytes: int
    line: int = 0


@dataclass(frozen=True, slots=True)
class MailWeight:
    """Bytes as they travel, quoted-printable included: the whole message, its two parts, and the HTML by section."""

    message: int
    html: int
    text: int
    web: int
    limit: int
    sections: tuple[Weight, ...]


def weigh_mail(edition: Edition, variant: Variant, issue: Issue, config: Config) -> MailWeight:
    """Weigh one variant of an edition of ``issue``; the sections' weights add up to that of the HTML, within 1 %."""
    template = compile_message(edition, MailHeaders.of(config), variant=variant)
    message = template.message(SAMPLE_READER, message_id=f"<{edition.digest[:32]}@example.org>", date=ANY_DAY)
    return MailWeight(
        message=len(message),
        html=len(encode_text(variant.html)),
        text=len(encode_text(variant.text)),
        web=len(edition.web.encode()),
        limit=config.checks.max_html_bytes,
        sections=tuple(sorted(_weigh_sections(variant.html, issue), key=lambda weight: -weight.bytes)),
    )


def _weigh_sections(html: str, issue: Issue) -> Iterator[Weight]:
    """Cut the HTML where each section's heading begins and where what holds it ends; all the rest is frame."""
    marks = [(_start_of(html, section.anchor), section) for section in issue.sections if section.anchor]
    found = sorted(((start, section) for start, section in marks if start >= 0), key=lambda mark: mark[0])
    frame = len(encode_text(html))
    starts = [*(start for start, _ in found), len(html)]
    for (start, section), following in zip(found, starts[1:], strict=True):
        weight = len(encode_text(html[start : min(following, _end_of_holder(html, start))]))
        frame -= weight
        yield Weight(section.title, weight, section.place.line)
    yield Weight("Styles, masthead, opening and footer", frame)


def _start_of(html: str, anchor: str) -> int:
    found = re.search(rf'<h2[^>]*\sid="{re.escape(anchor)}"', html)
    return found.start() if found else -1


def _end_of_holder(html: str, start: int) -> int:
    """Find where the element ends inside which ``start`` lies."""
    depth = 0
    for tag in _TAG.finditer(html, start):
        if tag["closing"] is None:
            continue  # a comment
        depth += -1 if tag["closing"] else 1
        if depth < 0:
            return tag.start()
    return len(html)
