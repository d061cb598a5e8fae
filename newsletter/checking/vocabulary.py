"""The words that editors decide about, in ``issues/words.toml``: technical terms and drugs, words to do without, limits."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from newsletter.authoring.complaints import Complaints
from newsletter.authoring.glossary import GLOSSARY_FILE, parse_glossary
from newsletter.authoring.issue import GlossaryTerm
from newsletter.checking.phrases import PhraseBook
from newsletter.checking.prose import fold
from newsletter.errors import SettingsError
from newsletter.mistakes import describe_mistakes, explain_toml

WORDS_FILE = "issues/words.toml"


class ReadingLimits(BaseModel):
    """How hard a text may be to read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grade: Annotated[float, Field(gt=0, le=20)] = 8
    """Flesch-Kincaid, in years of an American school; health letters should stay below the 8th (NIH, PMC6334864)."""
    smog: Annotated[float, Field(gt=0, le=20)] = 10
    """SMOG, which foretells full understanding and lies about two years above Flesch-Kincaid (Wang 2013, PMID 22835706)."""
    inflesz: Annotated[float, Field(ge=0, le=100)] = 55
    """INFLESZ, from 0 to 100; 55 is the lower end of "normal" (Barrio-Cantalejo 2008)."""
    sentence_words: dict[str, Annotated[int, Field(ge=5)]] = {"en": 25, "es": 30}
    """By language; Spanish needs about a fifth more words for the same thought."""


class _Named(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Annotated[str, Field(min_length=1)]]

    also: tuple[Annotated[str, Field(min_length=1)], ...] = ()


class _WordsFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    limits: ReadingLimits = ReadingLimits()
    avoid: dict[str, dict[str, str]] = {}
    drugs: dict[str, _Named] = {}
    terms: dict[str, _Named] = {}


@dataclass(frozen=True, slots=True)
class TechnicalTerm:
    """A word that readers may not know: all its names, and what it is, by language.

    ``glossary_key`` is how an issue marks it, "" where the glossary does not have it.
    """

    names: tuple[str, ...]
    says: Mapping[str, str]
    is_drug: bool = False
    glossary_key: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """Everything the editors say about words. ``avoided`` gives by language what to write instead of a word.

    ``files`` are the texts of the files that it comes from, by their paths in the site folder.
    """

    terms: tuple[TechnicalTerm, ...] = ()
    avoided: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    limits: ReadingLimits = field(default_factory=ReadingLimits)
    files: Mapping[str, str] = field(default_factory=dict, repr=False)

    @cached_property
    def technical(self) -> PhraseBook[TechnicalTerm]:
        """All terms by all their names, in every language: an English name may stand in a Spanish text."""
        return PhraseBook((name, term) for term in self.terms for name in term.names)

    @cached_property
    def loaded(self) -> Mapping[str, PhraseBook[str]]:
        """The words to do without, by language."""
        return {language: PhraseBook(phrases.items()) for language, phrases in self.avoided.items()}


def read_vocabulary(home: Path) -> Vocabulary:
    """Read the word list and the glossary of a site folder; either may be missing.

    Raises SettingsError with every mistake in the list. Those in the glossary are found where issues are read.
    """
    files = {name: (home / name).read_text("utf-8") for name in (WORDS_FILE, GLOSSARY_FILE) if (home / name).is_file()}
    return _read_vocabulary(files.get(WORDS_FILE, ""), files.get(GLOSSARY_FILE, ""))


@lru_cache(maxsize=4)
def _read_vocabulary(words: str, glossary_text: str) -> Vocabulary:
    """Make it from the texts of both files, once while they stay as they are: the lists take longer to make than a check."""
    said = _read_words_file(words)
    glossary = parse_glossary(glossary_text, Complaints(GLOSSARY_FILE)).terms
    keys = {fold(name): key for key, languages in glossary.items() for name in _names(key, languages)}
    listed = [
        TechnicalTerm((name, *entry.also), dict(entry.__pydantic_extra__), is_drug, keys.get(fold(name), ""))
        for is_drug, entries in ((True, said.drugs), (False, said.terms))
        for name, entry in entries.items()
    ]
    in_glossary = [
        TechnicalTerm(
            _names(key, languages), {language: term.definition for language, term in languages.items()}, glossary_key=key
        )
        for key, languages in glossary.items()
    ]
    files = {name: text for name, text in ((WORDS_FILE, words), (GLOSSARY_FILE, glossary_text)) if text}
    return Vocabulary((*in_glossary, *listed), said.avoid, said.limits, files)


def _read_words_file(text: str) -> _WordsFile:
    try:
        return _WordsFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{WORDS_FILE}: {explain_toml(error)}") from error
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, place))}: {what}" for place, what in describe_mistakes(error)]
        raise SettingsError(f"{WORDS_FILE} has mistakes:\n  " + "\n  ".join(lines)) from error


def _names(key: str, languages: Mapping[str, GlossaryTerm]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((key, *(term.term for term in languages.values()))))
