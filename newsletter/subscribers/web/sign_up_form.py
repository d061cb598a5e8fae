"""What somebody typed into a public form: everything is kept, and everything that is wrong with it is said at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from django.http import QueryDict

from newsletter.errors import AddressError
from newsletter.subscribers.addresses import parse_address, parse_typed_name

TRAP: Final = "subject"
"""A field that people are not shown, with a name that no browser fills in by itself; programs fill in all there are."""

LONGEST_ADDRESS_SHOWN: Final = 320
"""A longer one is cut before it is shown again: RFC 5321 knows none."""


@dataclass(frozen=True, slots=True)
class TypedForm:
    """The fields as they were sent, trimmed; ``problems`` names the sentence about each field that is wrong, in their order."""

    address: str = field(default="", repr=False)
    first_name: str = field(default="", repr=False)
    language: str = ""
    consent: bool = False
    stamp: str = ""
    trapped: bool = False
    problems: dict[str, str] = field(default_factory=dict)


def read_sign_up(fields: QueryDict, *, languages: Collection[str], page_language: str) -> TypedForm:
    """Read the form of /subscribe; a language that is not offered is that of the page."""
    wanted = fields.get("language", "")
    typed = TypedForm(
        address=_address(fields),
        first_name=fields.get("first_name", "").strip(),
        language=wanted if wanted in languages else page_language,
        consent=fields.get("consent") == "yes",
        stamp=fields.get("stamp", ""),
        trapped=bool(fields.get(TRAP)),
    )
    typed.problems.update(_address_problem(typed.address))
    if not is_name(typed.first_name):
        typed.problems["first_name"] = "problem_first_name"
    if not typed.consent:
        typed.problems["consent"] = "problem_consent"
    return typed


def read_lost_link(fields: QueryDict) -> TypedForm:
    """Read the form of /lost-link."""
    typed = TypedForm(address=_address(fields), stamp=fields.get("stamp", ""), trapped=bool(fields.get(TRAP)))
    typed.problems.update(_address_problem(typed.address))
    return typed


def is_name(text: str) -> bool:
    """Say whether a first name is one; none is."""
    try:
        parse_typed_name(text)
    except AddressError:
        return False
    return True


def _address(fields: QueryDict) -> str:
    return fields.get("address", "").strip()[:LONGEST_ADDRESS_SHOWN]


def _address_problem(address: str) -> dict[str, str]:
    if not address:
        return {"address": "problem_address_missing"}
    try:
        parse_address(address)
    except AddressError:
        return {"address": "problem_address"}
    return {}
