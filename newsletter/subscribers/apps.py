"""Tells Django about this room."""

from __future__ import annotations

import logging

from django.apps import AppConfig

from newsletter.subscribers.quiet_logs import without_tokens


class SubscribersConfig(AppConfig):
    """The subscribers room as a Django app."""

    name = "newsletter.subscribers"
    label = "subscribers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Keep readers' tokens out of Django's log of refused and failed requests."""
        logging.getLogger("django.request").addFilter(without_tokens)
