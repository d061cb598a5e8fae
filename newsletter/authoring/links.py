"""Where a link in an issue may lead."""

from __future__ import annotations

import re
from urllib.parse import unquote

from markdown_it.common.normalize_url import normalizeLink

from newsletter.authoring.complaints import Mistake, quoted
from newsletter.authoring.source import TOKEN_START
from newsletter.authoring.telephones import find_phone_mistake

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_WEB = re.compile(r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?(?:[/?#][^\s]*)?", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[^\s@?]+@[^\s@?]+(?:\?[^\s]*)?", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+(?!html?\b|md\b|pdf\b|png\b|jpe?g\b|gif\b)[a-z]{2,}(?:[/?#:]|$)", re.IGNORECASE)
_DIALLED = re.compile(r"\+?[0-9 ().-]+")
_PHONE_DIGITS = 7
_PHONE = re.compile(r"tel:(\+?[0-9][0-9().-]{2,})(?:;ext=[0-9]{1,7})?", re.IGNORECASE)
_WRITTEN_AS = {
    "https": (_WEB, "https://www.example.org/page"),
    "http": (_WEB, "https://www.example.org/page"),
    "mailto": (_MAIL, "mailto:name@example.org"),
    "tel": (_PHONE, "tel:+18442757427"),
}


def encode_address(address: str) -> str:
    """Write an address in ASCII as Markdown does: punycode for the host, per cent signs for the rest."""
    return normalizeLink(address)


def find_link_mistake(address: str) -> Mistake | None:
    """Say what is wrong with the destination of a link, None when it is a full https, http, mailto or tel address."""
    if not address:
        return Mistake("link-empty", "the link leads nowhere", "Write the address between the parentheses: [words](https://…).")
    if "{{" in address:
        message = f"a personal part cannot be a piece of an address: {quoted(address)}"
        return Mistake("merge-field-misplaced", message, "Make it the whole address: [words]({{manage_url}}).")
    if TOKEN_START in address:
        return Mistake("merge-token", f"the address contains “{TOKEN_START}”: {quoted(address)}", "Take it out.")
    scheme = _SCHEME.match(address)
    return _find_scheme_mistake(scheme[1], address) if scheme else _name_incomplete(address)


def _name_incomplete(address: str) -> Mistake:
    message = f"the address {quoted(address)} is not complete, so it leads nowhere from a mail"
    web = address.lstrip("/")
    digits = re.sub(r"[^0-9]", "", web)
    fix = "Write it in full, from https:// on."
    if _MAIL.fullmatch(f"mailto:{web}"):
        fix = f"Write mailto:{web}"
    elif web.startswith("www.") or _HOST.match(web):
        fix = f"Write https://{web}"
    elif len(digits) >= _PHONE_DIGITS and _DIALLED.fullmatch(unquote(web)):
        fix = f"Write tel:{digits}"
    return Mistake("link-relative", message, fix)


def _find_scheme_mistake(scheme: str, address: str) -> Mistake | None:
    if scheme.lower() not in _WRITTEN_AS:
        message = f"a mail may not link to {quoted(scheme + ':')} addresses: {quoted(address)}"
        return Mistake("link-scheme", message, "Use an https, mailto or tel address.")
    pattern, example = _WRITTEN_AS[scheme.lower()]
    if not pattern.fullmatch(address):
        return Mistake("link-broken", f"the address {quoted(address)} is not well formed", f"Write it like {example}")
    number = _PHONE.fullmatch(address)
    mistake = find_phone_mistake(number[1]) if number else None
    if mistake:
        why, _ = mistake
        return Mistake("link-broken", f"{quoted(address)} calls nobody: {why}", f"Write it like {example}")
    return None
