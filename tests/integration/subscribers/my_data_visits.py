"""A visit to the page behind a fresh link."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client

ADDRESS = "ana.perez@example.org"


class Visitor:
    """A browser at /my-data/<token>: it keeps the hidden value of the page that it last saw, and no cookie."""

    def __init__(self, token: str, language: str = "en") -> None:
        self.path = f"/my-data/{token}"
        self.client = Client(headers={"accept-language": language})
        self.page = ""

    def look(self) -> HttpResponse:
        response: HttpResponse = self.client.get(self.path)  # type: ignore[assignment]
        found = re.search(r'name="page" value="(\w+)"', response.content.decode())
        self.page = found[1] if found else ""
        return response

    def press(self, act: str, **fields: str) -> HttpResponse:
        form = ({"page": self.page} if self.page else {}) | {"act": act, **fields}
        return self.client.post(self.path, urlencode(form), "application/x-www-form-urlencoded")  # type: ignore[return-value]

    def opened(self) -> Visitor:
        self.look()
        assert ADDRESS in text_of(self.press("open"))
        return self


def text_of(response: HttpResponse) -> str:
    return re.sub(r'nonce="[^"]*"', "", response.content.decode())


def notice(response: HttpResponse) -> str:
    found = re.search(r'id="notice"[^>]*>([^<]*)<', text_of(response))
    return found[1] if found else ""
