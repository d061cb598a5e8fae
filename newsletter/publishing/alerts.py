"""Telling the people who make the newsletter, by mail and once, what needs one of them. Nothing about a reader stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction

from newsletter.config import Config
from newsletter.postbox.drawing import draw_service_mail
from newsletter.postbox.models import Notice
from newsletter.postbox.posting import post
from newsletter.publishing.models import AuditEntry
from newsletter.publishing.review_mails import words_of
from newsletter.settings import Person, Role
from newsletter.subscribers.web.page_design import Words

ALERTS_LAST: Final = timedelta(days=7)
"""A mail that could not go out for so long says nothing new; what happened before that, nobody is told of any more."""

EDITORS_AND_PUBLISHERS: Final[tuple[Role, ...]] = ("editor", "publisher")

NO_PUBLISHER: Final = (
    "Nobody in [people] of newsletter.toml has the role “publisher”: the editors get these alerts. Give somebody the role."
)

NOBODY: Final = (
    "Nobody in [people] of newsletter.toml has the role “publisher” or “editor”: nobody is told when something needs a person."
)

_ADDRESS: Final = re.compile(r"<?[^\s<>@,;:()\[\]\"]+@[^\s<>@,;:()\[\]\"]+>?")


@dataclass(frozen=True, slots=True)
class Reader:
    """One of the people who are told, in whose words."""

    key: str
    person: Person
    words: Words
    config: Config

    def moment(self, at: datetime) -> str:
        """Say when something is, with the zone, as this person writes it."""
        local = at.astimezone(ZoneInfo(self.config.cadence.timezone))
        return f"{self.words.day(local.date())}, {local:%H:%M %Z}"


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that people are told of once, by its ``key``. ``kind`` names the templates, ``values`` makes what they print.

    ``but`` is the person who brought it about. ``expires_at`` is when the mail would come too late. ``more_keys`` are those of
    other things that the same mail tells of.
    """

    key: str
    kind: str
    issue: str
    roles: Sequence[Role]
    expires_at: datetime
    values: Callable[[Reader], Mapping[str, object]] = field(repr=False)
    but: str = ""
    more_keys: Sequence[str] = ()


def not_yet_told(occasions: Collection[Occasion]) -> list[Occasion]:
    """Give the occasions that nobody was told of."""
    keys = [occasion.key for occasion in occasions]
    known = set(Notice.objects.filter(key__in=keys).values_list("key", flat=True))
    return [occasion for occasion in occasions if occasion.key not in known]


def post_occasion(occasion: Occasion, *, config: Config, now: datetime) -> int:
    """Post the mails of an occasion and remember it, in one transaction; give how many, 0 where somebody else was first.

    Where there is nobody to tell, it is not remembered. Raises TemplateError.
    """
    contents = [
        draw_service_mail(
            occasion.kind,
            config=config,
            address=reader.person.address,
            language=reader.person.language,
            values={"name": reader.person.name, "issue": occasion.issue, **occasion.values(reader)},
        )
        for reader in _readers(occasion, config)
    ]
    if not contents:
        return 0
    with transaction.atomic():
        keys = (occasion.key, *occasion.more_keys)
        first = all(Notice.objects.get_or_create(key=key, defaults={"at": now})[1] for key in keys)
        transaction.set_rollback(not first)  # the next look tells of what nobody was told of
        for content in contents if first else ():
            post(occasion.kind, content, now=now, expires_at=occasion.expires_at)
    return len(contents) if first else 0


def who_is_not_there(config: Config) -> str:
    """Say which alerts reach nobody, or others than they should; "" when every role has somebody."""
    if not people_with(config, EDITORS_AND_PUBLISHERS):
        return NOBODY
    return "" if people_with(config, ["publisher"]) else NO_PUBLISHER


def people_with(config: Config, roles: Collection[Role]) -> list[str]:
    """Give the keys of [people] who have one of these roles."""
    return [key for key, person in config.people.items() if set(roles) & set(person.roles)]


def find_act(act: str, issue: str) -> AuditEntry | None:
    """Give the last act of this name on an issue: it tells one hold or pause from the next, and says whose it was."""
    return AuditEntry.objects.filter(act=act, subject=issue).order_by("-pk").first()


def without_addresses(reason: str) -> str:
    """Take e-mail addresses out of what a server or a person wrote."""
    return _ADDRESS.sub("(address)", reason)


def _readers(occasion: Occasion, config: Config) -> list[Reader]:
    keys = people_with(config, occasion.roles) or people_with(config, EDITORS_AND_PUBLISHERS)
    people = [(key, config.people[key]) for key in keys if key != occasion.but]
    return [Reader(key, person, words_of(person), config) for key, person in people]
