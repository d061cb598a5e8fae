"""What all checks together say about an issue."""

from __future__ import annotations

import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser

from newsletter.authoring.issue import Issue
from newsletter.checking.cascade import ShownText, shown_text
from newsletter.checking.edition_links import links_in
from newsletter.checking.link_answers import LinkAnswer
from newsletter.checking.page_facts import PageFacts
from newsletter.checking.phrases import FoundPhrase
from newsletter.checking.prose import Passage, read_passages
from newsletter.checking.trials import TrialLimits
from newsletter.checking.vocabulary import TechnicalTerm, Vocabulary
from newsletter.checking.written import WrittenLink, written_links
from newsletter.findings import Finding, Place, Severity
from newsletter.rendering.edition import Edition

MAIL_LAYOUT = Place("templates/email/layout.mjml.j2")
"""The template with which to begin when the HTML of a mail is wrong, whatever the issue says."""


@dataclass(frozen=True)
class Draft:
    """What a rule may look at: one edition, the issue it came from, and the limits.

    ``sent_on`` is the day on which the issue goes out, as far as it is known; ``postal_address`` is what every mail has to
    show. ``helpline_tel`` is the helpline as a ``tel:`` link writes it (+18442757427); when empty, any number to call will do.
    ``base_url`` is where the archive publishes pages and pictures. ``vocabulary`` are the words that the editors decide about.
    ``offered_topics`` are the keys of those that readers may choose; None when nobody has looked. ``languages`` are the
    newsletter's, ``issue_names`` the issues there are; None when nobody has looked. ``link_answers`` are by the addresses
    of other people's pages, without fragments; None when nobody was asked. ``trial_limits`` say from when on a trial deserves a
    second look.
    """

    issue: Issue
    edition: Edition
    sent_on: date
    postal_address: str
    max_html_bytes: int
    helpline_tel: str = ""
    base_url: str = ""
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    offered_topics: frozenset[str] | None = None
    languages: tuple[str, ...] = ()
    issue_names: frozenset[str] | None = None
    trial_limits: TrialLimits | None = None
    link_answers: Mapping[str, LinkAnswer] | None = field(default=None, repr=False)

    @cached_property
    def mail(self) -> LexborHTMLParser:
        """The parsed HTML part of the mail."""
        return LexborHTMLParser(self.edition.html)

    @cached_property
    def web_page(self) -> LexborHTMLParser:
        """The parsed archive page."""
        return LexborHTMLParser(self.edition.web)

    @cached_property
    def mail_facts(self) -> PageFacts:
        """The elements of the mail's HTML part."""
        return PageFacts(self.mail)

    @cached_property
    def mail_words(self) -> str:
        """The words of the mail's HTML part, elements parted by spaces."""
        body = self.mail.body
        return body.text(separator=" ") if body else ""

    @cached_property
    def html_bytes(self) -> int:
        """How many bytes the HTML part has in quoted-printable with CRLF lines, as it travels.

        The standard library's encoder breaks lines at other places than ours, which makes under 1 % of difference, and is
        twenty times as fast.
        """
        return len(binascii.b2a_qp(self.edition.html.encode().replace(b"\n", b"\r\n"), istext=True))

    @cached_property
    def links(self) -> tuple[WrittenLink, ...]:
        """The links that the editors wrote, in the order of the file."""
        return tuple(written_links(self.issue))

    @cached_property
    def leads_to(self) -> Sequence[str]:
        """Where the links of the mail, of its variants and of the web page lead, as it stands there, each once."""
        narrower = (LexborHTMLParser(variant.html) for variant in self.edition.narrower)
        return links_in((self.mail, *narrower, self.web_page))

    @cached_property
    def shown_text(self) -> tuple[ShownText, ...]:
        """The text of the mail, as it looks in every view that makes a difference."""
        return tuple(shown_text(self.mail_facts))

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """The running text of the issue, in the order of the file."""
        return read_passages(self.issue)

    @cached_property
    def passages_by_section(self) -> Mapping[int, Sequence[Passage]]:
        """The running text by the number of its section, from 0."""
        sections: dict[int, list[Passage]] = {}
        for passage in self.passages:
            sections.setdefault(passage.section, []).append(passage)
        return sections

    @cached_property
    def technical_terms(self) -> Mapping[Passage, Sequence[FoundPhrase[TechnicalTerm]]]:
        """The technical terms and drugs of the editors' list that the text uses, by passage."""
        book = self.vocabulary.technical
        found = ((passage, tuple(book.find(passage.words))) for passage in self.passages)
        return {passage: terms for passage, terms in found if terms}

    @property
    def file(self) -> Place:
        """The issue file as a whole, for what stands in no line of it."""
        return Place(self.issue.file)

    def field_place(self, name: str) -> Place:
        """Give the place of a front-matter field; the file's first line where the field is missing."""
        return self.issue.places.get(name, Place(self.issue.file, 1))


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The findings over all editions of an issue, in reading order, and the digests that they are about."""

    issue: str
    digests: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> Sequence[Finding]:
        """Give what stops a send."""
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]
