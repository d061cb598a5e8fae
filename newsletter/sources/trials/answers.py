"""What an answer of the registry's API v2 says: JSON, a plain-text sentence of its own, or nothing to rely on.

Its errors are text/plain, not JSON. What is not plainly an answer raises SourceError: could not check, never a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import orjson

from newsletter.errors import SourceError
from newsletter.sources.feeds.text import one_line, shorten
from newsletter.sources.fetch import Fetched

_LONGEST_QUOTE = 200
_MALFORMED_ITEM = re.compile(r"Item \d+ in parameter `filter\.ids` has incorrect format")
_BECAUSE: Mapping[str, str] = MappingProxyType(
    {
        r"Parameter `nctId` has incorrect format": "the registry does not take this for an NCT number (400).",
        _MALFORMED_ITEM.pattern: "the registry does not take one of the numbers for an NCT number (400).",
        r"Parameter 'fields' contains invalid field name: '(.*)'": (
            'the registry no longer knows the field "{}" (400): this program must be brought up to date.'
        ),
        r"`(.*)` is unknown parameter": (
            'the registry does not know the parameter "{}" (400): this program must be brought up to date.'
        ),
        r"Invalid value in parameter `(.*?)`:\s*(.*)": 'the registry does not know {1} as a value of "{0}" (400).',
        r"Error parsing query in (.*?):.*": "the registry cannot read the words to search for ({}) (400).",
    }
)
"""The registry's own sentences for a question that it refuses, and what each means."""


class RefusedNumberError(SourceError):
    """The registry refuses a whole batch for one number that it does not take for an NCT number."""


def read_object(response: Fetched) -> dict[str, Any]:
    """Give the JSON object of a good answer. Raises SourceError, with a sentence for an editor, for every other."""
    if response.status == 400 and _MALFORMED_ITEM.fullmatch(response.text.strip()):
        raise RefusedNumberError(_why_not(response))
    if response.status != 200:
        raise SourceError(_why_not(response))
    if response.media_type != "application/json":
        named = _quoted(response.media_type) or "something"
        raise SourceError(f"the registry answered with {named} where JSON was expected.")
    try:
        content = orjson.loads(response.body)
    except orjson.JSONDecodeError as error:
        raise SourceError("the registry's answer is not whole JSON.") from error
    if not isinstance(content, dict):
        raise SourceError("the registry's answer is JSON of another form.")
    return content


def read_studies(page: Mapping[str, Any]) -> list[Any]:
    """Give the records of one page of a search. Raises SourceError when it is no such page."""
    studies = page.get("studies")
    if not isinstance(studies, list):
        raise SourceError("the registry's answer has no list of studies.")
    return studies


def says_absent(response: Fetched, nct_id: str) -> bool:
    """Say whether this is the registry's own sentence about this very trial: an edge's 404 page says nothing."""
    is_text = response.status == 404 and response.media_type == "text/plain"
    return is_text and response.text.strip() == f"NCT number {nct_id} not found"


def may_pass(response: Fetched) -> bool:
    """Say whether the same question may be answered a little later: the registry is busy or broken, or the answer was cut."""
    if response.status == 429 or response.status >= 500:
        return True
    if response.status != 200:
        return False
    # The registry's edge was seen to send a page of HTML with 200 for a while.
    return response.media_type == "text/html" or (response.media_type == "application/json" and not _is_json(response.body))


def moved_to(response: Fetched, base_url: str) -> str:
    """Give the number under which the registry now lists a trial (301); empty where a redirect leads anywhere else."""
    if response.status not in {301, 308}:
        return ""
    base = urlsplit(base_url)
    try:
        target = urlsplit(response.headers.get("location", ""))
    except ValueError:
        return ""
    if target.netloc and (target.scheme or base.scheme, target.netloc) != (base.scheme, base.netloc):
        return ""
    found = re.fullmatch(re.escape(base.path.rstrip("/")) + r"/studies/(NCT(?!0{8})[0-9]{8})", target.path)
    return found[1] if found else ""


def _why_not(response: Fetched) -> str:
    if response.status == 403:
        return "the registry refused to answer (403): it turns some programs and networks away."
    if response.status == 429:
        return "the registry asks us to come back later (429)."
    if response.status == 400 and response.media_type == "text/plain":
        return _why_refused(response.text.strip())
    return f"the registry answered with status {response.status}."


def _why_refused(sentence: str) -> str:
    for pattern, meaning in _BECAUSE.items():
        if found := re.fullmatch(pattern, sentence, re.DOTALL):
            return " ".join(meaning.format(*map(_quoted, found.groups())).split())
    return f"the registry refused the question (400): {_quoted(sentence)}"


def _quoted(text: str) -> str:
    return shorten(one_line(text), _LONGEST_QUOTE)


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True
