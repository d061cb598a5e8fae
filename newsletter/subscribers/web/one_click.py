"""RFC 8058: what a mail program posts when its reader presses "Unsubscribe" beside the sender's name.

The body is exactly one field, ``List-Unsubscribe=One-Click``, urlencoded or as multipart/form-data (RFC 8058, 3.1 and 8). Mail
scanners post forms as well, so nothing else is taken for it.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

FIELD, VALUE = "List-Unsubscribe", "One-Click"

LONGEST_BODY = 2_000
"""Octets; the multipart example of the RFC has about 200."""


def is_one_click(request: HttpRequest) -> bool:
    """Say whether the body of this POST is the one field and nothing else. Never raises on what a stranger sent."""
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return False
    if not 0 < length <= LONGEST_BODY:
        return False
    if request.content_type == "application/x-www-form-urlencoded":
        return _is_urlencoded(request.body)
    if request.content_type == "multipart/form-data":
        return _is_multipart(request)
    return False


def _is_urlencoded(body: bytes) -> bool:
    try:
        fields = parse_qsl(body.rstrip(b"\r\n").decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=1)
    except ValueError:
        return False
    return fields == [(FIELD, VALUE)]


def _is_multipart(request: HttpRequest) -> bool:
    request.encoding = "utf-8"  # whatever charset a stranger named: one that is no text encoding would raise
    try:
        fields, files = list(request.POST.lists()), request.FILES
    except MultiPartParserError:
        return False
    return fields == [(FIELD, [VALUE])] and not files
