"""Whether a POST is the press of a button on one of our pages, or something that a program sent.

Mail scanners open links in a real browser, run scripts there, and post what they find. Browsers say of each request how it came
about (W3C Fetch Metadata): a pressed form is a navigation of a document, and Chromium and Firefox add ``Sec-Fetch-User: ?1``
where a person caused it. Safari leaves that one out, and older browsers leave out all of them, so that nothing is refused for
what is missing: where the browser would have said so, the question is asked once more, and the second press counts.
"""

from __future__ import annotations

from typing import Final

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict

LONGEST_FORM: Final = 10_000
"""Octets of a form that a page of ours can send, with room to spare."""

AGAIN: Final = ("again", "yes")
"""The field of the page that asks once more."""


class ReadForm:
    """The fields of a form that a page of ours may have sent; ``pressed`` says that a person pressed its button, or may have."""

    __slots__ = ("fields", "pressed")

    def __init__(self, fields: QueryDict, *, pressed: bool) -> None:
        self.fields = fields
        self.pressed = pressed


def read_form(request: HttpRequest) -> ReadForm | None:
    """Read a POST's form; None for any body that no page of ours can have sent, and for what a script fetched."""
    if request.content_type != "application/x-www-form-urlencoded" or len(request.body) > LONGEST_FORM:
        return None
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return None
    try:
        fields = QueryDict(request.body, encoding="utf-8", mutable=True)
    except SuspiciousOperation:
        return None
    name, value = AGAIN
    again = fields.pop(name, []) == [value]
    return ReadForm(fields, pressed=again or not _says_nobody_pressed(request))


def _says_nobody_pressed(request: HttpRequest) -> bool:
    """Say whether this browser would have named a person, and names none."""
    tells = "Sec-Fetch-Mode" in request.headers and ("Sec-CH-UA" in request.headers or "Firefox/" in _user_agent(request))
    return tells and request.headers.get("Sec-Fetch-User") != "?1"


def _user_agent(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")
