"""Fetching a feed: its entries as plain text, whatever the feed holds.

A feed is written by strangers. Nothing of it is kept but a title, a link, a date and a short excerpt, without markup, so that
neither a tracking pixel nor a script reaches an editor's screen, and no article is copied.
"""

from __future__ import annotations

import hashlib
import html
import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from time import struct_time
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser
from selectolax.lexbor import LexborHTMLParser

from newsletter.errors import SourceError
from newsletter.settings import FeedSettings
from newsletter.sources.feed_list import FeedAddress, read_feed_list
from newsletter.sources.fetch import Fetched, FetchLimits, fetch
from newsletter.sources.reach import Reach

__all__ = ["FeedAddress", "FeedEntry", "FetchedFeed", "fetch_feed", "read_entries", "read_feed_list"]

EXCERPT_CHARACTERS = 300
_TITLE_CHARACTERS = 300
_MADE_TITLE_CHARACTERS = 80
"""How much of the text stands in for a title; short posts have none."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry. ``key`` is SHA-256 in hex of its id, else of its link, else of title and date: the same at every fetch.

    ``link`` is an http or https address or empty; ``published_at`` is None when the feed gives no date that can be read.
    """

    key: str
    title: str
    link: str
    excerpt: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class FetchedFeed:
    """What a fetch brought. ``unchanged``: the server says that nothing is new since ``etag`` or ``last_modified``.

    ``problem`` is one sentence when there are no entries, and ``warning`` one when the feed is not well-formed but could be read.
    """

    entries: tuple[FeedEntry, ...] = ()
    etag: str = ""
    last_modified: str = ""
    unchanged: bool = False
    problem: str = ""
    warning: str = ""


def fetch_feed(feed: FeedAddress, *, etag: str, last_modified: str, settings: FeedSettings) -> FetchedFeed:
    """Fetch a feed, only if it changed since the last time (``etag``, ``last_modified``; empty the first time).

    Never raises for what the server does: ``problem`` says it, and the old ``etag`` and ``last_modified`` come back with it.
    """
    conditions = {"if-none-match": etag, "if-modified-since": last_modified}
    try:
        answer = fetch(
            feed.url,
            limits=FetchLimits(settings.timeout_seconds, settings.max_bytes),
            user_agent=settings.user_agent,
            headers={name: value for name, value in conditions.items() if value},
            reach=Reach.to(settings.private_hosts),
        )
        if answer.status == 304:
            return FetchedFeed(etag=etag, last_modified=last_modified, unchanged=True)
        entries, warning = read_entries(answer)
    except SourceError as error:
        return FetchedFeed(etag=etag, last_modified=last_modified, problem=str(error))
    return FetchedFeed(
        entries=entries,
        etag=answer.headers.get("etag", ""),
        last_modified=answer.headers.get("last-modified", ""),
        warning=warning,
    )


def read_entries(answer: Fetched) -> tuple[tuple[FeedEntry, ...], str]:
    """Give the entries, and a warning when the feed is not well-formed. Raises SourceError when this is no feed."""
    if answer.status != 200:
        raise SourceError(f"{urlsplit(answer.url).hostname} answered with status {answer.status}.")
    if answer.body.startswith(b"\x1f\x8b"):
        raise SourceError("the feed is a gzip file and does not say so in its headers.")
    # A stream, since feedparser takes bytes for the name of a file to open.
    parsed = feedparser.parse(
        BytesIO(answer.body),
        response_headers={"content-type": answer.headers.get("content-type", ""), "content-location": answer.url},
    )
    if not parsed.entries and not parsed.get("version"):
        raise SourceError(f"the answer is not a feed but {_what_it_is(answer)}.")
    # Many servers send feeds as text/html or text/plain; that is no fault of the feed.
    is_faulty = parsed.bozo and not isinstance(parsed.bozo_exception, feedparser.NonXMLContentType)
    fault = " ".join(f"the feed is not well-formed ({parsed.bozo_exception}).".split()) if is_faulty else ""
    if fault and not parsed.entries:
        raise SourceError(fault)
    entries = {entry.key: entry for entry in (_entry(raw, answer.url) for raw in parsed.entries) if entry.title}
    return tuple(entries.values()), fault


def _entry(raw: Mapping[str, Any], base: str) -> FeedEntry:
    excerpt = _plain_text(_value(raw, "summary"))
    title = _shorten(_plain_text(_value(raw, "title")), _TITLE_CHARACTERS) or _shorten(excerpt, _MADE_TITLE_CHARACTERS)
    link = _web_address(_value(raw, "link"), base)
    # Not get: feedparser warns when it is asked for an update that is missing.
    dates = [value for name, value in raw.items() if name in {"published_parsed", "updated_parsed"} and value]
    published_at = _moment(min(dates)) if dates else None
    identity = _value(raw, "id") or link or f"{title}\n{published_at}"
    return FeedEntry(
        key=hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest(),
        title=title,
        link=link,
        excerpt=_shorten(excerpt, EXCERPT_CHARACTERS),
        published_at=published_at,
    )


def _value(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return value.strip() if isinstance(value, str) else ""


def _plain_text(markup: str) -> str:
    """Strip the tags, then unescape what was escaped twice, then fold whitespace and drop control characters."""
    if "<" in markup or "&" in markup:
        page = LexborHTMLParser(f"<body>{markup}")
        page.strip_tags(["script", "style", "template", "noscript", "iframe"], recursive=True)
        markup = html.unescape(page.body.text(separator=" ") if page.body else "")
    return re.sub(r"[\s\x00-\x1f\x7f\ufffe\uffff]+", " ", markup).strip()


def _shorten(text: str, characters: int) -> str:
    """Cut at the end of a word, with an ellipsis, to at most so many characters."""
    if len(text) <= characters:
        return text
    cut = text[: characters - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:.") + "…"


def _web_address(link: str, base: str) -> str:
    """Give an absolute http or https address, else nothing: a javascript: link is no clipping.

    A host that serves its feed over https serves its pages so too, though feeds (fda.gov's) still write http.
    """
    try:
        address = urlsplit(urljoin(base, "".join(link.split())))
        feed = urlsplit(base)
        is_web = address.scheme in {"http", "https"} and bool(address.hostname)
        if feed.scheme == "https" and address.netloc == feed.netloc:
            address = address._replace(scheme="https")
    except ValueError:
        return ""
    return address.geturl() if link and is_web else ""


def _moment(parsed: struct_time) -> datetime | None:
    """Turn feedparser's time (UTC) into a datetime; dates before 1970 or beyond reason are none."""
    try:
        seconds = timegm(parsed)
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _what_it_is(answer: Fetched) -> str:
    start = answer.body[:2000].lstrip().lower()
    if not start:
        return "empty"
    if b"<html" in start or b"<!doctype html" in start:
        return "a web page"
    return f"something else ({answer.media_type or 'of an unnamed type'})"
