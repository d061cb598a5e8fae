"""The frame of the pages: the language they are in, their name, their anchors, and the text part beside the HTML part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from newsletter.checking.page_facts import words_of
from newsletter.checking.report import MAIL_LAYOUT, Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Place, Severity
from newsletter.rendering.merge import TOKEN

WEB_LAYOUT = Place("templates/web/layout.html.j2")

_ANCHOR = re.compile(r' id="([^"]+)"')
_JUMP = re.compile(r' href="#([^"]+)"')
_WORD = re.compile(r"[^\W_]+")
# What the text part says in place of a form: the kind of a block ("[Important]", "[Picture: …]"), what stands above a list of
# addresses, numbers, addresses.
_LABELS = (re.compile(r"\[([^\]:\n]{1,40})[\]:]"), re.compile(r"\n([^\n]{1,40}):\n(?=\[\d)"))
_IS_FORM = re.compile(r"https?://|\[\d+\]|\d+[.)]$")


@rule("language-undeclared", Severity.ERROR, Group.ACCESSIBILITY)
def every_page_says_its_language(draft: Draft) -> Iterator[Remark]:
    """Say in which language and direction a page is: on html, and in a mail on everything that stands directly in the body.

    A screen reader takes its voice from there: Spanish read by an English voice is noise. Webmail programs throw html and body
    away, so that what stands in the body has to say it again. Of 376,348 mails looked at in 2026, 96 of 100 did not say it.

    Mend: Put both attributes back into the layout template.

    Wrong:
        <div class="paper">

    Right:
        <div class="paper" lang="{{ written_in }}" dir="ltr">
    """
    facts = draft.mail_facts
    in_the_body = [one for one in facts.elements if one.parent is not None and one.parent.tag == "body"]
    of_the_mail = [(one.start_tag, MAIL_LAYOUT, one.attributes) for one in (*facts.named("html"), *in_the_body)]
    of_the_web_page = [(f"<{one.tag}>", WEB_LAYOUT, one.attributes) for one in draft.web_page.css("html")]
    for tag, place, attributes in (*of_the_mail, *of_the_web_page):
        if missing := [name for name in ("lang", "dir") if not attributes.get(name)]:
            yield Remark(
                f"{tag} does not say its {' and '.join(missing)}",
                place,
                f'Give it lang="{draft.edition.written_in}" and dir="ltr".',
            )
        elif tag.startswith("<html") and attributes["lang"] != draft.edition.written_in:
            yield Remark(
                f'the page is in "{draft.edition.written_in}" and says that it is in "{attributes["lang"]}"',
                place,
                "Write lang={{ written_in }}, in quotation marks.",
            )


@rule("page-title-missing", Severity.WARNING, Group.ACCESSIBILITY)
def every_page_has_a_title(draft: Draft) -> Iterator[Remark]:
    """Give the mail and the web page a title element with words (WCAG 2.4.2).

    It is the first that a screen reader says, and the name of the tab or window.

    Mend: Put the title back into the layout template; in a mail it is `mj-title`.
    """
    for place, page in ((MAIL_LAYOUT, draft.mail), (WEB_LAYOUT, draft.web_page)):
        if not any(title.text().strip() for title in page.css("head > title")):
            yield Remark("the page has no title", place, "Put <title>{{ title }}</title> back into the head.")


@rule("anchor-missing", Severity.WARNING, Group.STRUCTURE)
def every_jump_has_its_goal(draft: Draft) -> Iterator[Remark]:
    """Let a link inside the letter lead to something that is there, for every reader.

    A section of which everything is in `for` blocks is left out for those who chose none of their topics; a link to it would
    do nothing for them.

    Mend: Move the link into a block for the same topic, or leave something in the section for everybody.

    Wrong:
        See [the trials](#trials).

        ## Trials {#trials}
        ::: for topic=trials

    Right:
        ::: for topic=trials
        See [the trials](#trials).
        :::
    """
    pages = [(_readers(draft, variant.topics), variant.html) for variant in draft.edition.variants]
    for readers, html in (*pages, ("readers of the web page", draft.edition.web)):
        anchors = set(_ANCHOR.findall(html))
        for goal in dict.fromkeys(_JUMP.findall(html)):
            if goal not in anchors:
                place = next((link.place for link in draft.links if link.url == f"#{goal}"), MAIL_LAYOUT)
                yield Remark(
                    f"the link to #{goal} leads nowhere for {readers}",
                    place,
                    "Put the link into a block for the same topic, or keep something in its section for everybody.",
                )


@rule("text-part-differs", Severity.WARNING, Group.STRUCTURE)
def both_parts_say_the_same(draft: Draft) -> Iterator[Remark]:
    """Say the same words in the plain-text part as in the HTML part.

    Some readers choose plain text, for their eyes or for their slow line, and some programs show nothing else. What stands in
    one part only was never seen by whoever approved the other.

    Mend: Write the missing words into the block's template in `templates/text/blocks` (or take them out of the one in
    `templates/email/blocks`).
    """
    html = TOKEN.sub(" ", words_of(draft.mail_facts.elements)).lower()
    text = TOKEN.sub(" ", draft.edition.text).lower()
    in_html, in_text = set(html.split()), set(text.split())
    only_in_html = _words(in_html - in_text)
    only_in_text = _words(piece for piece in in_text - in_html if not _IS_FORM.match(piece))
    lacking_in_text = {word for word in only_in_html - only_in_text - in_text if not _stands_in(word, text)}
    lacking_in_html = {word for word in only_in_text - only_in_html - in_html if not _stands_in(word, html)}
    # A label of one word begins with a bracket: looking for that is ten times as fast as for all labels.
    lacking_in_html = {word for word in lacking_in_html if f"[{word}]" not in text and f"[{word}:" not in text}
    if lacking_in_html:
        lacking_in_html -= _words(label for labels in _LABELS for label in labels.findall(text))
        lacking_in_html -= _words(link.url for link in draft.links if link.url.startswith(("tel:", "mailto:")))
    lacking_in_text = {word for word in lacking_in_text if not _stands_in_pieces(word, text)}
    lacking_in_html = {word for word in lacking_in_html if not _stands_in_pieces(word, draft.mail_words)}
    for part, other, missing in (("text", "HTML", lacking_in_text), ("HTML", "text", lacking_in_html)):
        if missing:
            named = ", ".join(f"“{word}”" for word in sorted(missing)[:5])
            more = f" and {len(missing) - 5} more words" if len(missing) > 5 else ""
            yield Remark(
                f"the {part} part lacks {named}{more} of the {other} part",
                Place("templates/text/layout.txt.j2") if part == "text" else MAIL_LAYOUT,
                f"Write them into the {part} part's template as well.",
            )


def _stands_in(word: str, text: str) -> bool:
    """Say whether a word stands somewhere, with or without a comma: for few words faster than cutting out all."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum():
            return True
        start = text.find(word, end)
    return False


def _stands_in_pieces(word: str, text: str) -> bool:
    """Say whether a word stands somewhere when no blank counts: emphasis in its middle cuts it in two in the HTML part alone."""
    return word in "".join(text.lower().split())


def _words(pieces: Iterable[str]) -> set[str]:
    return set(_WORD.findall(" ".join(pieces)))


def _readers(draft: Draft, topics: tuple[str, ...]) -> str:
    if topics == draft.edition.topics:
        return "everybody"
    closed = [topic for topic in draft.edition.topics if topic not in topics]
    return f"readers who did not choose {' or '.join(closed)}"
