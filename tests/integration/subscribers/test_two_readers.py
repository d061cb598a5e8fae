"""Whatever two readers press, in whatever order and with whichever link: neither ever sees anything of the other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from newsletter.subscribers.installation import sealer
from newsletter.subscribers.models import Subscriber
from tests.mailed import fresh_token, mails, token_in
from tests.readers import NOVEMBER, sign_up

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@dataclass
class Person:
    """A reader, their link, the page that they opened, and words that are nobody else's."""

    token: str
    page: str
    subscriber_id: int
    words: tuple[str, ...]


def person(address: str, name: str, new_address: str, new_name: str) -> Person:
    reader = sign_up(address, first_name=name)
    token = fresh_token(reader, now=NOVEMBER)
    return Person(token, name[0].lower() * 32, reader.subscriber().pk, (address, name, new_address, new_name))


ACTS = ("open", "name", "address", "call-off", "json", "page", "erase", "erase-all", "new-link", "nonsense")

PRESSES = st.tuples(st.sampled_from([0, 1]), st.sampled_from([0, 1]), st.sampled_from(ACTS))
"""Whose link, whose page, which button."""


def pressed(whose_link: Person, whose_page: Person, act: str, *, me: Person) -> tuple[int, str]:
    """Press a button as ``me``, who types their own new name and address."""
    typed = {"name": {"first_name": me.words[3]}, "address": {"address": me.words[2]}}.get(act, {})
    fields = {"act": act} | ({} if act == "new-link" else {"page": whose_page.page}) | typed
    response = Client().post(f"/my-data/{whose_link.token}", urlencode(fields), "application/x-www-form-urlencoded")
    return response.status_code, response.content.decode()


def moved(me: Person) -> None:
    """Press the button at the new address, if a mail got there."""
    for mail in mails("address-confirm"):
        if mail.address == me.words[2]:
            path = f"/address/{token_in(mail.text)}"
            page = re.search(r'name="page" value="(\w+)"', Client().get(path).content.decode())
            if page:
                Client().post(path, urlencode({"page": page[1], "act": "move"}), "application/x-www-form-urlencoded")


@given(presses=st.lists(PRESSES, min_size=1, max_size=8), moves=st.sampled_from([(), (0,), (1,), (0, 1)]))
@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def _neither_sees_the_other(presses: list[tuple[int, int, str]], moves: tuple[int, ...]) -> None:
    with transaction.atomic(), time_machine.travel(NOVEMBER + timedelta(minutes=1), tick=False):
        both = (
            person("ana.perez@example.org", "Anaximena", "ana.nueva@example.net", "Anastasia"),
            person("eva.lopez@example.com", "Evangelina", "eva.nueva@example.edu", "Evarista"),
        )
        for one in both:
            assert pressed(one, one, "open", me=one)[0] == HTTPStatus.OK
        for link, page, act in presses:
            status, said = pressed(both[link], both[page], act, me=both[page])
            mine = both[link].words if link == page else ()
            assert not [word for one in both for word in one.words if word in said and word not in mine]
            assert link == page or act == "new-link" or status == HTTPStatus.GONE
        for number in moves:
            moved(both[number])
        for one in both:
            stored = Subscriber.objects.get(pk=one.subscriber_id)
            contact = sealer().open_contact(stored.contact, lookup=bytes(stored.lookup))
            assert {contact.address, contact.first_name} <= set(one.words)
        for mail in mails():
            (theirs,) = (one for one in both if mail.address in one.words)
            assert not [word for one in both if one is not theirs for word in one.words if word in mail.text + mail.html]
        transaction.set_rollback(True)


def test_neither_of_two_readers_ever_sees_anything_of_the_other() -> None:
    _neither_sees_the_other()
