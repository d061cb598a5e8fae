from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import settings

from newsletter.errors import SettingsError
from newsletter.subscribers.models import Subscriber
from newsletter.subscribers.own_keys import LOOKED_AT, require_own_keys
from newsletter.subscribers.sealing import Sealer
from tests.readers import invented_ring, sign_up

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_a_database_of_nobody_takes_any_key_ring() -> None:
    require_own_keys(Sealer(invented_ring()))


def test_nothing_is_begun_with_a_key_ring_that_opens_nobody() -> None:
    sign_up()
    require_own_keys(Sealer(settings.KEY_RING))
    for foreign in (invented_ring(), invented_ring(seal=[9]), replace(settings.KEY_RING, lookup=b"x" * 32)):
        with pytest.raises(SettingsError, match="Restore it from your backup"):
            require_own_keys(Sealer(foreign))


def test_one_stored_value_that_was_tampered_with_stops_nothing() -> None:
    for number in range(LOOKED_AT):
        reader = sign_up(f"reader{number}@example.org")
    Subscriber.objects.filter(pk=reader.subscriber().pk).update(contact=b"x" * 64)
    require_own_keys(Sealer(settings.KEY_RING))
