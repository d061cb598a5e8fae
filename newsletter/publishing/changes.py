"""What changed between two candidates of an issue, in words for the person who is asked to approve again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import unified_diff

from selectolax.lexbor import LexborHTMLParser

from newsletter.authoring.issue import MergeField
from newsletter.authoring.lock import TrialLock
from newsletter.checking.trials import describe_changes
from newsletter.rendering.edition import Edition
from newsletter.rendering.merge import fill

LONGEST_DIFF = 40
"""Lines of a difference that a person still reads; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Content:
    """All that an approval is a yes to."""

    editions: Sequence[Edition]
    lock: TrialLock
    review_by: date | None
    cards: Mapping[str, str]


def changes_in_words(old: Content, new: Content) -> tuple[str, ...]:
    """Say what differs, language by language, then trials and the review date; several lines where text changed."""
    before = {edition.language: edition for edition in old.editions}
    after = {edition.language: edition for edition in new.editions}
    changes: list[str] = []
    for language in sorted(before.keys() | after.keys()):
        if language not in before:
            changes.append(f"{language}: this edition is new.")
        elif language not in after:
            changes.append(f"{language}: this edition is gone.")
        elif before[language].digest != after[language].digest:
            changes += [f"{language}: {change}" for change in _edition_changes(before[language], after[language])]
    changes += _trial_changes(old.lock, new.lock)
    changes += _card_changes(old.cards, new.cards)
    if old.review_by != new.review_by:
        changes.append(f"The review date is now {new.review_by or 'not set'}; it was {old.review_by or 'not set'}.")
    return tuple(changes)


def _edition_changes(old: Edition, new: Edition) -> Iterator[str]:
    for name, was, now in [
        ("written in", old.written_in, new.written_in),
        ("title", old.title, new.title),
        ("subject", old.subject, new.subject),
        ("preheader", old.preheader, new.preheader),
    ]:
        if was != now:
            yield f"{name}: now “{now}”, was “{was}”."
    yield from _picture_changes(old, new)
    if old.text != new.text:
        yield f"the text:\n{_text_difference(old.text, new.text)}"
    elif (old.html, old.web) != (new.html, new.web):
        if _readable(old.html) == _readable(new.html) and _readable(old.web) == _readable(new.web):
            yield "the design only; no word, link or picture's description."
        else:
            yield "words, links or pictures' descriptions that stand in the HTML mail or on the web page only."


def _picture_changes(old: Edition, new: Edition) -> Iterator[str]:
    before, after = ({asset.name for asset in edition.assets} for edition in (old, new))
    if after - before:
        yield f"pictures that are new: {', '.join(sorted(after - before))}."
    if before - after:
        yield f"pictures that are gone: {', '.join(sorted(before - after))}."
    if before == after and old.assets != new.assets:
        yield "the order or the type of the pictures."


def _trial_changes(old: TrialLock, new: TrialLock) -> list[str]:
    if old.digest == new.digest:
        return []
    return describe_changes(old, new) or ["trials.lock.json: only the date of the registry's data."]


def _card_changes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for nct_id in sorted(old.keys() & new.keys()):
        if old[nct_id] != new[nct_id]:
            yield f"The card of {nct_id} says “{new[nct_id]}”; it said “{old[nct_id]}”."
    for nct_id in sorted(new.keys() - old.keys()):
        yield f"The card of {nct_id} is new."
    for nct_id in sorted(old.keys() - new.keys()):
        yield f"The card of {nct_id} is gone."


def _text_difference(old: str, new: str) -> str:
    lines = list(unified_diff(_lines(old), _lines(new), lineterm="", n=1))[2:]
    shown = [f"    {line}" for line in lines[:LONGEST_DIFF]]
    if len(lines) > LONGEST_DIFF:
        shown.append(f"    … and {len(lines) - LONGEST_DIFF} lines more")
    return "\n".join(shown)


def _lines(text: str) -> list[str]:
    return fill(text, _as_written).split("\n")


def _as_written(field: MergeField) -> str:
    return f"{{{{{field.name}|{field.fallback}}}}}" if field.fallback else f"{{{{{field.name}}}}}"


def _readable(html: str) -> tuple[object, ...]:
    """Give what a reader can read, hear or follow: words, descriptions of pictures, destinations."""
    tree = LexborHTMLParser(html)
    for node in tree.css("style"):
        node.decompose()
    words = tree.root.text(separator=" ").split() if tree.root else []
    attributes = [
        (name, node.attributes.get(name))
        for name in ("alt", "aria-label", "href", "src", "title")
        for node in tree.css(f"[{name}]")
    ]
    return (words, attributes)
