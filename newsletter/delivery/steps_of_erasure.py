"""The steps by which this room forgets a reader; models and HTTP are imported when the first of them is done."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.subscribers.erasure_steps import Forgotten


def register_delivery_steps() -> None:
    """Have these steps done whenever somebody is erased. Call it once Django knows all models."""
    from newsletter.delivery.forgetting_deliveries import forget_deliveries  # noqa: PLC0415 - needs all models
    from newsletter.subscribers.erasure_steps import Step, register_step  # noqa: PLC0415 - needs all models

    register_step(Step("SendGrid's lists", _forget_at_sendgrid, needs_address=True, wanted=_is_sendgrid_used))
    register_step(Step("deliveries", forget_deliveries, by_subscriptions=True))


def _is_sendgrid_used() -> bool:
    from newsletter.subscribers.installation import config  # noqa: PLC0415 - needs all models

    return bool(config().delivery.sendgrid.api_key.get_secret_value())


def _forget_at_sendgrid(person: Forgotten, now: datetime) -> None:
    # Its library and httpx take 0.3 s to import, which commands that erase nobody do without.
    from newsletter.delivery.forgetting_at_sendgrid import forget_at_sendgrid  # noqa: PLC0415
    from newsletter.subscribers.installation import config  # noqa: PLC0415 - needs all models

    del now
    forget_at_sendgrid(person, config().delivery.sendgrid)
