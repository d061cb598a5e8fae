"""Taking somebody who is erased from SendGrid's lists of those whom it does not mail: there their address stands in clear.

That they are not mailed is kept by our own suppression, which is a keyed hash (docs/adr/0021).
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Final
from urllib.parse import quote

from newsletter.delivery.transports.sendgrid_client import SendgridClient, seconds_to_wait
from newsletter.errors import ErasureStepError, TransportError
from newsletter.settings import SendgridSettings
from newsletter.subscribers.erasure_steps import Forgotten

LISTS: Final = {
    "bounces": "/v3/suppression/bounces/",
    "blocks": "/v3/suppression/blocks/",
    "invalid addresses": "/v3/suppression/invalid_emails/",
    "spam reports": "/v3/suppression/spam_reports/",
    "unsubscribes": "/v3/asm/suppressions/global/",
}
"""SendGrid's lists; DELETE with the address behind the path takes it from one (Twilio's API reference, "Suppressions"). What GET
/v3/suppression/unsubscribes lists is deleted at /v3/asm/suppressions/global."""

NOT_THERE: Final = frozenset({400, 404})
"""It is not in the list, or SendGrid does not take it for an address at all."""

WAIT: Final = timedelta(minutes=5)
"""When SendGrid does not answer as it should, everybody else waits as well."""


def forget_at_sendgrid(person: Forgotten, settings: SendgridSettings) -> None:
    """Delete an address from all of SendGrid's lists. Raises ErasureStepError, which does not name it."""
    if not person.address:
        return
    address = quote(person.address, safe="@")
    try:
        with SendgridClient(settings) as client:
            for name, path in LISTS.items():
                _delete(client, name, path + address)
    except TransportError as error:
        raise ErasureStepError(str(error), everybody_waits=WAIT) from error


def _delete(client: SendgridClient, name: str, path: str) -> None:
    response = client.send("DELETE", path)
    status = response.status_code
    if response.is_success or status in NOT_THERE:
        return
    if status == 429:
        seconds = seconds_to_wait(response, now=time.time()) or WAIT.total_seconds()
        raise ErasureStepError("SendGrid asks us to wait", everybody_waits=timedelta(seconds=seconds))
    if status in {401, 403}:
        problem = f"SendGrid ({status}) says that this API key may not change its {name}: give it the right to"
        raise ErasureStepError(problem, everybody_waits=WAIT)
    raise ErasureStepError(f"SendGrid answered {status} about its {name}", everybody_waits=WAIT)
