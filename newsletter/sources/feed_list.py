"""``issues/feeds.toml``: the feeds that editors follow, one ``[[feed]]`` table for each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from newsletter.errors import SettingsError
from newsletter.mistakes import describe_mistakes, explain_toml, matching
from newsletter.settings import Url


class FeedAddress(BaseModel):
    """A feed: ``confirmed`` says that somebody has seen the address answer with a feed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=80)]
    url: Url
    language: Annotated[str, matching(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", "a language's code, such as en")] = "en"
    tags: tuple[str, ...] = ()
    confirmed: bool = False


class _FeedFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    feed: tuple[FeedAddress, ...] = ()


_FEED_FILE = TypeAdapter(_FeedFile)


def read_feed_list(file: Path) -> tuple[FeedAddress, ...]:
    """Read the list. Raises SettingsError with every mistake at once."""
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"There is no {file}. Make it, with one [[feed]] table (name, url) for each feed.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {explain_toml(error)}") from error
    try:
        feeds = _FEED_FILE.validate_python(content).feed
    except ValidationError as error:
        raise _mistakes(file, [f"{_where(content, place)}: {said}" for place, said in describe_mistakes(error)]) from None
    names = [feed.name for feed in feeds]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _mistakes(file, [f'feed "{name}": there are two feeds of this name' for name in twice])
    return feeds


def _where(content: dict[str, object], loc: tuple[int | str, ...]) -> str:
    """Name the feed a mistake is in by its name, else by its number in the file."""
    feeds = content.get("feed")
    if len(loc) > 1 and isinstance(feeds, list) and isinstance(loc[1], int):
        table = feeds[loc[1]]
        name = table.get("name") if isinstance(table, dict) else None
        return " ".join([f'feed "{name}"' if name else f"feed number {loc[1] + 1}", *map(str, loc[2:])])
    return ".".join(map(str, loc))


def _mistakes(file: Path, lines: list[str]) -> SettingsError:
    return SettingsError(f"{file} has mistakes:\n  " + "\n  ".join(lines))
