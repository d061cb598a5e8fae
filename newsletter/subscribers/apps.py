"""Tells Django about this room."""

from __future__ import annotations

from django.apps import AppConfig

from newsletter.subscribers.quiet_logs import keep_tokens_out_of_logs


class SubscribersConfig(AppConfig):
    """The subscribers room as a Django app."""

    name = "newsletter.subscribers"
    label = "subscribers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Keep readers' tokens out of the logs of refused and failed requests."""
        keep_tokens_out_of_logs()
