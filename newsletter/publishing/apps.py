"""Tells Django about this room."""

from __future__ import annotations

from django.apps import AppConfig

from newsletter.subscribers.upcoming import register_calendar


class PublishingConfig(AppConfig):
    """The publishing room as a Django app."""

    name = "newsletter.publishing"
    label = "publishing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let readers' pages know when the next issues go out."""
        from newsletter.publishing.next_days import next_issue_days  # noqa: PLC0415 - there are no models before this

        register_calendar(next_issue_days)
