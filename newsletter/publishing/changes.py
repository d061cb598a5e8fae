"""What changed between two candidates of an issue, in words for the person who is asked to approve again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import unified_diff
from itertools import combinations

from selectolax.lexbor import LexborHTMLParser

from newsletter.authoring.issue import MergeField
from newsletter.authoring.lock import TrialLock
from newsletter.checking.trial_changes import describe_changes
from newsletter.rendering.edition import Edition, Variant
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
    corrects: str = ""


def changes_in_words(old: Content, new: Content) -> tuple[str, ...]:
    """Say what differs, language by language, then trials, review date and readers; several lines where text changed."""
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
    if old.corrects != new.corrects:
        changes.append(f"It goes to {_readers(new.corrects)}; it was to go to {_readers(old.corrects)}.")
    return tuple(changes)


def _readers(corrects: str) -> str:
    return f"those who got {corrects}, as a correction" if corrects else "every subscriber"


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
    yield from _topic_changes(old.topics, new.topics)
    texts = [*_text_changes(old, new)]
    if texts:
        yield from texts
    elif old.web != new.web or any(was.html != now.html for _, was, now in _mails(old, new)):
        if _readable(old.web) == _readable(new.web) and all(
            _readable(was.html) == _readable(now.html) for _, was, now in _mails(old, new)
        ):
            yield "the design only; no word, link or picture's description."
        else:
            yield "words, links or pictures' descriptions that stand in the HTML mail or on the web page only."


def _topic_changes(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for topic in sorted({*new} - {*old}):
        yield f"what readers who chose “{topic}” see alone is new."
    for topic in sorted({*old} - {*new}):
        yield f"what readers who chose “{topic}” saw alone is gone."


def _mails(old: Edition, new: Edition) -> Iterator[tuple[str, Variant, Variant]]:
    """Give each pair of a mail and its successor once: the fullest, then those of readers who chose fewer topics, and whose."""
    yield "", old.variants[0], new.variants[0]
    topics = sorted({*old.topics, *new.topics})
    paired = {(old.topics, new.topics)}
    for count in range(len(topics), -1, -1):
        for chosen in combinations(topics, count):
            was, now = old.variant_for(chosen), new.variant_for(chosen)
            if (was.topics, now.topics) not in paired:
                paired.add((was.topics, now.topics))
                yield f" for readers who chose {' and '.join(f'“{topic}”' for topic in chosen) or 'no topic of it'}", was, now


def _text_changes(old: Edition, new: Edition) -> Iterator[str]:
    """Show what changed in the fullest mail, and in a narrower one only what was not shown before."""
    shown: set[str] = set()
    for whose, was, now in _mails(old, new):
        lines = _difference(was.text, now.text)
        changed = {line for line in lines if not line.startswith((" ", "@@"))}
        if not changed <= shown:
            shown |= changed
            yield f"the text{whose}:\n{_cut(lines)}"


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


def _difference(old: str, new: str) -> list[str]:
    return list(unified_diff(_lines(old), _lines(new), lineterm="", n=1))[2:]


def _cut(lines: Sequence[str]) -> str:
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
