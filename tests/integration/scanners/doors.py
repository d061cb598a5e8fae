"""Every button of ours that acts, as a scanner finds it that has all mails of a reader: where it leads, and what it sends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.apps import apps
from django.db.models import Model
from django.test import Client
from django.urls import URLResolver

from newsletter.postbox.models import ServiceMail
from newsletter.postbox.posting import open_content
from newsletter.subscribers.answering import answer_sign_up
from newsletter.subscribers.choices import Choices
from newsletter.subscribers.fresh_links import mail_fresh_link
from newsletter.subscribers.installation import choices, sealer
from newsletter.subscribers.moving import ask_move
from tests.readers import SignedUp

NEWCOMER = "newcomer@example.org"

NEW_ADDRESS = "ana.new@example.org"

Fields = tuple[tuple[str, str], ...]

Rows = list[tuple[str, list[tuple[object, ...]]]]


@dataclass(frozen=True, slots=True)
class Door:
    """One button: its route, where it leads, what is sent beside it, and the name and value of the button, if it has one.

    ``for_programs``: no person presses it, a mail program or a script of another site sends it (RFC 8058; the embedded form).
    """

    route: str
    token: str
    fields: Fields
    button: tuple[str, str] | None
    for_programs: bool = False

    @property
    def path(self) -> str:
        """The address that the form is sent to."""
        return "/" + self.route.replace("<str:token>", self.token)

    @property
    def form(self) -> Fields:
        """Everything that a press sends."""
        return (*self.fields, self.button) if self.button else self.fields

    @property
    def body(self) -> bytes:
        """What a press sends, as browsers write it."""
        return urlencode(self.form).encode()

    @property
    def is_public(self) -> bool:
        """Whether no link is needed to come here."""
        return not self.token


def rows() -> Rows:
    """Give everything that is stored about readers, and every mail that waits for one."""
    models: list[type[Model]] = [*apps.get_app_config("subscribers").get_models(), ServiceMail]
    return [(model._meta.label, list(model._default_manager.order_by("pk").values_list())) for model in models]


def open_doors(reader: SignedUp, *, now: datetime) -> list[Door]:
    """Have every kind of link mailed, look at each page once as a person would, and give all their buttons."""
    links = _mailed_links(reader, now=now)
    manage, leave = reader.manage, reader.unsubscribe
    return [
        Door("m/<str:token>", manage, (), ("action", "goodbye")),
        Door("m/<str:token>", manage, (("language", "es"), ("topic", _other_topic(choices()))), ("action", "choices")),
        Door("m/<str:token>", manage, (("months", "4"),), ("action", "pause")),
        Door("u/<str:token>", leave, (), ("List-Unsubscribe", "One-Click"), for_programs=True),
        Door("unsubscribe/<str:token>", leave, (), ("goodbye", "yes")),
        Door("relative/<str:token>", leave, (), ("died", "yes")),
        Door("confirm/<str:token>", links["confirm"], _hidden(f"/confirm/{links['confirm']}"), ("confirm", "yes")),
        Door("my-data/<str:token>", links["my-data"], _hidden(f"/my-data/{links['my-data']}"), ("act", "open")),
        Door("my-data/<str:token>", links["my-data"], _hidden(f"/my-data/{links['my-data']}"), ("act", "erase-all")),
        Door("address/<str:token>", links["address"], _hidden(f"/address/{links['address']}"), ("act", "move")),
        Door("lost-link", "", (*_hidden("/lost-link"), ("address", "ana.perez@example.org")), None),
        Door("subscribe", "", _sign_up(), None),
        Door("subscribe/embedded", "", _sign_up(), None, for_programs=True),
    ]


def _mailed_links(reader: SignedUp, *, now: datetime) -> dict[str, str]:
    lookup = sealer().lookup(NEWCOMER)
    answer_sign_up(NEWCOMER, "New", choices().current_wording, lookup=lookup, language="en", now=now)
    assert mail_fresh_link(reader.subscription_id, now=now)
    ask_move(reader.subscriber().pk, NEW_ADDRESS, now=now)
    texts = [open_content(mail.key, mail.content).text for mail in ServiceMail.objects.all()]
    return {page: token for text in texts for page, token in re.findall(r"/(confirm|my-data|address)/([\w-]{32})", text)}


def _sign_up() -> Fields:
    typed = (("address", "somebody@example.org"), ("first_name", "Eve"), ("language", "en"), ("consent", "yes"))
    return (*_hidden("/subscribe"), *typed)


def _hidden(path: str) -> Fields:
    """Give the hidden fields of a page with one form; the one that people are not to fill in is not hidden, but empty."""
    html = Client().get(path).content.decode()
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html)
    return tuple(dict(found).items())


def _other_topic(offered: Choices) -> str:
    return next(topic.key for topic in offered.topics if topic.key != "tnbc")


def routes(resolver: URLResolver) -> Iterator[str]:
    """Give every route below a resolver, as it is written in the URLconf."""
    for pattern in resolver.url_patterns:
        below = routes(pattern) if isinstance(pattern, URLResolver) else [""]
        yield from (f"{pattern.pattern}{route}" for route in below)
