"""Every address of the web that an edition leads its readers to: mail, text and web page, for every choice of topics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from newsletter.authoring.source import TOKEN_START
from newsletter.rendering.edition import Edition

_IN_TEXT = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_WITHOUT_PATH = re.compile(r"https?://[^/?#]+", re.IGNORECASE)
_AFTER_AN_ADDRESS = ".,;:!?)]}»”"


def links_of(edition: Edition) -> Sequence[str]:
    """Give the targets of all links of an edition's pages, each once, as they stand there: tel:, mailto: and #anchors too."""
    return links_in(map(LexborHTMLParser, (*(variant.html for variant in edition.variants), edition.web)))


def links_in(pages: Iterable[LexborHTMLParser]) -> Sequence[str]:
    """Give the same of some pages that were parsed before."""
    return list(dict.fromkeys(href for page in pages for href in _hrefs(page)))


def web_addresses(editions: Iterable[Edition], *, base_url: str) -> Sequence[str]:
    """Give the addresses of other people's sites, each once and without its #fragment, in the order in which readers meet them.

    Pages and pictures of our own server are not among them: the program knows what it publishes. Neither are personal links.
    """
    found: dict[str, None] = {}
    for edition in editions:
        links = dict.fromkeys(links_of(edition))
        texts = (match for variant in edition.variants for match in _IN_TEXT.findall(variant.text))
        for link in (*links, *(text if text in links else _without_punctuation(text) for text in texts)):
            if link.lower().startswith(("http://", "https://")) and TOKEN_START not in link and not is_own(link, base_url):
                found[as_asked(link)] = None
    return list(found)


def as_asked(address: str) -> str:
    """Give an address as its server is asked for it: without a #fragment, and with the / of a front page."""
    plain = address.partition("#")[0]
    return f"{plain}/" if _WITHOUT_PATH.fullmatch(plain) else plain


def is_own(address: str, base_url: str) -> bool:
    """Say whether an address is one of our own server's."""
    try:
        ours, theirs = urlsplit(base_url), urlsplit(address)
        return bool(base_url) and theirs.scheme in {"http", "https"} and theirs.netloc.lower() == ours.netloc.lower()
    except ValueError:
        return False


def own_paths(edition: Edition, *, issue_names: Iterable[str], languages: Sequence[str]) -> frozenset[str]:
    """Give the paths that our server has once an edition is out, besides readers' own pages."""
    issues = {f"/issues/{name}/" for name in (*issue_names, edition.issue)}
    editions = {f"{issue}{language}/" for issue in issues for language in (*languages, edition.language)}
    return frozenset({*_FIXED, *issues, *editions, *(f"/assets/{asset.name}" for asset in edition.assets)})


_FIXED = ("/", "/issues/", "/privacy", "/subscribe", "/lost-link", "/feed.xml")
"""Pages that every installation has: see the lists of addresses of ``newsletter.subscribers`` and ``newsletter.publishing``."""


def _hrefs(page: LexborHTMLParser) -> Iterator[str]:
    for node in page.css("a[href], area[href]"):
        if href := (node.attributes["href"] or "").strip():
            yield href


def _without_punctuation(address: str) -> str:
    """Cut what belongs to the sentence round an address; a parenthesis that the address opened is its own."""
    while address and address[-1] in _AFTER_AN_ADDRESS and not (address[-1] == ")" and "(" in address):
        address = address[:-1]
    return address
