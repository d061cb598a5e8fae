"""Invented readers, editions and sends for the tests of delivery."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection

from newsletter.authoring.issue import MergeField
from newsletter.authoring.lock import TrialLock
from newsletter.delivery.letters import Letter, LetterForm
from newsletter.delivery.preparing import freeze_audience, start_send
from newsletter.publishing.candidates import freeze
from newsletter.publishing.models import Candidate, Slot, SlotState
from newsletter.rendering.edition import Edition, Variant
from newsletter.rendering.merge import Personal, merge_token
from newsletter.rendering.message import MailHeaders
from newsletter.subscribers.models import Subscriber, Subscription
from newsletter.subscribers.sealing import Contact, Sealer

NOW = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
TODAY = date(2026, 12, 1)
ISSUE = "2026-12"

HEADERS = MailHeaders(
    from_name="Mets Matters",
    from_address="letter@metsmatters.example",
    reply_to="editors@metsmatters.example",
    list_id="mets-matters.metsmatters.example",
    list_name="Mets Matters",
    archive_url="https://n.metsmatters.example/issues/",
    help_url="https://n.metsmatters.example/issues/",
)


TOPICS = ("zebrafish", "quince")
"""Topics with names that nothing else says: found anywhere, they were written there."""

CHOICES = ((), TOPICS, TOPICS[:1], TOPICS[1:], ("something else",), (*TOPICS, "something else"))
"""What readers chose, in turn."""


def edition(language: str = "en", *, filler: str = "", issue: str = ISSUE) -> Edition:
    """Make a small edition with every kind of merge field in both parts."""
    name, address = merge_token(MergeField("first_name", "friend")), merge_token(MergeField("address"))
    manage, leave = merge_token(MergeField("manage_url")), merge_token(MergeField("unsubscribe_url"))
    return Edition(
        issue=issue,
        language=language,
        written_in=language,
        title="Mets Matters, December 2026",
        subject="Your test results",
        preheader="What they may open",
        html=(
            f'<html><body><p>Dear {name},</p><p>{filler}</p><a href="{manage}">{address}</a> '
            f'<a href="{leave}">x</a></body></html>'
        ),
        text=f"Dear {name},\n\n.{filler}\n\nSent to {address}. {manage} {leave}\n",
        web="<html></html>",
    )


def varied_edition(language: str = "en", *, filler: str = "", issue: str = ISSUE) -> Edition:
    """Make an edition with a mail for each choice of TOPICS; each says in both parts which one it is, by ``mark_of``."""
    plain = edition(language, filler=filler, issue=issue)
    topics = tuple(sorted(TOPICS))
    fullest, *narrower = (
        Variant(choice, plain.html.replace("<body>", f"<body><p>{mark_of(choice)}</p>"), f"{mark_of(choice)}\n\n{plain.text}")
        for choice in [topics, *((topic,) for topic in topics), ()]
    )
    return replace(plain, html=fullest.html, text=fullest.text, topics=topics, narrower=tuple(narrower))


def mark_of(topics: Collection[str]) -> str:
    """Give what stands in the mail for readers who chose these of TOPICS."""
    return f"[variant {sum(2**number for number, topic in enumerate(TOPICS) if topic in topics)}]"


def expected_mark(address: str) -> str:
    """Give what stands in the mail for an invented reader whose choice is one of CHOICES."""
    return mark_of(CHOICES[int(address.removeprefix("reader").partition("@")[0]) % len(CHOICES)])


def letter_form(language: str = "en", *, filler: str = "") -> LetterForm:
    return LetterForm(edition(language, filler=filler), HEADERS, "bounces@metsmatters.example", "metsmatters.example")


def letter(number: int, form: LetterForm, *, first_name: str = "Ana", address: str = "") -> Letter:
    personal = Personal(
        first_name=first_name,
        address=address or f"reader{number}@example.org",
        manage_url=f"https://n.metsmatters.example/m/{number}",
        unsubscribe_url=f"https://n.metsmatters.example/u/{number}",
    )
    return Letter(number, f"{number:032x}", form, personal, NOW)


def letters(count: int, *, language: str = "en") -> list[Letter]:
    form = letter_form(language)
    return [letter(number, form) for number in range(1, count + 1)]


def add_readers(
    count: int,
    *,
    languages: tuple[str, ...] = ("en", "es"),
    choices: Sequence[Collection[str]] = ((),),
    start: int = 1,
) -> list[int]:
    """Store invented readers in bulk and give their subscription ids; the languages, and the choices of topics, take turns."""
    sealer = Sealer(settings.KEY_RING)
    people = []
    for number in range(start, start + count):
        address = f"reader{number}@example.org"
        lookup = sealer.lookup(address)
        people.append(
            Subscriber(
                lookup=lookup,
                contact=sealer.seal_contact(Contact(address, f"Name{number}"), lookup=lookup),
                topics=sealer.seal_topics(choices[number % len(choices)], lookup=lookup),
                language=languages[number % len(languages)],
                created_at=NOW,
            )
        )
    made = Subscriber.objects.bulk_create(people, batch_size=500)
    subscriptions = Subscription.objects.bulk_create(
        [
            Subscription(
                subscriber=person,
                public_id=secrets.token_bytes(8),
                consent_wording="v1",
                consent_language=person.language,
                consent_source="import",
                consent_at=NOW,
                started_at=NOW,
            )
            for person in made
        ],
        batch_size=500,
    )
    return [subscription.pk for subscription in subscriptions]


def freeze_candidate(
    *, filler: str = "", issue: str = ISSUE, varied: bool = False, cards: Mapping[str, str] | None = None
) -> Candidate:
    make = varied_edition if varied else edition
    editions = [make(language, filler=filler, issue=issue) for language in ("en", "es")]
    return freeze(editions, TrialLock(), issue=issue, review_by=None, cards=cards or {}, now=NOW)


def begin_send(*, transport: str = "outbox", filler: str = "", issue: str = ISSUE, varied: bool = False) -> int:
    """Open a send of a frozen candidate, without going through the gate."""
    candidate = freeze_candidate(filler=filler, issue=issue, varied=varied)
    at = NOW + timedelta(days=Slot.objects.count())
    slot = Slot.objects.create(at=at, issue=issue, state=SlotState.RELEASED, candidate=candidate)
    send_id = start_send(slot_id=slot.pk, issue=issue, candidate_id=candidate.pk, transport=transport, now=NOW)
    assert send_id is not None
    return send_id


def prepared_send(count: int, *, transport: str = "outbox", languages: tuple[str, ...] = ("en",)) -> int:
    """Open a send to ``count`` invented readers and freeze its audience."""
    add_readers(count, languages=languages)
    send_id = begin_send(transport=transport)
    freeze_audience(send_id, on=TODAY, now=NOW)
    return send_id


def handovers() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT handover, count(*) FROM delivery_delivery GROUP BY handover")
        return dict(cursor.fetchall())
