"""What mail scanners, previews and prefetchers do to links and to the pages behind them: one line each.

Sources: RFC 8058, 1 and 4 (scanners fetch all links, therefore one-click is a POST); Microsoft Defender Safe Links, Proofpoint
URL Defense and Barracuda (links are rewritten, opened in a real browser, and opened again later); link previews of messengers;
prefetching by browsers (Sec-Purpose, and Purpose and X-Moz before it); quoted-printable that was decoded once too often or not
at all; web application scanners, which post what they find in forms, changed.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode

from newsletter.subscribers.web.pressing import AGAIN
from tests.integration.scanners.doors import Door, Fields

URLENCODED: Final = "application/x-www-form-urlencoded"

BOUNDARY: Final = "scanner"

MULTIPART: Final = f"multipart/form-data; boundary={BOUNDARY}"

CHROMIUM: Final = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
    "Sec-CH-UA": '"Chromium";v="146"',
    "Sec-Fetch-Site": "same-origin",
}

FIREFOX: Final = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0"}

SAFARI: Final = {
    "User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15"
}
"""Tells of modes, and never of people."""

DISGUISED: Final = {
    "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1",
    "Sec-CH-UA": '"HeadlessChrome";v="146"',
}
"""A scanner that claims to be a telephone."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request."""

    method: str
    path: str
    body: bytes = b""
    kind: str = URLENCODED
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a scanner does at a door."""

    name: str
    at: Callable[[Door], Iterable[Sent]]


def looks(name: str, *, method: str = "GET", **headers: str) -> Behaviour:
    """Look at a link, also with everything in its query that would act in a form, and with cookies."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}

    def at(door: Door) -> Iterator[Sent]:
        yield Sent(method, door.path, headers=named)
        yield Sent(
            method, f"{door.path}?{door.body.decode()}", headers=named | {"Cookie": "sessionid=1; csrftoken=2; pressed=yes"}
        )

    return Behaviour(name, at)


def uses(method: str) -> Behaviour:
    """Send the right form by another method."""
    return Behaviour(f"the form by {method}", lambda door: [Sent(method, door.path, door.body)])


def posts(
    name: str, body: Callable[[Fields], bytes], *, kind: str = URLENCODED, people_only: bool = False, **headers: str
) -> Behaviour:
    """Post something like the right form; ``people_only``: not to a form for strangers, which a good address is enough for."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}

    def at(door: Door) -> Iterator[Sent]:
        if not (people_only and door.is_public):
            yield Sent("POST", door.path, body(door.form), kind, named)

    return Behaviour(f"a POST of {name}", at)


def scripts(name: str, headers: Mapping[str, str], *, button: bool = True, more: Fields = ()) -> Behaviour:
    """Post the right form from a script, as the browser tells of it; ``form.submit()`` sends no button."""

    def at(door: Door) -> Iterator[Sent]:
        if not door.for_programs and (button or door.button):
            yield Sent("POST", door.path, as_form((*(door.form if button else door.fields), *more)), headers=headers)

    return Behaviour(name, at)


def spoils(name: str, change: Callable[[str], str]) -> Behaviour:
    """Look at a link that was damaged on its way, and send the right form there."""

    def at(door: Door) -> Iterator[Sent]:
        if door.token:
            path = door.path.replace(door.token, change(door.token))
            yield Sent("GET", path)
            yield Sent("POST", path, door.body)

    return Behaviour(f"a link {name}", at)


def wraps(name: str, change: Callable[[str], str]) -> Behaviour:
    """Look at an address that has the whole link in it; nothing of ours is there."""

    def at(door: Door) -> Iterator[Sent]:
        path = change(door.path)
        yield Sent("GET", path)
        yield Sent("POST", path, door.body)

    return Behaviour(f"a link {name}", at)


def as_form(fields: Fields) -> bytes:
    """Write a form as browsers do."""
    return urlencode(fields).encode()


def as_multipart(fields: Fields) -> bytes:
    """Write a form as multipart/form-data."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields]
    return ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()


def with_name(change: Callable[[str], str]) -> Callable[[Fields], bytes]:
    """Change the name of what presses."""
    return lambda fields: as_form((*fields[:-1], (change(fields[-1][0]), fields[-1][1])))


