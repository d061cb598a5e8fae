"""What readers' pages say and look like: templates/pages/words.<language>.toml and the colours of templates/theme.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation.trans_real import parse_accept_lang_header

from newsletter.errors import TemplateError
from newsletter.mistakes import explain_toml
from newsletter.settings import NewsletterSettings

Sections = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language, by section and name, as templates print them."""

    language: str
    sections: Sections

    def say(self, section: str, name: str, /, **values: str) -> str:
        """Give a sentence with its ``{values}`` filled in."""
        text: str = self.sections[section][name]
        return text.format(**values)

    def day(self, day: date) -> str:
        """Write a day as people of this language do."""
        months = self.sections["date"]["months"]
        return self.say("date", "pattern", day=str(day.day), month=months[day.month - 1], year=str(day.year))


@dataclass(frozen=True, slots=True)
class PageDesign:
    """Words by language, the first one being what is used for everybody else, and the theme's tables."""

    words: Mapping[str, Words]
    theme: Mapping[str, Mapping[str, Any]]

    def words_for(self, stored: str | None, accept_language: str) -> Words:
        """Give the words in the reader's stored language, else in the first of their browser's that we have."""
        if stored is not None and stored in self.words:
            return self.words[stored]
        for wanted, _ in parse_accept_lang_header(accept_language):
            language = wanted.partition("-")[0]
            if language in self.words:
                return self.words[language]
        return next(iter(self.words.values()))


def load_page_design(
    templates: Path, letter: NewsletterSettings, *, pages: str = "pages", languages: Sequence[str] = ()
) -> PageDesign:
    """Read words and theme from the folder ``templates``; raises TemplateError with every mistake at once.

    ``pages`` names the folder of the words, ``languages`` which of them, if not the newsletter's own.
    """
    mistakes: list[str] = []
    first, *others = languages or letter.languages
    raw = {language: _read(templates / pages / f"words.{language}.toml", mistakes) for language in (first, *others)}
    theme = _read(templates / "theme.toml", mistakes)
    for language in others if not mistakes else []:
        mistakes += _differences(raw[first], raw[language], f"{templates}/{pages}/words.{language}.toml", first)
    if mistakes:
        raise TemplateError("The words of readers' pages have mistakes:\n  " + "\n  ".join(mistakes))
    known = {"{letter}": letter.name, "{organisation}": letter.organisation}
    return PageDesign({language: Words(language, _filled(sections, known)) for language, sections in raw.items()}, theme)


def _read(file: Path, mistakes: list[str]) -> dict[str, dict[str, Any]]:
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        mistakes.append(f"{file} is missing; copy that of another language and translate it")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        mistakes.append(f"{file}: {explain_toml(error)}")
    else:
        mistakes += [
            f"{file}: {name} stands outside a [section]" for name, value in content.items() if not isinstance(value, dict)
        ]
        return content
    return {}


def _differences(model: Sections, other: Sections, file: str, first: str) -> list[str]:
    wanted = {(section, name) for section, texts in model.items() for name in texts}
    present = {(section, name) for section, texts in other.items() for name in texts}
    return [f"{file}: [{section}] {name} is missing" for section, name in sorted(wanted - present)] + [
        f"{file}: [{section}] {name} is not in words.{first}.toml" for section, name in sorted(present - wanted)
    ]


def _filled(sections: Sections, known: Mapping[str, str]) -> Sections:
    def fill(text: Any) -> Any:
        for name, value in known.items() if isinstance(text, str) else ():
            text = text.replace(name, value.replace("{", "{{").replace("}", "}}"))
        return text

    return {section: {name: fill(text) for name, text in texts.items()} for section, texts in sections.items()}
