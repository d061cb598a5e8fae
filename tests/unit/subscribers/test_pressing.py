"""What each browser sent was recorded in Chromium 156; Firefox and WebKit as their documentation of Fetch Metadata says."""

from __future__ import annotations

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from newsletter.subscribers.web.pressing import read_form, says_nobody_pressed

URLENCODED = "application/x-www-form-urlencoded"

CHROMIUM = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "Sec-CH-UA": '"Not:A-Brand";v="8", "Chromium";v="156"',
    "Origin": "null",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"
WEBVIEW_OF_2020 = (
    "Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/83.0 Mobile Safari/537.36"
)
PERSON = {"Sec-Fetch-User": "?1"}
OLD_BROWSER = {"User-Agent": FIREFOX}
SAFARI = {"User-Agent": IPHONE, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def post(body: str | bytes, content_type: str = URLENCODED, **headers: str) -> HttpRequest:
    return RequestFactory().generic("POST", "/m/token", body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        CHROMIUM | PERSON,
        {**CHROMIUM, **PERSON, "User-Agent": FIREFOX},
        {name: value for name, value in CHROMIUM.items() if name != "Sec-CH-UA"} | PERSON,
        SAFARI,
        OLD_BROWSER,
        {},
    ],
    ids=["Chromium", "Firefox", "a WebView without brands", "Safari", "an older browser, or no https", "no header at all"],
)
def test_a_press_counts_and_so_does_one_of_which_the_browser_cannot_tell(headers: dict[str, str]) -> None:
    assert not says_nobody_pressed(headers)


@pytest.mark.parametrize(
    "headers",
    [
        CHROMIUM,
        CHROMIUM | {"Sec-Fetch-User": "?0"},
        CHROMIUM | {"User-Agent": IPHONE},
        {"User-Agent": FIREFOX, "Sec-Fetch-Mode": "navigate"},
        {"User-Agent": WEBVIEW_OF_2020, "Sec-Fetch-Mode": "navigate"},
        {"User-Agent": "", "Sec-Fetch-Mode": "navigate"},
    ],
    ids=["Chromium", "somebody says no", "Chromium that says it is an iPhone", "Firefox", "a WebView without brands", "unknown"],
)
def test_where_the_browser_would_have_named_a_person_and_named_none_nobody_pressed(headers: dict[str, str]) -> None:
    assert says_nobody_pressed(headers)


def test_a_form_is_read_with_what_is_said_of_its_press() -> None:
    pressed, scripted = read_form(post("a=1&a=2&b=", **CHROMIUM, **PERSON)), read_form(post("a=1", **CHROMIUM))
    assert pressed is not None
    assert scripted is not None
    assert (dict(pressed.fields.lists()), pressed.pressed) == ({"a": ["1", "2"], "b": [""]}, True)
    assert not scripted.pressed


def test_the_second_press_counts_and_its_field_is_none_of_the_form() -> None:
    form = read_form(post("goodbye=yes&again=yes", **CHROMIUM))
    assert form is not None
    assert (dict(form.fields.lists()), form.pressed) == ({"goodbye": ["yes"]}, True)


@pytest.mark.parametrize("body", ["goodbye=yes&again=no", "goodbye=yes&again=yes&again=yes", "goodbye=yes&again="])
def test_anything_else_in_its_place_is_no_second_press(body: str) -> None:
    form = read_form(post(body, **CHROMIUM))
    assert form is not None
    assert not form.pressed


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Mode": "same-origin", "Sec-Fetch-User": "?1"},
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1"},
    ],
)
@pytest.mark.parametrize("again", ["", "&again=yes"])
def test_what_a_script_fetched_or_a_browser_looked_at_ahead_is_no_form(headers: dict[str, str], again: str) -> None:
    assert read_form(post(f"goodbye=yes{again}", **headers)) is None


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "text/plain", "application/json", ""])
def test_a_body_of_another_kind_is_no_form(content_type: str) -> None:
    assert read_form(post("goodbye=yes", content_type)) is None


@pytest.mark.parametrize("body", ["a" * 10_001, "&".join(["a=1"] * 2_000)])
def test_a_body_that_no_page_of_ours_could_send_is_no_form(body: str) -> None:
    assert read_form(post(body)) is None


def test_octets_that_are_no_text_do_not_raise() -> None:
    assert read_form(post(b"goodbye=%ff\xff&\x00=%00")) is not None
