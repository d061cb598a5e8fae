"""Reading a feed: its entries as plain text, whatever the feed holds.

A feed is written by strangers. Nothing of it is kept but a title, a link, a date and a short excerpt, without markup, so that
neither a tracking pixel nor a script reaches an editor's screen, and no article is copied.
"""

from __future__ import annotations

import hashlib
import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from time import struct_time
from typing import Any, Final
from urllib.parse import urlsplit

import feedparser

from newsletter.errors import SourceError
from newsletter.sources.feeds.canonical_links import canonical_link
from newsletter.sources.feeds.text import plain_text, shorten, web_address
from newsletter.sources.fetch import Fetched
from newsletter.sources.unpacking import GZIP, unpack

EXCERPT_CHARACTERS = 300
MOST_ENTRIES = 5_000
"""No feed of news has more; 100,000 take feedparser 20 seconds."""
MOST_MARKUP: Final = ((b"<", 300_000), (b"&", 1_000_000), (b"=", 500_000))
"""So much markup is read: 5 MB of nothing else take feedparser minutes, and 750 MB of memory. Real feeds have half of it."""
_LONG_TAG = re.compile(rb"<[^<>]{50000,}")
_MOST_ATTRIBUTES = 10_000
_TITLE_CHARACTERS = 300
_MADE_TITLE_CHARACTERS = 80
"""How much of the text stands in for a title; short posts have none."""
_FAULT_CHARACTERS = 200
_AN_ENTRY = re.compile(rb"<(?:\w{1,20}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?\s*$")
"""As Chinese and Japanese forums write dates; feedparser takes 2020/1/10 for the first of November."""
_GONE = {404: ": there is no feed at this address", 410: ": the feed is gone for good", 403: ": it turns programs like this away"}


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry. ``key`` is SHA-256 in hex of its id, else of its link, else of title and date: the same at every fetch.

    ``link`` is an http or https address or empty; ``published_at`` is None when the feed gives no date that can be read.
    ``story`` is the same in every feed that has this entry: SHA-256 in hex of the canonical link, else of title and day.
    """

    key: str
    title: str
    link: str
    excerpt: str
    published_at: datetime | None
    story: str


def read_entries(answer: Fetched, *, max_bytes: int = 5_000_000) -> tuple[tuple[FeedEntry, ...], str]:
    """Give the entries, and a warning when the feed is not well-formed. Raises SourceError when this is no feed.

    ``max_bytes`` is for a feed that is a gzip file without saying so.
    """
    host = urlsplit(answer.url).hostname or "the server"
    if answer.status != 200:
        raise SourceError(f"{host} answered with status {answer.status}{_GONE.get(answer.status, '')}.")
    body = unpack(answer.body, max_bytes=max_bytes, host=host) if answer.body.startswith(GZIP) else answer.body
    _refuse_too_much(body.replace(b"\x00", b""))  # without zeros, so that UTF-16 is counted too
    parsed = _parse(body, answer)
    if not parsed.entries and not parsed.get("version"):
        raise SourceError(f"the answer is not a feed but {_what_it_is(body, answer)}.")
    fault = f"the feed is not well-formed ({_one_line(parsed.bozo_exception)})." if _is_faulty(parsed) else ""
    if fault and not parsed.entries:
        raise SourceError(fault)
    entries = {entry.key: entry for entry in (_entry(raw, answer.url) for raw in parsed.entries) if entry.title}
    return tuple(entries.values()), fault


def _refuse_too_much(body: bytes) -> None:
    if (count := len(_AN_ENTRY.findall(body))) > MOST_ENTRIES:
        raise SourceError(f"the feed has {count:,} entries, and {MOST_ENTRIES:,} at most are read.")
    for sign, most in MOST_MARKUP:
        if (count := body.count(sign)) > most:
            raise SourceError(
                f"the feed is nearly all markup: it has {count:,} times “{sign.decode()}”, and {most:,} at most are read."
            )
    if any(len(tag.split()) > _MOST_ATTRIBUTES for tag in _LONG_TAG.findall(body)):
        raise SourceError("the feed is nearly all markup: one tag of it has thousands of attributes.")


def _parse(body: bytes, answer: Fetched) -> Any:
    try:
        return feedparser.parse(
            # A stream, since feedparser takes bytes for the name of a file to open.
            BytesIO(body),
            response_headers={"content-type": answer.headers.get("content-type", ""), "content-location": answer.url},
            # All markup is stripped afterwards; cleaning it first takes as long again.
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # its loose parser raises what it likes: AssertionError, ValueError, RecursionError
        raise SourceError(f"the feed cannot be read ({type(error).__name__}: {_one_line(error)}).") from error


def _is_faulty(parsed: Any) -> bool:
    """Say whether something is wrong with the feed itself: many servers send one as text/html, or as text/xml.

    The latter means us-ascii to feedparser, by a rule that RFC 7303 took back.
    """
    said = parsed.get("bozo_exception")
    is_the_servers = isinstance(said, feedparser.NonXMLContentType) or "declared as us-ascii" in str(said)
    return bool(parsed.bozo) and not is_the_servers


def _entry(raw: Mapping[str, Any], base: str) -> FeedEntry:
    excerpt = plain_text(_value(raw, "summary"))
    title = shorten(plain_text(_value(raw, "title")), _TITLE_CHARACTERS) or shorten(excerpt, _MADE_TITLE_CHARACTERS)
    link = web_address(_value(raw, "link"), base)
    published_at = _date(raw, "published") or _date(raw, "updated")
    day = published_at.date() if published_at else None
    return FeedEntry(
        key=_hash(_value(raw, "id") or link or f"{title}\n{published_at}"),
        title=title,
        link=link,
        excerpt=shorten(excerpt, EXCERPT_CHARACTERS),
        published_at=published_at,
        story=_hash(canonical_link(link) or f"{title.casefold()}\n{day}"),
    )


def _hash(identity: str) -> str:
    return hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()


def _value(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return value.strip() if isinstance(value, str) else ""


def _date(raw: Mapping[str, Any], name: str) -> datetime | None:
    values = dict(raw)  # feedparser's own warns when it is asked for an update that is missing
    if numbers := _YEAR_FIRST.match(_value(values, name)):
        try:
            return datetime(*map(int, numbers.groups(default="0")), tzinfo=UTC)  # type: ignore[misc, arg-type]
        except ValueError:
            return None
    parsed = values.get(f"{name}_parsed")
    return _moment(parsed) if parsed else None


def _moment(parsed: struct_time) -> datetime | None:
    """Turn feedparser's time (UTC) into a datetime; dates before 1970 or beyond reason are none."""
    try:
        seconds = timegm(parsed)
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _one_line(error: object) -> str:
    return shorten(plain_text(str(error).removeprefix("<unknown>:")), _FAULT_CHARACTERS)


def _what_it_is(body: bytes, answer: Fetched) -> str:
    start = body[:2000].lstrip().lower()
    if not start:
        return "empty"
    if b"<html" in start or b"<!doctype html" in start:
        return "a web page"
    return f"something else ({answer.media_type or 'of an unnamed type'})"
