"""Tells Django about this room."""

from __future__ import annotations

from django.apps import AppConfig

from newsletter.delivery.idle_sessions import end_idle_transactions


class DeliveryConfig(AppConfig):
    """The delivery room as a Django app."""

    name = "newsletter.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let no worker that stands still keep its locks."""
        end_idle_transactions()
