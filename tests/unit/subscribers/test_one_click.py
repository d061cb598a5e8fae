from __future__ import annotations

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from newsletter.subscribers.web.one_click import is_one_click

URLENCODED = "application/x-www-form-urlencoded"
BOUNDARY = "FormBoundaryjWmhtjORrn"
MULTIPART = f"multipart/form-data; boundary=----{BOUNDARY}"

RFC_8058_EXAMPLE = (
    f'------{BOUNDARY}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n------{BOUNDARY}--\r\n'
)


def post(body: str | bytes, content_type: str) -> HttpRequest:
    return RequestFactory().generic("POST", "/u/token", body, content_type=content_type)


def part(name: str, value: str, *, more: str = "") -> str:
    return f'------{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("List-Unsubscribe=One-Click", URLENCODED),
        ("List-Unsubscribe=One-Click", f"{URLENCODED}; charset=utf-8"),
        ("List-Unsubscribe=One-Click\r\n", URLENCODED),
        ("List%2DUnsubscribe=One%2DClick", URLENCODED),
        (RFC_8058_EXAMPLE, MULTIPART),
        (RFC_8058_EXAMPLE, f"{MULTIPART}; charset=hex"),
    ],
)
def test_the_one_field_is_taken_in_both_forms_of_the_rfc(body: str, content_type: str) -> None:
    assert is_one_click(post(body, content_type))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "List-Unsubscribe=",
        "List-Unsubscribe",
        "List-Unsubscribe=one-click",
        "list-unsubscribe=One-Click",
        "List-Unsubscribe=One-Click&",
        "List-Unsubscribe=One-Click&utm=1",
        "utm=1&List-Unsubscribe=One-Click",
        "List-Unsubscribe=One-Click&List-Unsubscribe=One-Click",
        "List-Unsubscribe=One-Click ",
        "List-Unsubscribe=One-Click;x=1",
        '{"List-Unsubscribe": "One-Click"}',
        "List-Unsubscribe=One-Click" + "&" * 3_000,
        "List-Unsubscribe=One-Clické",
    ],
)
def test_any_other_urlencoded_body_is_refused(body: str) -> None:
    assert not is_one_click(post(body, URLENCODED))


@pytest.mark.parametrize(
    "body",
    [
        "",
        part("List-Unsubscribe", "One-Click"),
        part("List-Unsubscribe", "Two-Clicks") + f"------{BOUNDARY}--\r\n",
        part("List-Unsubscribe", "One-Click") * 2 + f"------{BOUNDARY}--\r\n",
        part("List-Unsubscribe", "One-Click") + part("utm", "1") + f"------{BOUNDARY}--\r\n",
        part("List-Unsubscribe", "One-Click", more='; filename="x.txt"') + f"------{BOUNDARY}--\r\n",
        part("List-Unsubscribe", "One-Click") + part("f", "x", more='; filename="x.txt"') + f"------{BOUNDARY}--\r\n",
    ],
)
def test_any_other_multipart_body_is_refused(body: str) -> None:
    assert not is_one_click(post(body, MULTIPART))


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "", "multipart/form-data", "multipart/mixed; boundary=x"]
)
def test_another_content_type_is_refused(content_type: str) -> None:
    assert not is_one_click(post("List-Unsubscribe=One-Click", content_type))


def test_a_body_of_unknown_length_is_refused() -> None:
    request = post("List-Unsubscribe=One-Click", URLENCODED)
    request.META["CONTENT_LENGTH"] = "many"
    assert not is_one_click(request)


@given(body=st.binary(max_size=300), content_type=st.sampled_from([URLENCODED, MULTIPART]))
def test_a_hostile_body_never_raises_and_never_unsubscribes(body: bytes, content_type: str) -> None:
    assert not is_one_click(post(body, content_type))
