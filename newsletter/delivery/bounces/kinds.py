"""From a status code to a kind of bounce (RFC 3463): whether the address is gone, the mailbox is busy, or we are not wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from newsletter.delivery.models import BounceKind

STATUS: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
"""An enhanced status code, wherever it stands."""

SAYS_LITTLE: Final = frozenset({"5.0.0", "5.1.0", "5.4.1", "5.5.0"})
"""Codes that servers give for many things, so that their own words decide: Exchange Online says 5.4.1, and Outlook.com 5.5.0, of
addresses that do not exist."""

ABOUT_THE_SENDER: Final = frozenset({"5.1.7", "5.1.8"})
"""Codes of the address group that find fault with the sender's address, not with the reader's."""

SUBJECTS: Final[Mapping[str, BounceKind]] = {
    "1": BounceKind.HARD,
    "6": BounceKind.POLICY,
    "7": BounceKind.POLICY,
}
"""What the middle number says; every other one speaks of a mailbox, a system or a network that may recover."""

WORDS: Final[tuple[tuple[re.Pattern[str], BounceKind], ...]] = (
    (
        re.compile(
            r"spam|block(ed|list)|black ?list|reputation|polic(y|ies)|dmarc|\bspf\b|dkim|banned|content rejected"
            r"|not authori[sz]ed|spamhaus|denied by sender|rate limit|too many (messages|connections)",
            re.IGNORECASE,
        ),
        BounceKind.POLICY,
    ),
    (
        re.compile(
            r"quota|mailbox (is )?full|over (its )?storage|out of storage|too (big|large)|insufficient|exceed", re.IGNORECASE
        ),
        BounceKind.SOFT,
    ),
    (
        re.compile(
            r"user unknown|unknown (user|recipient|address|mailbox|local part)|no such (user|mailbox|recipient|address|person)"
            r"|does(n't| not) (exist|have an? .{0,40}account)|not (a )?known|invalid (recipient|mailbox|address|user)"
            r"|mailbox (not found|unavailable)|recipient (not found|address rejected: access denied)"
            r"|not found by smtp address lookup"
            r"|account (has been )?(disabled|closed|deleted|deactivated)|no mailbox|address rejected|unrouteable address"
            r"|no longer (available|in use)|couldn't be found|wasn't found|could not be found",
            re.IGNORECASE,
        ),
        BounceKind.HARD,
    ),
)
"""What servers say in words, the first match counts: a refusal for policy often names the address as well."""

REFUSED_SINCE_GONE: Final = re.compile(r"5\d\d 5\.(1\.(1|2|3|6|10)|2\.1)")
"""Refusals that say that an address does not exist (RFC 3463, 3.2 and 3.3; 5.1.10 is RFC 7505's): no such mailbox, no such
system, no address at all, moved without another one, takes no mail at all, or disabled. A 550 alone says many things."""


def kind_of_refusal(codes: str) -> BounceKind:
    """Say of which kind a mail server's refusal of a recipient or a message is, by its codes alone ("550 5.1.1")."""
    if REFUSED_SINCE_GONE.fullmatch(codes):
        return BounceKind.HARD
    subject = codes.partition(" ")[2].split(".")[1:2]
    by_subject = SUBJECTS.get(subject[0]) if subject and codes.startswith("5") else None
    return by_subject if by_subject is BounceKind.POLICY else BounceKind.SOFT


def kind_of_bounce(status: str, words: str = "") -> BounceKind:
    """Say of which kind a failure is. ``status`` may be empty; ``words`` is what the server said, and decides for want of it.

    Nobody is thought gone without a sign: what says nothing is soft.
    """
    if status in {"", "5.0.0"} and (found := STATUS.search(words)):
        status = found[0]
    if status.startswith("4"):
        return BounceKind.SOFT
    if not status or status in SAYS_LITTLE:
        by_words = next((kind for pattern, kind in WORDS if pattern.search(words)), None)
        return by_words or (BounceKind.HARD if status == "5.1.0" else BounceKind.SOFT)
    if status in ABOUT_THE_SENDER:
        return BounceKind.POLICY
    return SUBJECTS.get(status.split(".")[1], BounceKind.SOFT)
