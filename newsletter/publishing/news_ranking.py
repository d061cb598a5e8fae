"""How much a piece of news is worth an editor's look, and why: topic words, the weight of its source, its age."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

HALF_LIFE_DAYS: Final = 30.0
"""After so many days news are worth half as much: an issue comes every second month."""
IN_THE_TEXT: Final = 0.5
"""What a topic word in the excerpt is worth beside one in the title."""
_WORDS_IN_A_REASON: Final = 3
_DAYS_TOLD_AS_YEARS: Final = 730


@dataclass(frozen=True, slots=True)
class Rank:
    """The higher ``score`` is, the further up; ``reason`` says why in a few words."""

    score: float
    reason: str


@dataclass(frozen=True)
class TopicWords:
    """Words and phrases with their weights, as ``[topics]`` of issues/feeds.toml has them; ``*`` ends the beginning of a word.

    Capitals and accents make no difference. A negative weight is for what is not ours.
    """

    weights: Mapping[str, float]

    def find(self, text: str) -> dict[str, float]:
        """Give the topics that stand in a text, as they were written, with their weights."""
        plain = _plain(text)
        return {topic: self.weights[topic] for topic, pattern in self._patterns if pattern.search(plain)}

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern[str]]]:
        return [(topic, _pattern(topic)) for topic in self.weights]


def rank(
    *, title: str, excerpt: str, source: str, source_weight: float, published_at: datetime, topics: TopicWords, now: datetime
) -> Rank:
    """Rank a piece of news: (1 + its topics) x the weight of its source, halved every thirty days.

    Each topic counts once, half where only the excerpt has it. Where the topics come to less than -1 it sinks below all others.
    """
    in_title = topics.find(title)
    in_text = {topic: weight for topic, weight in topics.find(excerpt).items() if topic not in in_title}
    days = max((now - published_at).total_seconds() / 86_400, 0)
    interest = 1 + sum(in_title.values()) + IN_THE_TEXT * sum(in_text.values())
    score = interest * source_weight * 0.5 ** (days / HALF_LIFE_DAYS) if interest > 0 else interest
    parts = [_found(in_title, "title"), _found(in_text, "text"), _source(source, source_weight), _age(int(days))]
    return Rank(round(score, 4), "; ".join(filter(None, parts)))


def _found(topics: Mapping[str, float], where: str) -> str:
    by_weight = sorted(topics, key=lambda topic: -abs(topics[topic]))
    shown = [f"{'not ' if topics[topic] < 0 else ''}{topic}" for topic in by_weight[:_WORDS_IN_A_REASON]]
    more = len(topics) - len(shown)
    return f"{', '.join(shown)}{f' and {more} more' if more else ''} in the {where}" if shown else ""


def _source(source: str, weight: float) -> str:
    return source if weight == 1 else f"{source} (weight {weight:g})"


def _age(days: int) -> str:
    if days > _DAYS_TOLD_AS_YEARS:
        return f"{days // 365} years old"
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days old")


def _pattern(topic: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in _plain(topic.rstrip("*")).split())
    return re.compile(rf"(?<!\w){words}" + ("" if topic.endswith("*") else r"(?!\w)"))


def _plain(text: str) -> str:
    """Give a text in small letters without accents; hyphens of all kinds are one."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\u2010-\u2015]", "-", "".join(letter for letter in letters if not unicodedata.combining(letter)))
