"""Issues → Editions: one for each language of the newsletter, the same bytes for the same input."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.authoring.issue import Issue, MergeField
from newsletter.config import Config
from newsletter.rendering.blocks import Medium
from newsletter.rendering.design import Design, draw
from newsletter.rendering.edition import Edition, Variant
from newsletter.rendering.mail_page import draw_skeleton, mail_page
from newsletter.rendering.mail_prose import MailProse
from newsletter.rendering.merge import merge_token
from newsletter.rendering.narrowing import selections, topics_of
from newsletter.rendering.pictures import PictureShelf
from newsletter.rendering.plain import joined
from newsletter.rendering.sections import SectionDrawing
from newsletter.rendering.text_prose import TextProse
from newsletter.rendering.web_prose import WEB_ELEMENTS, WebProse

PERSONAL = {name: joined([merge_token(MergeField(name))]) for name in ("address", "manage_url", "unsubscribe_url")}


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands in every mail. ``languages`` are those of the readers; ``base_url`` has no final slash."""

    name: str
    organisation: str
    home_page: str
    postal_address: str
    helpline: str
    helpline_tel: str
    base_url: str
    languages: tuple[str, ...]

    @classmethod
    def of(cls, config: Config) -> Letterhead:
        """Take the letterhead from the settings."""
        settings = config.newsletter
        return cls(
            name=settings.name,
            organisation=settings.organisation,
            home_page=settings.home_page,
            postal_address=settings.postal_address,
            helpline=settings.helpline,
            helpline_tel=settings.helpline_tel,
            base_url=config.web.base_url,
            languages=settings.languages,
        )


def render_editions(issues: Sequence[Issue], design: Design, letterhead: Letterhead) -> tuple[Edition, ...]:
    """Render one edition for each language of the letterhead. Raises TemplateError.

    A language without a file of its own gets the first issue's text, under a line that says so in the reader's language.
    """
    written = {issue.language: issue for issue in issues}
    return tuple(
        _render(written.get(language, issues[0]), language, tuple(written), design, letterhead)
        for language in letterhead.languages
    )


def mail_mjml(issue: Issue, design: Design, letterhead: Letterhead) -> str:
    """Give the MJML of an issue's mail with everything in its place, as one would write it by hand. Raises TemplateError."""
    common, frame = _common(issue, design, letterhead), _frame(issue, issue.language, (), design, letterhead)
    medium = Medium("email", ".html.j2", design.html, MailProse(design.elements), PictureShelf(letterhead.base_url), common)
    drawing = SectionDrawing(issue, design.words_in(issue.language), medium)
    skeleton, holding = draw_skeleton(design, {**frame, **PERSONAL, **_sections(drawing, topics_of(issue))})
    return holding.release(skeleton)


def _common(issue: Issue, design: Design, letterhead: Letterhead) -> Mapping[str, object]:
    words = design.words_in(issue.language)
    return {"words": words, "theme": design.theme, "letterhead": letterhead, "sponsors": issue.sponsors}


def _render(issue: Issue, language: str, written: Sequence[str], design: Design, letterhead: Letterhead) -> Edition:
    said = design.words_in(issue.language)
    common = _common(issue, design, letterhead)
    pictures = PictureShelf(letterhead.base_url)
    frame = _frame(issue, language, written, design, letterhead)
    mail = Medium("email", ".html.j2", design.html, MailProse(design.elements), pictures, common)
    text = Medium("text", ".txt.j2", design.text, TextProse(), pictures, common)
    web = Medium("web", ".html.j2", design.html, WebProse(WEB_ELEMENTS, words=said), pictures, common)
    topics = topics_of(issue)
    in_mail, in_text, in_web = (SectionDrawing(issue, said, medium) for medium in (mail, text, web))

    def variant(chosen: tuple[str, ...]) -> Variant:
        html = mail_page(design, {**frame, **PERSONAL, **_sections(in_mail, chosen)}, language=issue.language)
        plain = draw(design.text, "text/layout.txt.j2", {**frame, **PERSONAL, **_sections(in_text, chosen)})
        return Variant(chosen, html, _tidy(plain))

    fullest, *narrower = [variant(chosen) for chosen in selections(topics)]
    return Edition(
        issue=issue.name,
        language=language,
        written_in=issue.language,
        title=issue.title,
        subject=issue.subject,
        preheader=issue.preheader,
        html=fullest.html,
        text=fullest.text,
        web=draw(design.html, "web/layout.html.j2", {**frame, **_sections(in_web, topics)}) + "\n",
        assets=tuple(pictures.assets.values()),
        topics=topics,
        narrower=tuple(narrower),
    )


def _sections(drawing: SectionDrawing, chosen: Sequence[str]) -> Mapping[str, object]:
    sections = drawing.draw(chosen)
    return {
        "sections": [section.whole for section in sections],
        "contents": [section for section in sections if section.anchor],
        "terms": [term for section in sections for term in section.terms],
    }


def _frame(issue: Issue, language: str, written: Sequence[str], design: Design, letterhead: Letterhead) -> Mapping[str, Any]:
    words = design.words_in(language)
    notice = ""
    if issue.language != language:
        notice = words["mail"]["not_in_your_language"].format(language=words["languages"].get(issue.language, issue.language))
    archive = f"{letterhead.base_url}/issues/"
    named = letterhead.name.casefold() in issue.title.casefold()
    return {
        "theme": design.theme,
        "words": words,
        "said": design.words_in(issue.language),
        "language": language,
        "written_in": issue.language,
        "title": issue.title,
        "headline": issue.subject,
        "preheader": issue.preheader,
        "notice": notice,
        "from_line": letterhead.organisation if named else f"{letterhead.name} · {letterhead.organisation}",
        "name": letterhead.name,
        "organisation": letterhead.organisation,
        "home_page": letterhead.home_page,
        "home_page_shown": re.sub(r"^https?://(www\.)?", "", letterhead.home_page),
        "postal_address": letterhead.postal_address,
        "helpline": letterhead.helpline,
        "helpline_tel": letterhead.helpline_tel,
        "archive_url": archive,
        "web_url": f"{archive}{issue.name}/{language}/",
        "elsewhere": [
            {"language": other, "words": design.words_in(other)["web"]["read_here"], "url": f"{archive}{issue.name}/{other}/"}
            for other in written
            if other not in {language, issue.language}
        ],
    }


def _tidy(text: str) -> str:
    """Leave at most one empty line between paragraphs, none at the ends, and no space at the end of a line."""
    tidy = f"{text}\n"
    if " \n" in tidy or "\t\n" in tidy:
        tidy = "\n".join([line.rstrip(" \t") for line in tidy.split("\n")])
    while "\n\n\n" in tidy:
        tidy = tidy.replace("\n\n\n", "\n\n")
    return tidy.strip("\n") + "\n"
