"""What readers may choose, and what they said yes to: topics.toml and consent.toml in the site folder's subscribers/.

topics.toml has one table per topic, ``[topic.tnbc]`` with ``label.en = "…"`` and ``description.en = "…"``; consent.toml one per
wording that was ever shown, ``[wording."2026-11"]`` with ``en = "…"``. A wording is never changed, only followed by a new one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter.errors import SettingsError
from newsletter.mistakes import explain_toml

TOPICS_FILE = "subscribers/topics.toml"
CONSENT_FILE = "subscribers/consent.toml"

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Topic:
    """Something a reader may choose to hear about; label and description by language."""

    key: str
    label: Mapping[str, str]
    description: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything a reader may choose, in the order of the files, and every wording of the consent by version."""

    languages: tuple[str, ...]
    topics: tuple[Topic, ...]
    wordings: Mapping[str, Mapping[str, str]]

    @property
    def topic_keys(self) -> frozenset[str]:
        """The keys of the topics that are offered."""
        return frozenset(topic.key for topic in self.topics)

    @property
    def current_wording(self) -> str:
        """The version of the wording that a new reader says yes to: the last of the file."""
        return list(self.wordings)[-1]


def load_choices(home: Path, languages: Sequence[str]) -> Choices:
    """Read both files of the site folder; raises SettingsError with every mistake at once."""
    mistakes: list[str] = []
    topics = _tables(home, TOPICS_FILE, "topic", mistakes)
    wordings = _tables(home, CONSENT_FILE, "wording", mistakes)
    for key, table in topics.items():
        where = f"{TOPICS_FILE}: [topic.{key}]"
        for part in ("label", "description"):
            _check_texts(table.get(part), languages, f"{where} {part}", mistakes)
        mistakes += [f"{where}: {name} is not known; a topic has label and description" for name in _others(table)]
    for version, table in wordings.items():
        _check_texts(table, languages, f'{CONSENT_FILE}: [wording."{version}"]', mistakes)
    if not wordings and not mistakes:
        mistakes.append(f"{CONSENT_FILE}: has no wording; add what readers say yes to")
    if mistakes:
        raise SettingsError(f"What readers may choose has mistakes, in {home}:\n  " + "\n  ".join(mistakes))
    return Choices(
        languages=tuple(languages),
        topics=tuple(Topic(key, table["label"], table["description"]) for key, table in topics.items()),
        wordings=wordings,
    )


def _others(table: Mapping[str, Any]) -> list[str]:
    return sorted(table.keys() - {"label", "description"})


def _tables(home: Path, name: str, kind: str, mistakes: list[str]) -> dict[str, dict[str, Any]]:
    try:
        content = tomllib.loads((home / name).read_text("utf-8"))
    except FileNotFoundError:
        mistakes.append(f"{name}: is missing; copy the one of a new site folder (newsletter init)")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        mistakes.append(f"{name}: {explain_toml(error)}")
        return {}
    mistakes += [f"{name}: [{other}] is not known; tables are called [{kind}.…]" for other in content if other != kind]
    tables: Any = content.get(kind, {})
    if not isinstance(tables, dict):
        mistakes.append(f"{name}: {kind} is a table of tables; write [{kind}.…]")
        return {}
    good: dict[str, dict[str, Any]] = {}
    for key, table in tables.items():
        if not KEY.fullmatch(key):
            mistakes.append(f"{name}: [{kind}.{key}]: use small letters, digits, - and _, at most 40")
        elif not isinstance(table, dict):
            mistakes.append(f"{name}: [{kind}.{key}] is not a table")
        else:
            good[key] = table
    return good


def _check_texts(texts: Any, languages: Sequence[str], where: str, mistakes: list[str]) -> None:
    if not isinstance(texts, dict):
        mistakes.append(f"{where} is missing; write it for {', '.join(languages)}")
        return
    mistakes += [f"{where}: {lang} is missing" for lang in languages if lang not in texts]
    mistakes += [
        f"{where}: {lang} is empty or no text" for lang, text in texts.items() if not isinstance(text, str) or not text.strip()
    ]
