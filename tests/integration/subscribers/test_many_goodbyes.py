"""What keeps hundreds of goodbyes in one minute cheap: few statements, and an answer that needs no second write."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsletter.subscribers.models import EndReason, Subscription
from tests.readers import sign_up

BODY, KIND = "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"

AT_ONCE = 12

AROUND = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")


@pytest.mark.django_db
def test_a_one_click_finds_the_reader_ends_the_subscription_and_withdraws_mails_with_one_statement_each(client: Client) -> None:
    reader = sign_up()
    with CaptureQueriesContext(connection) as asked:
        answer = client.post(f"/u/{reader.unsubscribe}", BODY, KIND)
    done = [one["sql"].strip() for one in asked.captured_queries if not one["sql"].startswith(AROUND)]
    assert [sql.split()[0] for sql in done] == ["SELECT", "UPDATE", "UPDATE"]
    assert answer.headers["Content-Length"] == str(len(answer.content))


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_many_one_clicks_at_once_end_each_its_own_subscription() -> None:
    readers = [sign_up(f"reader{number}@example.org") for number in range(2 * AT_ONCE)]

    def leave(token: str) -> int:
        try:
            return Client().post(f"/u/{token}", BODY, KIND).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(leave, [reader.unsubscribe for reader in readers[::2]]))
    assert answers == [200] * AT_ONCE
    ended = Subscription.objects.filter(end_reason=EndReason.UNSUBSCRIBED).values_list("pk", flat=True)
    assert set(ended) == {reader.subscription_id for reader in readers[::2]}
