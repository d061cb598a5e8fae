"""Nothing of the machinery may reach a reader: merge tokens are filled for each of them, all else is a mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.authoring.issue import MERGE_FIELDS
from newsletter.checking.report import Draft
from newsletter.checking.rule import Group, Remark, rule
from newsletter.findings import Severity
from newsletter.rendering.merge import TOKEN

_STYLES = re.compile(r"<style\b[^<]*(?:<(?!/style>)[^<]*)*</style>")

# MJML, Jinja, our own tokens, and the escapes that mrml writes into attributes (Rust's debug form, such as \u{a0}).
_LEFTOVER = re.compile(r"@@\w*|\{[{%#][^{}\n]{0,40}|</?mj-[a-z-]*|\\u\{[0-9a-f]*\}?")


@rule("merge-field-unknown", Severity.ERROR, Group.STRUCTURE)
def merge_fields_are_known(draft: Draft) -> Iterator[Remark]:
    """Use only merge fields that are filled for each reader, and none in the web page.

    An unknown one would reach the reader as it is; the web page is public.

    Mend: Use one of the personal parts that there are: `{{first_name|friend}}`, `{{manage_url}}`, `{{unsubscribe_url}}`. In the
    templates of the web page use none.
    """
    for part, text in _parts(draft):
        for name, fallback in dict.fromkeys(TOKEN.findall(text)):
            if part == "web page":
                message = f"the public web page holds the personal field {name}"
            elif name not in MERGE_FIELDS:
                message = f"the {part} part holds the merge field {name}, which nobody fills"
            elif not _is_text(fallback):
                message = f"the {part} part holds the merge field {name} with a fallback that is no text"
            else:
                continue
            yield Remark(message, draft.file, f"Mend the template that writes it; known fields: {', '.join(MERGE_FIELDS)}.")


@rule("leftover-placeholder", Severity.ERROR, Group.STRUCTURE)
def no_placeholder_is_left(draft: Draft) -> Iterator[Remark]:
    """Leave no remains of Jinja, MJML or our own tokens in mail or web page.

    A reader would see them as they are.

    Mend: Look for it in the issue file: braces and percent signs that were meant as text need a blank between them. If it is
    not there, it comes from a template.

    Wrong:
        Dear {{ first_name }

    Right:
        Dear {{first_name|friend}}
    """
    for part, text in _parts(draft):
        # Minified style sheets may hold "{#" of their own.
        rest = TOKEN.sub("", _STYLES.sub("", text))
        # Every leftover holds one of these; looking for them is three times as fast as the pattern.
        if not any(sign in rest for sign in ("@@", "{", "<mj-", "</mj-")):
            continue
        for leftover in dict.fromkeys(_LEFTOVER.findall(rest)):
            yield Remark(
                f"the {part} part still holds “{leftover}”",
                draft.file,
                "Look for it in the issue file, then in the templates; it should have been replaced.",
            )


def _parts(draft: Draft) -> tuple[tuple[str, str], ...]:
    return ("HTML", draft.edition.html), ("text", draft.edition.text), ("web page", draft.edition.web)


def _is_text(fallback: str) -> bool:
    try:
        bytes.fromhex(fallback).decode()
    except ValueError:
        return False
    return True
