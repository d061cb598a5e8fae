"""``subscribers/topics.toml`` as far as an issue needs it: which topics there are, and what readers call them.

What readers are offered, with descriptions, is read and judged by newsletter.subscribers.choices.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newsletter.authoring.complaints import Complaints, Mistake, did_you_mean, quoted
from newsletter.authoring.issue import Block, Issue, NamedTopic
from newsletter.authoring.toml_text import parse_toml
from newsletter.findings import Finding, Place, Severity
from newsletter.mistakes import explain_toml

TOPICS_FILE = "subscribers/topics.toml"
MOST_TOPICS = 3
"""Each topic doubles the variants of a mail, and a reviewer reads them all."""

_LINE_IN_MESSAGE = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, slots=True)
class Topics:
    """The label of each topic, by key and by language. Of topics that are not ``readable`` nobody knows which there are."""

    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    readable: bool = True

    def named(self, key: str, language: str) -> NamedTopic | Mistake:
        """Give the topic that an editor names, as readers of ``language`` call it."""
        if not self.readable:
            return NamedTopic(key, key)
        labels = self.labels.get(key)
        if labels is None:
            fix = did_you_mean(key, self.labels) if self.labels else f"Add [topic.{key}] to {TOPICS_FILE}."
            return Mistake("topic-unknown", f"readers cannot choose a topic {quoted(key)}", fix)
        if language not in labels:
            message = f"the topic {quoted(key)} has no label in {language}"
            return Mistake("topic-language", message, f'Add label.{language} = "…" to [topic.{key}] in {TOPICS_FILE}.')
        return NamedTopic(key, labels[language])


NO_TOPICS = Topics()


def read_topics(home: Path, complaints: Complaints) -> Topics:
    """Read the topics of a site folder; a folder without the file has none. ``complaints`` are about that file."""
    try:
        content = parse_toml((home / TOPICS_FILE).read_text("utf-8"))
    except FileNotFoundError:
        return NO_TOPICS
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        place = _LINE_IN_MESSAGE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        mistake = Mistake("topics-broken", f"what readers may choose: {explain_toml(error)}", "Mend the file.")
        complaints.add(mistake, line=line, column=column)
        return Topics(readable=False)
    tables = content.get("topic", {})
    if not isinstance(tables, dict):
        complaints.add(
            Mistake("topics-broken", "“topic” is no table of topics", 'Write [topic.trials], and label.en = "…" below.')
        )
        return Topics(readable=False)
    return Topics({key: _labels(table) for key, table in tables.items()})


def _labels(table: Any) -> Mapping[str, str]:
    labels = table.get("label") if isinstance(table, dict) else None
    if not isinstance(labels, dict):
        return {}
    return {language: text for language, text in labels.items() if isinstance(text, str) and text.strip()}


def find_topic_mistakes(issues: Sequence[Issue]) -> Iterator[Finding]:
    """Complain about one topic too many for the languages of an issue together, and about a language that is for nobody else."""
    seen: list[str] = []
    for issue in issues:
        blocks = [(block, block.topic) for block in issue.blocks if block.topic]
        if blocks and all(isinstance(part, Block) and part.topic for section in issue.sections for part in section.parts):
            message = "all of this issue is for readers who chose a topic; the others would get an empty letter"
            fix = "Write something for everybody outside of these blocks."
            yield Finding("topics-only", Severity.ERROR, message, blocks[0][0].place, fix)
        for block, topic in blocks:
            if topic.key not in seen:
                seen.append(topic.key)
                if len(seen) == MOST_TOPICS + 1:
                    yield _too_many(topic, seen[:-1], block.place)


def _too_many(topic: NamedTopic, before: Sequence[str], place: Place) -> Finding:
    message = f"an issue has blocks for {MOST_TOPICS} topics at most, and before {quoted(topic.key)} come {', '.join(before)}"
    return Finding("topics-too-many", Severity.ERROR, message, place, "Write this part for everybody, or for one of the others.")
