"""Tells Django about this room."""

from __future__ import annotations

from django.apps import AppConfig

from newsletter.delivery.idle_sessions import end_idle_transactions
from newsletter.delivery.steps_of_erasure import register_delivery_steps
from newsletter.subscribers.own_records import register_issues


class DeliveryConfig(AppConfig):
    """The delivery room as a Django app."""

    name = "newsletter.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let no worker that stands still keep its locks; tell readers' pages what the ledger keeps of them."""
        from newsletter.delivery.own_deliveries import find_own_deliveries  # noqa: PLC0415 - there are no models before this

        end_idle_transactions()
        register_delivery_steps()
        register_issues(find_own_deliveries)