def with_value(change: Callable[[str], str]) -> Callable[[Fields], bytes]:
    """Change the value of what presses."""
    return lambda fields: as_form((*fields[:-1], (fields[-1][0], change(fields[-1][1]))))


def with_more(*more: tuple[str, str]) -> Callable[[Fields], bytes]:
    """Send more fields than there are."""
    return lambda fields: as_form((*fields, *more))


def _other_first_letter(text: str) -> str:
    return ("B" if text[0] != "B" else "C") + text[1:]


def _first_letter_quoted(text: str) -> str:
    return f"%{ord(text[0]):02X}{text[1:]}"


EVERY_BUTTON: Final = (
    ("goodbye", "yes"),
    ("action", "goodbye"),
    ("confirm", "yes"),
    ("act", "move"),
    ("died", "yes"),
    ("List-Unsubscribe", "One-Click"),
)

NAVIGATION: Final = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

XHR: Final = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}

CORPUS: Final = (
    looks("a GET"),
    looks("a HEAD", method="HEAD"),
    looks("OPTIONS", method="OPTIONS"),
    looks("TRACE", method="TRACE"),
    looks("PROPFIND of a file explorer", method="PROPFIND"),
    looks("a method that nobody knows", method="PRESS"),
    looks("prefetch of today", Sec_Purpose="prefetch"),
    looks("prerender of today", Sec_Purpose="prefetch;prerender"),
    looks("prefetch of yesterday", Purpose="prefetch"),
    looks("prefetch of an old Firefox", X_Moz="prefetch"),
    looks("preview of an old Safari", X_Purpose="preview"),
    looks("Safe Links", User_Agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 BingPreview/1.0b"),
    looks("Barracuda", User_Agent="BarracudaCentral/1.0 linkcheck"),
    looks("a messenger's preview", User_Agent="WhatsApp/2.24 A", Range="bytes=0-65535"),
    looks("a proxy that asks again", If_Modified_Since="Sun, 06 Nov 2994 08:49:37 GMT", If_None_Match="*"),
    looks("a GET that says it is a POST", X_HTTP_Method_Override="POST", X_Method_Override="POST"),
    looks("a browser that opens the link", User_Agent=CHROMIUM["User-Agent"], Sec_Fetch_Mode="navigate", Sec_Fetch_User="?1"),
    uses("GET"),
    uses("HEAD"),
    uses("PUT"),
    uses("PATCH"),
    uses("DELETE"),
    posts("nothing", lambda _: b""),
    posts("nothing, without a kind", lambda _: b"", kind=""),
    posts("JSON", lambda fields: json.dumps(dict(fields)).encode(), kind="application/json"),
    posts("JSON that says it is a form", lambda fields: json.dumps(dict(fields)).encode()),
    posts("the form as text/plain", as_form, kind="text/plain"),
    posts("the form without a kind", as_form, kind=""),
    posts("the form as octets", as_form, kind="application/octet-stream"),
    posts("other names", lambda fields: as_form(tuple((f"x{name}", value) for name, value in fields))),
    posts("the name in capitals", with_name(str.upper), people_only=True),
    posts("the name with a blank", with_name("{} ".format), people_only=True),
    posts("the value in capitals", with_value(str.upper), people_only=True),
    posts("the value with a blank", with_value("{} ".format), people_only=True),
    posts("the value quoted twice", with_value(_first_letter_quoted), people_only=True),
    posts("the value with nothing", with_value("{}\0".format), people_only=True),
    posts("another value", with_value(lambda _: "1"), people_only=True),
    posts("a field more", with_more(("submit", "1")), people_only=True),
    posts("an empty field more", with_more(("x", "")), people_only=True),
    posts("every button there is", with_more(*EVERY_BUTTON), people_only=True),
    posts("every field twice", lambda fields: as_form((*fields, *fields)), people_only=True),
    posts("the last field twice", lambda fields: as_form((*fields, fields[-1])), people_only=True),
    posts("the form in UTF-16", lambda fields: urlencode(fields).encode("utf-16"), kind=f"{URLENCODED}; charset=utf-16"),
    posts("a form with a mark before it", lambda fields: b"\xef\xbb\xbf" + as_form(fields), people_only=True),
    posts("a form with a question mark before it", lambda fields: b"?" + as_form(fields), people_only=True),
    posts("a form with nothing between", lambda fields: b"\0".join(bytes([octet]) for octet in as_form(fields))),
    posts("a form packed with gzip", lambda fields: gzip.compress(as_form(fields)), Content_Encoding="gzip"),
    posts("a huge form", lambda fields: as_form(fields) + b"&x=" + b"y" * 3_000_000),
    posts("many fields", lambda fields: as_form(fields) + b"&a" * 3_000),
    posts("half a form", lambda fields: as_form(fields)[: len(as_form(fields)) // 2]),
    posts("octets", lambda _: bytes(range(256))),
    posts("multipart without an end", lambda fields: as_multipart(fields)[:-12], kind=MULTIPART),
    posts("multipart with another boundary", as_multipart, kind="multipart/form-data; boundary=other"),
    posts("multipart without a boundary", as_multipart, kind="multipart/form-data"),
    scripts("fetch()", CHROMIUM | XHR),
    scripts("fetch() without an answer", CHROMIUM | {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty"}),
    scripts("fetch() within the site", CHROMIUM | {"Sec-Fetch-Mode": "same-origin", "Sec-Fetch-Dest": "empty"}),
    scripts("XMLHttpRequest", CHROMIUM | XHR | {"X-Requested-With": "XMLHttpRequest"}),
    scripts("XMLHttpRequest in Firefox", FIREFOX | XHR),
    scripts("fetch() in Safari", SAFARI | XHR),
    scripts("fetch() of the page that asks once more", CHROMIUM | XHR, more=(AGAIN,)),
    scripts("form.submit()", CHROMIUM | NAVIGATION, button=False),
    scripts("form.submit() in a browser that tells nothing", {}, button=False),
    scripts("requestSubmit(button)", CHROMIUM | NAVIGATION),
    scripts("button.click() in a frame", CHROMIUM | NAVIGATION | {"Sec-Fetch-Dest": "iframe"}),
    scripts("button.click() in Firefox", FIREFOX | NAVIGATION),
    scripts("button.click() in disguise", DISGUISED | NAVIGATION),
    scripts("a press while prerendering", CHROMIUM | NAVIGATION | {"Sec-Purpose": "prefetch;prerender"}),
    spoils("cut by a character", lambda token: token[:-1]),
    spoils("cut in half", lambda token: token[: len(token) // 2]),
    spoils("cut to nothing", lambda _: ""),
    spoils("in capitals", str.upper),
    spoils("in small letters", str.lower),
    spoils("with one letter changed", _other_first_letter),
    spoils("turned round", lambda token: token[::-1]),
    spoils("with a full stop", lambda token: f"{token}."),
    spoils("with a comma", lambda token: f"{token},"),
    spoils("with a bracket", lambda token: f"{token}>"),
    spoils("in quotes", lambda token: f'"{token}"'),
    spoils("with a slash", lambda token: f"{token}/"),
    spoils("with a blank", lambda token: f"{token}%20"),
    spoils("with a line end", lambda token: f"{token}%0D%0A"),
    spoils("with nothing", lambda token: f"{token}%00"),
    spoils("with an equals sign of quoted-printable", lambda token: f"{token[:17]}={token[17:]}"),
    spoils("with a soft line break", lambda token: f"{token[:17]}=%0D%0A{token[17:]}"),
    spoils("in quoted-printable", lambda token: f"=3D{token}"),
    spoils("with its padding", lambda token: f"{token}=="),
    spoils("in the other base64", lambda token: token.replace("-", "+").replace("_", "%2F") + "="),
    spoils("quoted twice", lambda token: quote(quote("".join(f"%{ord(one):02X}" for one in token[:3]) + token[3:]))),
    spoils("twice", lambda token: token + token),
    spoils("with another letter that looks alike", lambda token: "\u0430" + token[1:]),
    wraps("wrapped by Safe Links", lambda path: f"/?url={quote('https://n.example.org' + path, safe='')}&data=05%7C02"),
    wraps("wrapped by URL Defense", lambda path: f"/v3/__https://n.example.org{path}__;!!abc"),
    wraps("in a link", lambda path: f"{path}{path}"),
    wraps("in capitals all through", lambda path: "/X" + path.upper()),
    wraps("with two slashes", lambda path: f"/{path}"),
    wraps("below another", lambda path: f"/issues{path}"),
)
