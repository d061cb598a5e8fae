"""A copy of the database that was made before a mail left is known to be old from before that mail is on the wire."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from newsletter.delivery.generations import generation_file, remembered_generation
from newsletter.delivery.letters import Letter
from newsletter.delivery.models import Installation
from newsletter.delivery.transports.port import Answer, AnswerKind
from tests.integration.delivery.scripted import ScriptedTransport, deliver, open_send


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    generation_file(settings.NEWSLETTER).unlink(missing_ok=True)
    yield
    generation_file(settings.NEWSLETTER).unlink(missing_ok=True)


@pytest.mark.django_db(transaction=True)
def test_whatever_is_on_the_wire_a_copy_from_before_is_known_to_be_old() -> None:
    open_send(1_200)  # two batches
    on_the_wire: list[int] = []

    def look(letter: Letter) -> Answer:
        on_the_wire.append(remembered_generation(settings.NEWSLETTER))
        return Answer(AnswerKind.ACCEPTED)

    deliver(ScriptedTransport(look))
    assert sorted(set(on_the_wire)) == [1, 3]
    assert remembered_generation(settings.NEWSLETTER) == Installation.objects.get().generation == 4
