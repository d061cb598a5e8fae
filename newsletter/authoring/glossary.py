"""``issues/glossary.toml``: the terms that an issue explains, in every language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.authoring.complaints import Complaints, Mistake, did_you_mean, quoted
from newsletter.authoring.issue import GlossaryTerm
from newsletter.authoring.source import TOKEN_START
from newsletter.authoring.toml_text import parse_toml

GLOSSARY_FILE = "issues/glossary.toml"
TERM_KEYS = ("term", "definition")
_PLACE_IN_MESSAGE = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, slots=True)
class Glossary:
    """All terms, by key and by language. Of one that is not ``readable`` nobody knows what is in it."""

    terms: Mapping[str, Mapping[str, GlossaryTerm]] = field(default_factory=dict)
    readable: bool = True


def read_glossary(home: Path, complaints: Complaints) -> Glossary:
    """Read the glossary of a site folder; a folder without one has no terms. ``complaints`` are about that file."""
    try:
        text = (home / GLOSSARY_FILE).read_text("utf-8")
    except FileNotFoundError:
        return Glossary()
    except UnicodeDecodeError as error:
        complaints.add(Mistake("glossary-broken", f"the glossary is not UTF-8: {error.reason}", "Save it as UTF-8."))
        return Glossary(readable=False)
    return parse_glossary(text, complaints)


def parse_glossary(text: str, complaints: Complaints) -> Glossary:
    """Read a glossary from the text of its file."""
    try:
        content = parse_toml(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE_IN_MESSAGE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        message = f"the glossary is not TOML: {_PLACE_IN_MESSAGE.sub('', str(error)).strip()}"
        fix = 'Write [HER2-low.en], and below it term = "…" and definition = "…".'
        complaints.add(Mistake("glossary-broken", message, fix), line=line, column=column)
        return Glossary(readable=False)
    reader = _Reader(tuple(text.split("\n")), complaints)
    return Glossary({key: reader.languages(key, table) for key, table in content.items()})


@dataclass(frozen=True, slots=True)
class _Reader:
    lines: tuple[str, ...]
    complaints: Complaints

    def languages(self, key: str, table: object) -> Mapping[str, GlossaryTerm]:
        if not isinstance(table, dict):
            self._complain(key, f"the term {quoted(key)} has no languages", f'Write ["{key}".en], and term and definition below.')
            return {}
        return {language: self._term(key, language, fields) for language, fields in table.items()}

    def _term(self, key: str, language: str, fields: object) -> GlossaryTerm:
        where = f"the term {quoted(key)} in {quoted(language)}"
        values = fields if isinstance(fields, dict) else {}
        for name in values:
            if name not in TERM_KEYS:
                self._complain(key, f"{where} has an unknown field {quoted(name)}", did_you_mean(name, TERM_KEYS))
        texts = {}
        for name in TERM_KEYS:
            value = values.get(name)
            texts[name] = " ".join(value.split()) if isinstance(value, str) else ""
            if not texts[name] or TOKEN_START in texts[name]:
                self._complain(key, f"{where} has no {name}", f'Write {name} = "some words".')
        return GlossaryTerm(key, texts["term"], texts["definition"])

    def _complain(self, key: str, message: str, fix: str) -> None:
        headings = (number for number, line in enumerate(self.lines, 1) if line.startswith("[") and key in line)
        self.complaints.add(Mistake("glossary-broken", message, fix), line=next(headings, 0))
