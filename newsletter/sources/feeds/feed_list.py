"""``issues/feeds.toml``: the feeds that editors follow, one ``[[feed]]`` for each, and ``[topics]``, what interests them."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from newsletter.errors import SettingsError
from newsletter.mistakes import describe_mistakes, explain_toml, matching
from newsletter.sources.feeds.canonical_links import canonical_link

FEED_LIST = "issues/feeds.toml"

TopicWord = Annotated[str, matching(r"(?=.*\w)[^*]+\*?", "a word, a phrase, or the beginning of one with * at its end")]


class FeedAddress(BaseModel):
    """A feed: ``confirmed`` says that somebody has seen the address answer with a feed; ``weight`` how much its news count.

    Only confirmed feeds are pulled without being asked for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=80), matching(r"[^\x00-\x1f\x7f]+", "a name on one line")]
    url: Annotated[str, matching(r"https?://[^\s]+", "an address that begins with https:// or http://")]
    language: Annotated[str, matching(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", "a language's code, such as en")] = "en"
    tags: tuple[str, ...] = ()
    weight: Annotated[float, Field(ge=0.1, le=10)] = 1.0
    confirmed: bool = False


class FeedList(BaseModel):
    """The feeds, and the words by which their news are ranked: a weight below 0 puts an entry to the end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    feed: tuple[FeedAddress, ...] = ()
    topics: Annotated[Mapping[TopicWord, Annotated[float, Field(ge=-10, le=10)]], Field(max_length=500)] = {}

    def find(self, name: str) -> FeedAddress | None:
        """Give the feed of this name, None where it was taken out of the list."""
        return next((feed for feed in self.feed if feed.name == name), None)


_FEED_LIST = TypeAdapter(FeedList)


def read_feed_list(file: Path) -> FeedList:
    """Read the list. Raises SettingsError with every mistake at once."""
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"There is no {file}. Make it, with one [[feed]] table (name, url) for each feed.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{file}: {explain_toml(error)}") from error
    mistakes = list(_find_twins(content))
    try:
        feeds = _FEED_LIST.validate_python(content)
    except ValidationError as error:
        mistakes[:0] = [f"{_where(content, place)}: {said}" for place, said in describe_mistakes(error)]
    if mistakes:
        raise SettingsError(f"{file} has mistakes:\n  " + "\n  ".join(mistakes))
    return feeds


def _find_twins(content: Mapping[str, object]) -> Iterator[str]:
    """Say which names stand twice, and which addresses: a feed under two names would count twice."""
    feeds = content.get("feed")
    tables = [table for table in feeds if isinstance(table, dict)] if isinstance(feeds, list) else []
    names = Counter(str(table["name"]) for table in tables if "name" in table)
    yield from (f'feed "{name}": there are two feeds of this name' for name, count in names.items() if count > 1)
    by_address: dict[str, list[str]] = {}
    for table in tables:
        if address := canonical_link(str(table.get("url", ""))):
            by_address.setdefault(address, []).append(str(table.get("name", "")))
    for feeds_there in by_address.values():
        if len(set(feeds_there)) > 1:
            yield f'feed "{feeds_there[1]}": has the same address as "{feeds_there[0]}"'


def _where(content: Mapping[str, object], loc: tuple[int | str, ...]) -> str:
    """Name the feed a mistake is in by its name, else by its number in the file."""
    feeds = content.get("feed")
    if len(loc) > 1 and isinstance(feeds, list) and isinstance(loc[1], int):
        table = feeds[loc[1]]
        name = table.get("name") if isinstance(table, dict) else None
        return " ".join([f'feed "{name}"' if name else f"feed number {loc[1] + 1}", *map(str, loc[2:])])
    if loc[:1] == ("topics",) and len(loc) > 1:
        return f'topics "{loc[1]}"'
    return ".".join(map(str, loc))
