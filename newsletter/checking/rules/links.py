"""Links: what they say, and where they lead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.checking.words import VAGUE_LINK_WORDS, plain
from newsletter.findings import Place, Severity

_BARE_ADDRESS = re.compile(r"^(https?://|www\.)\S+$", re.IGNORECASE)


@rule("link-text-vague", Severity.WARNING, Group.ACCESSIBILITY)
def link_text_stands_alone(draft: Draft) -> Iterator[Remark]:
    """Let a link's words say where it leads, also when they stand alone (WCAG 2.4.4).

    Screen readers list the links of a page without the text round them, and "click here" forty times is no list.

    Mend: Make those words the link that name what it leads to.

    Wrong:
        To learn about trials [click here](https://example.org/trials).

    Right:
        Learn [how trials work](https://example.org/trials).
    """
    for words, place in _pressed_words(draft):
        if re.sub(r"[^\w ]", "", plain(words)).strip() in VAGUE_LINK_WORDS:
            yield Remark(
                f"the link “{words}” does not say where it leads", place, "Make the words that name the target the link."
            )


@rule("link-text-bare-address", Severity.WARNING, Group.ACCESSIBILITY)
def link_text_is_no_bare_address(draft: Draft) -> Iterator[Remark]:
    """Make words the link, not an address.

    A screen reader spells an address out letter by letter.

    Mend: Write in brackets what the page is, and the address in parentheses. The text part of the mail shows it anyway.

    Wrong:
        See https://example.org/guide-2027-final

    Right:
        See [the guide to biomarker tests](https://example.org/guide-2027-final)
    """
    for words, place in _pressed_words(draft):
        if _BARE_ADDRESS.match(words):
            yield Remark(
                f"the link shows the address {words}", place, "Write [what it is](address); the text part shows it anyway."
            )


@rule("link-without-words", Severity.ERROR, Group.ACCESSIBILITY)
def every_link_has_words(draft: Draft) -> Iterator[Remark]:
    """Give every link of the mail and of the web page words, or an image with an alternative text (WCAG 2.4.4).

    Without them there is nothing to hear and nothing to press.

    Mend: Write what it leads to between the brackets; give a picture that is a link an alternative text that says where it leads.

    Wrong:
        [](https://example.org/guide)

    Right:
        [The guide to biomarker tests](https://example.org/guide)
    """
    for part, page in (("mail", draft.mail), ("web page", draft.web_page)):
        for link in page.css("a[href]"):
            named = link.text().strip() or link.attributes.get("aria-label")
            if not named and not any(image.attributes.get("alt") for image in link.css("img")):
                yield Remark(
                    f"a link of the {part} to {link.attributes.get('href') or 'nowhere'} has no words",
                    draft.file,
                    "Write what it leads to between the brackets of [words](address).",
                )


@rule("link-not-https", Severity.WARNING, Group.PRIVACY)
def links_are_https(draft: Draft) -> Iterator[Remark]:
    """Begin links with https.

    Over http everybody on the way, such as the owner of a café's network, sees what is read.

    Mend: Write `https://`, and look whether the page opens. `newsletter check --fix` does it where the page answers.

    Wrong:
        [the guide](http://example.org/guide)

    Right:
        [the guide](https://example.org/guide)
    """
    for url, place in addresses(draft):
        if url.lower().startswith("http://"):
            yield Remark(f"the link {url} is not encrypted", place, "Write https:// and look whether the page opens.")


def _pressed_words(draft: Draft) -> Iterator[tuple[str, Place]]:
    for link in draft.links:
        yield link.words, link.place
    for block in draft.issue.blocks:
        label = block.fields.get("label")
        if isinstance(label, str):
            yield label, block.place


def addresses(draft: Draft) -> Iterator[tuple[str, Place]]:
    """Give every address that the editors wrote, with its place; texts of blocks are among them."""
    for link in draft.links:
        yield link.url, link.place
    for block in draft.issue.blocks:
        for value in block.fields.values():
            if isinstance(value, str):
                yield value, block.place
    for sponsor in draft.issue.sponsors:
        yield sponsor.url, draft.field_place("sponsors")
