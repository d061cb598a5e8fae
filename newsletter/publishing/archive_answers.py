"""How the archive answers: anybody may keep and find its pages, and who has one already gets no bytes again."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

A_YEAR: Final = "public, max-age=31536000, immutable"
AN_HOUR: Final = "public, max-age=3600"
FIVE_MINUTES: Final = "public, max-age=300"

AS_IN_THE_WHOLE_ANSWER: Final = {"Content-Security-Policy", "Cross-Origin-Resource-Policy", "Cache-Control", "X-Robots-Tag"}


def public(response: HttpResponse, caching: str) -> HttpResponse:
    """Let caches keep a response, and search engines find it."""
    response.headers["Cache-Control"] = caching
    response.headers["X-Robots-Tag"] = "all"
    return response


def unless_known(
    request: HttpRequest, response: HttpResponse, *, etag: str, last_modified: datetime | None = None
) -> HttpResponse:
    """Give the response, or a bare 304 to who has it already.

    A cache takes over the headers of a 304 (RFC 9111, section 4.3.4), so it carries the same ones.
    """
    response.headers["ETag"] = f'"{etag}"'
    seconds = int(last_modified.timestamp()) if last_modified else None
    if seconds is not None:
        response.headers["Last-Modified"] = http_date(seconds)
    answer = get_conditional_response(request, etag=f'"{etag}"', last_modified=seconds, response=response)
    if not isinstance(answer, HttpResponse) or answer is response:
        return response
    for name in AS_IN_THE_WHOLE_ANSWER & response.headers.keys():
        answer.headers[name] = response.headers[name]
    return answer
