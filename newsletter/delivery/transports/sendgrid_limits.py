"""SendGrid's limits on one call, looked at before it is made: a call that breaks one is refused for everybody in it.

docs.sendgrid.com/api-reference/mail-send/limitations, and Twilio's OpenAPI file for ``/v3/mail/send``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from newsletter.config import LONGEST_LIST_UNSUBSCRIBE

MOST_PERSONALIZATIONS: Final = 1_000
MOST_BYTES: Final = 30_000_000
"""Of a whole request; it has to stay below."""
MOST_CUSTOM_ARGUMENT_BYTES: Final = 10_000
"""Of one personalization's custom arguments; they have to stay below."""
MOST_SUBSTITUTION_BYTES: Final = 10_000
MOST_CATEGORIES: Final = 10
LONGEST_CATEGORY: Final = 255
FURTHEST_AHEAD: Final = 72 * 3600
"""Seconds that ``send_at`` may lie ahead."""

RESERVED_HEADERS: Final = frozenset(
    {
        *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"),
        *("to", "from", "subject", "reply-to", "cc", "bcc"),
    }
)
"""Headers that SendGrid writes itself, in small letters."""

WORD: Final = re.compile(r"\w+")


def faults_of_request(body: Mapping[str, Any], *, size: int, now: float) -> list[str]:
    """Say which limits a request breaks, naming nobody: ``size`` is that of its JSON, ``now`` in Unix seconds.

    This is the whole list. The transport asks in parts: once for what all calls of a variant share, and for each person.
    """
    personalizations: Sequence[Mapping[str, Any]] = body["personalizations"]
    faults = faults_of_constant(body)
    if not 1 <= len(personalizations) <= MOST_PERSONALIZATIONS:
        faults.append(f"{len(personalizations)} personalizations, where 1 to {MOST_PERSONALIZATIONS} are allowed")
    if size >= MOST_BYTES:
        faults.append(f"{size} bytes, where fewer than {MOST_BYTES} are allowed")
    if "send_at" in body and (fault := fault_of_send_at(body["send_at"], now=now)):
        faults.append(fault)
    addresses = [to["email"].lower() for person in personalizations for to in person["to"]]
    if len(set(addresses)) != len(addresses):
        faults.append("an address stands in it twice")
    return faults + [fault for person in personalizations if (fault := fault_of_person(person))]


def faults_of_constant(constant: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with the part of a request that is the same for everybody."""
    faults = []
    if not constant["from"]["email"].isascii():
        faults.append("the from address has letters outside ASCII")
    if not constant.get("subject"):
        faults.append("the subject is empty")
    faults += [f"the {part['type']} part is empty" for part in constant["content"] if not part["value"]]
    return faults + faults_of_categories(constant.get("categories", ()))


def faults_of_categories(categories: Sequence[str]) -> list[str]:
    """Say which of SendGrid's rules the categories break."""
    faults = [f"{len(categories)} categories, where {MOST_CATEGORIES} are allowed"] if len(categories) > MOST_CATEGORIES else []
    for category in categories:
        if not category.isascii():
            faults.append(f"the category {category!r} has letters outside ASCII")
        if len(category) > LONGEST_CATEGORY:
            faults.append(f"the category {category[:20]!r}… is longer than {LONGEST_CATEGORY} characters")
    if len({category.casefold() for category in categories}) != len(categories):
        faults.append("a category stands there twice")
    return faults


def telling_categories(
    categories: Iterable[str], *, topics: Collection[str], subject: str = "", names: Collection[str] = ()
) -> list[str]:
    """Give the categories that would tell SendGrid what a reader's mail is about: a topic, the subject or one of its words.

    SendGrid keeps categories for long and in clear. Words of ``names``, which every mail says, tell nothing.
    """
    said = {subject.casefold(), *WORD.findall(subject.casefold())}
    told = {topic.casefold() for topic in topics} | said - {word for name in names for word in WORD.findall(name.casefold())}
    return [category for category in categories if category.casefold() in told]


def fault_of_send_at(send_at: float, *, now: float) -> str:
    """Say what is wrong with a moment to send at; empty when nothing is."""
    if not isinstance(send_at, int):
        return "send_at is no whole number of seconds"
    return "send_at lies more than 72 hours ahead" if send_at - now > FURTHEST_AHEAD else ""


def fault_of_person(personalization: Mapping[str, Any]) -> str:
    """Say which limits one person's part breaks; empty when it breaks none."""
    to, headers = personalization["to"], personalization["headers"]
    substitutions, arguments = personalization["substitutions"], personalization["custom_args"]
    if not all(isinstance(value, str) for part in (substitutions, arguments, headers) for value in part.values()):
        return "a value is not a string"
    faults = []
    if (size := _bytes_of(substitutions)) > MOST_SUBSTITUTION_BYTES:
        faults.append(f"its personal parts have {size} bytes, over SendGrid's {MOST_SUBSTITUTION_BYTES}")
    if (size := _bytes_of(arguments)) >= MOST_CUSTOM_ARGUMENT_BYTES:
        faults.append(f"its custom arguments have {size} bytes, where fewer than {MOST_CUSTOM_ARGUMENT_BYTES} are allowed")
    if taken := sorted(name for name in headers if name.lower() in RESERVED_HEADERS):
        faults.append(f"it sets headers that are SendGrid's own: {', '.join(taken)}")
    if len(headers.get("List-Unsubscribe", "").encode()) > LONGEST_LIST_UNSUBSCRIBE:
        faults.append(f"its List-Unsubscribe is longer than {LONGEST_LIST_UNSUBSCRIBE} octets")
    if len(to) != 1 or any({";", ","} & set(one.get("name", "")) for one in to):
        faults.append("it goes to more than one person, or by a name with a comma or semicolon")
    return "; ".join(faults)


def _bytes_of(values: Mapping[str, str]) -> int:
    return sum(len(name.encode()) + len(value.encode()) for name, value in values.items())
