"""What of a stranger's markup an editor gets to see: plain text on one line, and web addresses."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import quote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

_MARKUP_CHARACTERS = 8_000
"""So much markup is read at most: Lexbor's time grows with the square of how deep tags are nested (200,000 took 320 s)."""
_JOINERS = "\u200c\u200d"
"""Persian words and some emoji are written with these; all other invisible characters only hide something."""
_LINK_CHARACTERS = 2_000
_NOT_IN_ADDRESSES = re.compile(r'["<>\\^`{|}]')
"""No address holds these (RFC 3986, appendix A); browsers write them as references, and a block of an issue holds not all."""


def plain_text(markup: str) -> str:
    """Strip the tags, then unescape what was escaped twice, then fold whitespace.

    Control characters, those that turn the direction of writing round, and others that nobody sees are dropped.
    """
    markup = markup[:_MARKUP_CHARACTERS]
    if "<" in markup or "&" in markup:
        page = LexborHTMLParser(f"<body>{markup}")
        page.strip_tags(["script", "style", "template", "noscript", "iframe"], recursive=True)
        markup = html.unescape(page.body.text(separator=" ") if page.body else "")
    return one_line(markup)


def one_line(text: str) -> str:
    """Fold whitespace and control characters, and drop what turns the direction of writing round, or what nobody sees."""
    spaced = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text)
    seen = spaced if spaced.isprintable() else "".join(character for character in spaced if _is_seen(character))
    return " ".join(seen.split())


def shorten(text: str, characters: int) -> str:
    """Cut at the end of a word, with an ellipsis, to at most so many characters."""
    if len(text) <= characters:
        return text
    cut = text[: characters - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:.") + "…"


def web_address(link: str, base: str) -> str:
    """Give an absolute http or https address, else nothing: a javascript: link is no clipping.

    A host that serves its feed over https serves its pages so too, though feeds (fda.gov's) still write http.
    """
    if not link or len(link) > _LINK_CHARACTERS or not all(_is_seen(character) for character in link.strip()):
        return ""
    try:
        address = urlsplit(urljoin(base, "".join(link.split())))
        feed = urlsplit(base)
        is_web = address.scheme in {"http", "https"} and bool(address.hostname) and address.port != 0
        if feed.scheme == "https" and address.netloc == feed.netloc:
            address = address._replace(scheme="https")
    except ValueError:
        return ""
    # Names and passwords in an address are there to look like another host.
    if not is_web or "@" in address.netloc or _NOT_IN_ADDRESSES.search(address.netloc):
        return ""
    return _NOT_IN_ADDRESSES.sub(lambda sign: quote(sign[0]), address.geturl())


def _is_seen(character: str) -> bool:
    return character in _JOINERS or character.isspace() or unicodedata.category(character)[0] != "C"
