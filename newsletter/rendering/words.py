"""``templates/words/<language>.toml``: everything the newsletter says that no editor wrote."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from newsletter.errors import TemplateError
from newsletter.mistakes import explain_toml

Words = Mapping[str, Any]
"""Words of one language by table and key, such as ``words["mail"]["unsubscribe"]``."""

_NEEDED = {
    "dates": "months day month weekdays weekday moment from_to from_day_to_day clock time zoned zone_of_city",
    "dates.half": "am pm noon midnight",
    "mail": "not_in_your_language",
    "web": "use_your_mail your_address",
    "trial": (
        "label label_expanded untitled registry_title intro closed who_label other_rules who age_from age_to age_between age_any "
        "phase_label study_label observational where_label one_site sites no_site more_areas_one more_areas all_places "
        "other_place counted contact_label extension nobody reason_label sponsor_label collaborators "
        "more_collaborators ask source source_checked source_alias source_invented caution"
    ),
    "trial.status": "RECRUITING NOT_YET_RECRUITING AVAILABLE UNKNOWN",
    "block": "quoted",
}
NEEDED = frozenset(f"{table}.{key}" for table, keys in _NEEDED.items() for key in keys.split())
"""What the program itself says: whatever the templates of an organisation print, each of its languages has these."""


def read_words(folder: Path) -> dict[str, Words]:
    """Read the words of every language. Raises TemplateError when one lacks what another has or what the program says."""
    words: dict[str, Words] = {}
    for file in sorted(folder.glob("*.toml")):
        try:
            words[file.stem] = tomllib.loads(file.read_text("utf-8"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise TemplateError(f"{file}: {explain_toml(error)}") from error
    if not words:
        raise TemplateError(f"{folder} holds no words: it needs one file for each language, such as en.toml")
    keys = {language: set(_keys(table)) for language, table in words.items()}
    everything = NEEDED.union(*keys.values())
    missing = [f"{folder / language}.toml lacks {key}" for language in words for key in sorted(everything - keys[language])]
    if missing:
        raise TemplateError("Each language needs the same words:\n  " + "\n  ".join(missing))
    return words


def day(date: str, words: Words) -> str:
    """Give "November 3, 2026" for 2026-11-03, and anything else as it is."""
    parts = date.split("-")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts) or not 1 <= int(parts[1]) <= 12:
        return date
    given: str = words["dates"]["day"].format(
        day=int(parts[2]), month=words["dates"]["months"][int(parts[1]) - 1], year=int(parts[0])
    )
    return given


def _keys(table: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _keys(value, f"{before}{key}.")
        else:
            yield before + key
