"""Who says goodbye, pauses or is said to have died while a send is under way is in none of its mails from that moment on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client

from newsletter.delivery.ledger import claim_batch, take_step
from newsletter.delivery.models import Delivery, Handover
from newsletter.delivery.preparing import freeze_audience
from newsletter.subscribers.audience import audience_page
from newsletter.subscribers.installation import link_signer
from newsletter.subscribers.links import Purpose
from newsletter.subscribers.models import Subscription
from tests.contract.delivery.samples import NOW, TODAY, add_readers, begin_send, prepared_send
from tests.readers import sign_up

pytestmark = [pytest.mark.database, pytest.mark.django_db]

URLENCODED = "application/x-www-form-urlencoded"

PRESSES = {
    "one-click": ("u", Purpose.UNSUBSCRIBE, "List-Unsubscribe=One-Click"),
    "button": ("unsubscribe", Purpose.UNSUBSCRIBE, "goodbye=yes"),
    "own page": ("m", Purpose.MANAGE, "action=goodbye"),
    "died": ("relative", Purpose.UNSUBSCRIBE, "died=yes"),
    "pause": ("m", Purpose.MANAGE, "action=pause&months=2"),
}


@pytest.mark.parametrize("press", PRESSES)
def test_their_queued_delivery_is_left_out_by_the_very_next_step(client: Client, press: str) -> None:
    prepared_send(3)
    page, purpose, body = PRESSES[press]
    leaving = Subscription.objects.order_by("pk")[1]
    held = claim_batch("one", lease_seconds=10, now=NOW)
    assert held is not None
    with time_machine.travel(NOW, tick=False):
        token = link_signer().token(bytes(leaving.public_id), purpose)
        assert client.post(f"/{page}/{token}", body, URLENCODED).status_code == 200
    marked = take_step(held, records=[], room=20, on=TODAY, now=NOW).marked
    assert leaving.pk not in {one.addressee.subscription_id for one in marked}
    assert len(marked) == 2
    assert Delivery.objects.get(subscription=leaving.pk).handover == Handover.EXCLUDED


def test_a_goodbye_that_was_taken_back_gets_the_next_issue_and_no_mail_of_this_one_twice(client: Client) -> None:
    add_readers(1, languages=("en",))
    send_id = begin_send()
    freeze_audience(send_id, on=TODAY, now=NOW)
    leaving = Subscription.objects.get()
    token = link_signer().token(bytes(leaving.public_id), Purpose.UNSUBSCRIBE)
    with time_machine.travel(NOW, tick=False):
        page = client.post(f"/unsubscribe/{token}", "goodbye=yes", URLENCODED).content.decode()
        mark = page.partition('name="back" value="')[2].partition('"')[0]
        client.post(f"/unsubscribe/{token}", urlencode({"back": mark}), URLENCODED)
    freeze_audience(send_id, on=TODAY, now=NOW)
    assert Subscription.objects.filter(ended_at__isnull=True).count() == 1
    assert Delivery.objects.count() == 1
    held = claim_batch("one", lease_seconds=10, now=NOW)
    assert held is not None
    assert take_step(held, records=[], room=20, on=TODAY, now=NOW).marked == ()


@pytest.mark.parametrize(
    ("moment", "form", "first_day"),
    [
        (datetime(2026, 11, 6, 3, 0, tzinfo=UTC), "until=2026-11-06", date(2026, 11, 6)),
        (datetime(2026, 11, 5, 15, 0, tzinfo=UTC), "until=2026-11-30", date(2026, 11, 30)),
        (datetime(2026, 11, 5, 15, 0, tzinfo=UTC), "next=2026-12-01", date(2026, 12, 2)),
        (datetime(2026, 12, 1, 14, 59, tzinfo=UTC), "next=2026-12-01", date(2026, 12, 2)),
        (datetime(2026, 12, 1, 1, 0, tzinfo=UTC), "months=2", date(2027, 1, 30)),
    ],
)
def test_the_day_that_the_page_names_is_the_first_on_which_an_audience_has_them(
    client: Client, moment: datetime, form: str, first_day: date
) -> None:
    reader = sign_up()
    with time_machine.travel(moment, tick=False):
        page = client.post(f"/m/{reader.manage}", f"action=pause&{form}", URLENCODED).content.decode()
    assert f"paused until {first_day:%B} {first_day.day}, {first_day.year}" in page

    def excluded(on: date) -> str:
        (member,) = audience_page(after=0, last=reader.subscription_id, limit=1, on=on)
        return member.exclusion

    assert [excluded(first_day - timedelta(days=1)), excluded(first_day)] == ["snoozed", ""]
