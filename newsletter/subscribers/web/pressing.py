"""Whether a POST is the press of a button on one of our pages, or something that a program sent (docs/adr/0023).

Mail scanners open links in a real browser, run scripts there, and post what they find. Three things tell them from people, and
a view that changes something asks for all three:

* A page of ours sends a navigation. What a script fetches is none, and browsers say so (W3C Fetch Metadata).
* The act is the name and value of the *button*, never of a hidden field: ``form.submit()`` sends no button.
* Browsers add ``Sec-Fetch-User: ?1`` where a person caused a navigation: by a click, a tap, Enter, Space, a reload. A script
  that clicks the button leaves it out.

WebKit never sends that header, and no browser sends any of them to an address that is not https. So nothing is refused for what
is missing: where the browser would have named a person and named none, the page asks once more, and the second press counts.
A content script that presses buttons for somebody who speaks to their computer comes that way, and leaves with two presses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict

LONGEST_FORM: Final = 10_000
"""Octets of a form that a page of ours can send, with room to spare."""

AGAIN: Final = ("again", "yes")
"""Name and value of the button on the page that asks once more."""


class ReadForm:
    """The fields of a form that a page of ours may have sent.

    ``pressed`` says that a person pressed its button, or may have. Where it is False, change nothing and answer with
    ``pages.press_once_more``.
    """

    __slots__ = ("fields", "pressed")

    def __init__(self, fields: QueryDict, *, pressed: bool) -> None:
        self.fields = fields
        self.pressed = pressed

    def exactly(self, *names: str) -> dict[str, str] | None:
        """Give the fields by name where these were sent, each once, and no others; else None: no page of ours sent that."""
        if sorted(names) != sorted(name for name, values in self.fields.lists() for _ in values):
            return None
        return {name: str(self.fields[name]) for name in names}


def read_form(request: HttpRequest) -> ReadForm | None:
    """Read a POST's form; None for any body that no page of ours can have sent, and for what a script fetched."""
    if request.content_type != "application/x-www-form-urlencoded" or len(request.body) > LONGEST_FORM:
        return None
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return None
    try:
        fields = QueryDict(request.body, encoding="utf-8", mutable=True)
    except SuspiciousOperation:
        return None
    name, value = AGAIN
    again = fields.pop(name, []) == [value]
    return ReadForm(fields, pressed=again or not says_nobody_pressed(request.headers))


def says_nobody_pressed(headers: Mapping[str, str]) -> bool:
    """Say whether this browser would have named a person, and names none."""
    return "Sec-Fetch-Mode" in headers and headers.get("Sec-Fetch-User") != "?1" and not _is_webkit(headers)


def _is_webkit(headers: Mapping[str, str]) -> bool:
    """Say whether this is Safari, or another browser on an iPhone: it tells of modes since 16.4, and never of people.

    Chromium names its own brand even where it claims to be an iPhone, as scanners do.
    """
    user_agent = headers.get("User-Agent", "")
    return "AppleWebKit/" in user_agent and "Chrome/" not in user_agent and "Sec-CH-UA" not in headers
