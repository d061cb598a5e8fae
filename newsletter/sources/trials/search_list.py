"""``issues/trials.toml``: the searches that editors want to hear news of, one ``[[search]]`` table for each."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from newsletter.errors import SettingsError, UsageError
from newsletter.mistakes import describe_mistakes, explain_toml, matching
from newsletter.sources.trials.places import find_place
from newsletter.sources.trials.search import TrialSearch
from newsletter.sources.trials.search_words import build_search, read_distance, read_phase, read_status

SEARCH_LIST: Final = "issues/trials.toml"


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search with the name that editors gave it."""

    name: str
    search: TrialSearch

    @property
    def terms(self) -> str:
        """All that is asked for, in one line: with other terms it is another search."""
        return json.dumps(asdict(self.search), sort_keys=True, ensure_ascii=False)


def _readable(read: Callable[[str], object]) -> AfterValidator:
    """Accept what ``read`` can read; its own sentence says what is wrong."""

    def check(value: str) -> str:
        try:
            read(value)
        except UsageError as error:
            raise ValueError(f"is wrong: {error}") from None
        return value

    return AfterValidator(check)


def _listed(value: Any) -> Any:
    """Let one word stand for a list of one, and a number for its word."""
    values = value if isinstance(value, list) else [value]
    return [str(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in values]


class _SearchTable(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=80), matching(r"[^\x00-\x1f\x7f]+", "a name on one line")]
    text: str = ""
    condition: str = ""
    near: Annotated[str, _readable(find_place)] = ""
    within: Annotated[str, _readable(read_distance)] = ""
    status: Annotated[tuple[Annotated[str, _readable(read_status)], ...], BeforeValidator(_listed)] = ("recruiting",)
    phase: Annotated[tuple[Annotated[str, _readable(read_phase)], ...], BeforeValidator(_listed)] = ()


class _SearchFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    search: tuple[_SearchTable, ...] = ()


_SEARCH_FILE = TypeAdapter(_SearchFile)


def read_search_list(file: Path) -> tuple[SavedSearch, ...]:
    """Read the list; no file is no search. Raises SettingsError with every mistake at once."""
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {explain_toml(error)}") from error
    mistakes: list[str] = []
    tables: tuple[_SearchTable, ...] = ()
    try:
        tables = _SEARCH_FILE.validate_python(content).search
    except ValidationError as error:
        mistakes += [f"{_where(content, place)}: {said}" for place, said in describe_mistakes(error)]
    names = [table["name"] for table in _tables(content) if isinstance(table.get("name"), str)]
    mistakes += [
        f'search "{name}": there are two searches of this name' for name in dict.fromkeys(names) if names.count(name) > 1
    ]
    searches = [search for table in tables if (search := _build(table, mistakes)) is not None]
    if mistakes:
        raise SettingsError(f"{file} has mistakes:\n  " + "\n  ".join(mistakes))
    return tuple(searches)


def _build(table: _SearchTable, mistakes: list[str]) -> SavedSearch | None:
    try:
        return SavedSearch(table.name, build_search(**table.model_dump(exclude={"name"})))
    except UsageError as error:
        mistakes.append(f'search "{table.name}": {error}')
        return None


def _tables(content: dict[str, Any]) -> list[dict[str, Any]]:
    searches = content.get("search")
    return [table for table in searches if isinstance(table, dict)] if isinstance(searches, list) else []


def _where(content: dict[str, Any], loc: tuple[int | str, ...]) -> str:
    """Name the search a mistake is in by its name, else by its number in the file."""
    searches = content.get("search")
    if len(loc) > 1 and isinstance(searches, list) and isinstance(loc[1], int):
        table = searches[loc[1]]
        name = table.get("name") if isinstance(table, dict) else None
        return " ".join([f'search "{name}"' if name else f"search number {loc[1] + 1}", *map(str, loc[2:])])
    return ".".join(map(str, loc))
