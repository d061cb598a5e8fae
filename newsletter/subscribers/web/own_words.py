"""What is stored about a reader, in their words: the same sentences for their page and for the copy that they take along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from newsletter.subscribers.installation import choices, config, page_design
from newsletter.subscribers.own_data import OwnData, OwnLink, OwnMail, OwnSubscription
from newsletter.subscribers.own_records import MailedIssue
from newsletter.subscribers.web.page_design import Words
from newsletter.subscribers.web.privacy_page import PERIODS, in_words

NOON: Final = 12

MAIL_KINDS: Final = frozenset(
    {
        "address-asked",
        "address-confirm",
        "address-known",
        "address-moved",
        "already",
        "confirm",
        "confirm-import",
        "goodbye",
        "link",
        "my-data",
        "welcome",
    }
)
"""Service mails that the words have a name for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a list: what it is, what is to be said about it, and words that are quoted, with their language."""

    heading: str
    lines: Sequence[str] = ()
    quote: str = ""
    quote_language: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what is stored: facts with their names, or a list, or a note that there is none. ``key`` names it."""

    key: str
    heading: str
    note: str = ""
    facts: Sequence[tuple[str, str]] = field(default=(), repr=False)
    entries: Sequence[Entry] = field(default=(), repr=False)


def own_parts(data: OwnData, words: Words) -> list[Part]:
    """Say everything that is stored about a reader, in the order of their page."""
    parts = [_you(data, words), _subscriptions(data, words), _issues(data, words), _mails(data, words)]
    if data.suppression is not None:
        note = words.say("own", f"suppressed_{data.suppression.reason}", day=local_day(words, data.suppression.at))
        parts.append(Part("suppressed", words.say("own", "suppressed_heading"), note))
    return [*parts, _kept(words)]


def local_day(words: Words, moment: datetime) -> str:
    """Write the day of a moment where the newsletter lives."""
    return words.day(local(moment).date())


def local_time(words: Words, moment: datetime) -> str:
    """Write the time of day of a moment where the newsletter lives, with the name of its time zone."""
    there = local(moment)
    half = words.sections["date"]["halves"][there.hour // NOON]
    hour = str((there.hour - 1) % NOON + 1)
    return words.say("date", "time", hour=hour, minute=f"{there.minute:02}", half=half, zone=there.tzname() or "")


def local(moment: datetime) -> datetime:
    """Give a moment in the newsletter's own time zone."""
    return moment.astimezone(ZoneInfo(config().cadence.timezone))


def _you(data: OwnData, words: Words) -> Part:
    languages = {key: other.sections["date"]["language"] for key, other in page_design().words.items()}
    facts = [
        (words.say("own", "address"), data.contact.address),
        (words.say("own", "first_name"), data.contact.first_name or words.say("own", "no_name")),
        (words.say("own", "language"), languages.get(data.language, data.language)),
        (words.say("own", "topics"), _topics(data, words)),
        (words.say("own", "pause"), _pause(data, words)),
        (words.say("own", "since"), local_day(words, data.created_at)),
    ]
    if data.address_since is not None:
        facts.append((words.say("own", "address_since"), local_day(words, data.address_since)))
    return Part("you", words.say("own", "you_heading"), facts=facts)


def _topics(data: OwnData, words: Words) -> str:
    if data.topics is None:
        return words.say("own", "topics_unreadable")
    labels = {topic.key: topic.label[words.language] for topic in choices().topics}
    return ", ".join(labels.get(key, key) for key in sorted(data.topics)) or words.say("own", "no_topics")


def _pause(data: OwnData, words: Words) -> str:
    if data.snoozed_until is None:
        return words.say("own", "no_pause")
    return words.say("own", "pause_until", day=words.day(data.snoozed_until))


def _subscriptions(data: OwnData, words: Words) -> Part:
    entries = [_subscription(one, words) for one in data.subscriptions]
    return Part("subscriptions", words.say("own", "subscriptions_heading"), entries=entries)


def _subscription(one: OwnSubscription, words: Words) -> Entry:
    consent = one.consent
    source = _named(words, "consent", consent.source)
    lines = [words.say("own", "consent", day=local_day(words, consent.at), how=source, version=consent.wording)]
    if one.ended_at is None:
        heading = words.say("own", "subscribed", day=local_day(words, one.started_at))
    else:
        start, end = local_day(words, one.started_at), local_day(words, one.ended_at)
        heading = words.say("own", "was_subscribed", start=start, end=end)
        lines.append(words.say("own", f"ended_{one.end_reason}"))
    return Entry(heading, lines, consent.text, consent.language)


def _issues(data: OwnData, words: Words) -> Part:
    entries = [_issue(issue, words) for issue in data.issues]
    return Part("issues", words.say("own", "issues_heading"), _unless(entries, words, "no_issues"), entries=entries)


def _issue(issue: MailedIssue, words: Words) -> Entry:
    day = local_day(words, issue.sent_at) if issue.sent_at else words.day(issue.day)
    heading = words.say("own", "issue", title=issue.title or issue.issue, day=day)
    return Entry(heading, [words.say("own", f"became_{issue.became}")])


def _mails(data: OwnData, words: Words) -> Part:
    entries = [
        *(_mail(mail, words) for mail in data.mails),
        *(_link(link, words) for link in data.links),
        *(Entry(words.say("own", "request", day=local_day(words, one.at))) for one in data.requests),
    ]
    return Part("mails", words.say("own", "mails_heading"), _unless(entries, words, "no_mails"), entries=entries)


def _mail(mail: OwnMail, words: Words) -> Entry:
    kind = words.say("own", f"mail_{mail.kind.replace('-', '_')}" if mail.kind in MAIL_KINDS else "mail_other")
    state = words.say("own", f"state_{mail.state}")
    return Entry(words.say("own", "mail", kind=kind, day=local_day(words, mail.at), state=state))


def _link(link: OwnLink, words: Words) -> Entry:
    purpose = words.say("own", f"link_{link.purpose}")
    used = words.say("own", "link_used" if link.used_at else "link_unused")
    return Entry(words.say("own", "link", purpose=purpose, day=local_day(words, link.at), used=used))


def _kept(words: Words) -> Part:
    kept = config().retention
    periods = [words.say("privacy", name, time=in_words(words, getattr(kept, setting))) for name, setting in PERIODS.items()]
    sentences = [
        words.say("own", "numbers"),
        words.say("privacy", "long_reading"),
        *periods,
        words.say("privacy", "backups", time=in_words(words, kept.backups)),
    ]
    return Part("kept", words.say("privacy", "long_heading"), entries=[Entry(sentence) for sentence in sentences])


def _named(words: Words, of: str, key: str) -> str:
    """Give the word for something that other people named, else its own name."""
    name = f"{of}_{key}"
    return words.say("own", name) if name in words.sections["own"] else key


def _unless(entries: Sequence[Entry], words: Words, name: str) -> str:
    return "" if entries else words.say("own", name)
